/** The learning rate of a step. */
export interface Schedule {
  readonly steps: number;
  readonly learningRate: number;
  /** Steps over which the rate rises from near zero. */
  readonly warmUp: number;
}

/** Part of the learning rate that is left at the end. */
const finalPart = 0.01;

/** Rises linearly during warm-up, then falls along half a cosine. `step` counts from 0. */
export function learningRateAt({ steps, learningRate, warmUp }: Schedule, step: number): number {
  if (step < warmUp) return (learningRate * (step + 1)) / (warmUp + 1);
  const progress = Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp));
  return learningRate * (finalPart + ((1 - finalPart) * (1 + Math.cos(Math.PI * progress))) / 2);
}
