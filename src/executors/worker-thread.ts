/** A worker thread that is set up once and then does one task at a time. */
import { Worker } from "node:worker_threads";
import { EngineError } from "../core/errors.ts";

export interface ThreadOptions {
  /** A JavaScript module that answers each task with a {@link ThreadAnswer}. */
  readonly url: URL;
  /** Plain data, copied to the thread as its `workerData`. */
  readonly setup: unknown;
}

export type ThreadAnswer<Result> = { readonly result: Result } | { readonly failure: ThreadFailure };

/** An error as it crosses threads. */
interface ThreadFailure {
  readonly code?: string;
  readonly message: string;
}

export interface WorkerThread<Task, Result> {
  /** Not before the last one is done. @throws EngineError with the code of the thread's error, or [E_ENGINE] where it has none. */
  work(task: Task): Promise<Result>;
  /** Whether it can still work: after an error it cannot be trusted. */
  readonly isUsable: () => boolean;
  end(): Promise<unknown>;
}

export function startThread<Task, Result>({ url, setup }: ThreadOptions): WorkerThread<Task, Result> {
  const worker = new Worker(url, { workerData: setup });
  let waiting:
    | { readonly resolve: (result: Result) => void; readonly reject: (error: EngineError) => void }
    | undefined;
  let failure: EngineError | undefined;
  const fail = (reason: ThreadFailure) => {
    failure ??= new EngineError(errorCode(reason), reason.message);
    waiting?.reject(failure);
    waiting = undefined;
  };
  worker.on("message", (answer: ThreadAnswer<Result>) => {
    if ("failure" in answer) return fail(answer.failure);
    waiting?.resolve(answer.result);
    waiting = undefined;
  });
  worker.on("error", fail);
  worker.on("exit", (code) => fail({ message: `a worker thread ended with code ${code}` }));
  return {
    work: (task) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        waiting = { resolve, reject };
        worker.postMessage(task);
      }),
    isUsable: () => failure === undefined,
    end: () => worker.terminate(),
  };
}

/** Codes of ours begin with E_; Node.js's own (ERR_…) mean nothing to a user. */
function errorCode({ code }: ThreadFailure): string {
  return code?.startsWith("E_") ? code : "E_ENGINE";
}
