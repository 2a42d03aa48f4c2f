/** Runs everything in the calling thread: no workers, no shared memory. */
import { type Executor, type ProgramAddress, pageBytes } from "./executor.ts";
import { instantiate, kernelModule } from "./kernel-module.ts";
import { allocateMemory } from "./memory.ts";

export async function singleExecutor(bytes: number, { program, tiles }: ProgramAddress): Promise<Executor> {
  const memory = allocateMemory({ initial: Math.ceil(bytes / pageBytes) });
  const kernels = await instantiate(await kernelModule("single"), memory);
  return {
    memory,
    threads: 1,
    run: async ({ first, last, g0, length }) => kernels.runTile(tiles, program, 0, first, last, g0, length),
    dispose: async () => {},
  };
}
