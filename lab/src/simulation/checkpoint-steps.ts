/** Which steps of a run become checkpoints: every one while few, then ever sparser, so that any run fits on a slider. */

/** Up to this step each is a checkpoint. */
const dense = 32;

/** 1 … 32, then rising by a twelfth, and T. */
export function checkpointSteps(timeSteps: number): readonly number[] {
  const steps: number[] = [];
  for (let t = 1; t < timeSteps; t += t < dense ? 1 : Math.round(t / 12)) steps.push(t);
  return [...steps, timeSteps];
}
