/** Sharing work: any number of threads take the items of a round from one counter, and wait for each other after it. */
import { Program } from "./structs";

/** Looks at the generation so often before it sleeps: some microseconds. */
const SPINS = 2000;

/** Next item of the current round. */
export function nextItem(program: Program): i32 {
  return atomic.add<i32>(changetype<usize>(program) + offsetof<Program>("nextItem"), 1);
}

/** Returns when every thread has come here; the last to come makes the counter ready for the next round. */
export function waitForAll(program: Program): void {
  if (program.threads == 1) {
    program.nextItem = 0;
    return;
  }
  const base = changetype<usize>(program);
  const generationAt = base + offsetof<Program>("generation");
  const generation = atomic.load<i32>(generationAt);
  if (atomic.add<i32>(base + offsetof<Program>("arrived"), 1) + 1 == program.threads) {
    atomic.store<i32>(base + offsetof<Program>("arrived"), 0);
    atomic.store<i32>(base + offsetof<Program>("nextItem"), 0);
    atomic.add<i32>(generationAt, 1);
    atomic.notify(generationAt, -1);
    return;
  }
  for (let spin = 0; spin < SPINS; spin++) {
    if (atomic.load<i32>(generationAt) != generation) return;
  }
  while (atomic.load<i32>(generationAt) == generation) atomic.wait<i32>(generationAt, generation, -1);
}
