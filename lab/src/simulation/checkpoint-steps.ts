/** Which steps of a run become checkpoints: every one while few, then ever sparser, so that any run fits on a slider. */

/** Up to this step each is a checkpoint; a power of two. */
const dense = 32;

/** 1, 2, … 32, then eight to every doubling, and T: powers of two are always among them. */
export function checkpointSteps(timeSteps: number): readonly number[] {
  const steps: number[] = [];
  const gap = (t: number) => Math.max(1, 2 ** Math.floor(Math.log2(t)) / 8);
  for (let t = 1; t < timeSteps; t += t < dense ? 1 : gap(t)) steps.push(t);
  return [...steps, timeSteps];
}
