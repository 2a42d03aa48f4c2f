/** The axis that slider and charts share: checkpoints stand at equal distances, so every linked view lines up. */

export interface TimeAxis {
  /** Place of step t in [0, 1]; steps between checkpoints lie between them. */
  readonly at: (t: number) => number;
  /** Steps that are worth a label. */
  readonly ticks: readonly number[];
}

export function timeAxis(steps: readonly number[]): TimeAxis {
  const last = steps.length - 1;
  const at = (t: number): number => {
    if (last < 1 || t <= steps[0]) return 0;
    const after = steps.findIndex((step) => step >= t);
    if (after < 0) return 1;
    const [from, to] = [steps[after - 1], steps[after]];
    return (after - 1 + (t - from) / (to - from)) / last;
  };
  const timeSteps = steps[last];
  const powers = Array.from({ length: 13 }, (_, i) => 2 ** i).filter((t) => t < timeSteps);
  const ticks: number[] = [timeSteps];
  // From the right, so that T always has its label; those that would touch it are left out.
  for (const t of powers.reverse()) if (at(ticks[0]) - at(t) > 0.055) ticks.unshift(t);
  return { at, ticks };
}
