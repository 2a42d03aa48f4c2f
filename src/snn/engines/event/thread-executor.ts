/**
 * Runs programs in worker threads over one shared memory. Workers share each round's items and wait for each other inside
 * the program (kernels/share.ts); this side only starts tiles, and sees to it that a worker's death ends the run.
 */
import { keepProcessAlive, Worker, watchWorker } from "#platform";
import { EngineError } from "../../../core/errors.ts";
import { type Executor, type ProgramAddress, pageBytes } from "./executor.ts";
import { kernelModule } from "./kernel-module.ts";
import { allocateMemory } from "./memory.ts";
import { tileBytes } from "./records.ts";

export async function threadExecutor(
  bytes: number,
  { program, tiles }: ProgramAddress,
  threads: number,
): Promise<Executor> {
  const pages = Math.ceil(bytes / pageBytes);
  const memory = allocateMemory({ initial: pages, maximum: pages, shared: true });
  const module = await kernelModule("shared");
  // Literal, so that bundlers find the file.
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" } as object),
  );
  let failure: EngineError | undefined;
  let pending = 0;
  let settle: { resolve: () => void; reject: (error: EngineError) => void } | undefined;

  function fail(reason: string): void {
    if (failure) return;
    failure = new EngineError("E_ENGINE", `a thread of the event engine ended: ${reason}. Open the session again`);
    // The others may wait for the dead one for ever.
    for (const worker of workers) worker.terminate();
    settle?.reject(failure);
  }
  for (const worker of workers) {
    watchWorker(worker, {
      onMessage: (message) => {
        if (message !== "done") return fail((message as { readonly failure: string }).failure);
        pending--;
        if (pending === 0) settle?.resolve();
      },
      onFailure: fail,
    });
  }

  /** Sends each worker its message and waits until all have answered. */
  async function tellAll(messageFor: (thread: number) => unknown): Promise<void> {
    if (failure) throw failure;
    const answered = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    pending = threads;
    keepProcessAlive(workers, true);
    for (const [thread, worker] of workers.entries()) worker.postMessage(messageFor(thread));
    try {
      await answered;
    } finally {
      keepProcessAlive(workers, false);
    }
  }

  await tellAll((thread) => ({ module, memory, thread, tile: tiles + tileBytes * thread, program }));
  return {
    memory,
    threads,
    run: (range) => tellAll(() => range),
    dispose: async () => {
      failure ??= new EngineError("E_ENGINE", "the session has been disposed of. Open it again");
      for (const worker of workers) await worker.terminate();
    },
  };
}
