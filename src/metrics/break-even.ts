/** When a spiking network stops paying: energy spent over time against a budget, the DNN's energy. */

export interface SpentBy {
  readonly t: number;
  /** Spent from the start up to step t. */
  readonly picojoules: number;
}

export interface BreakEven {
  /** The last step up to which no more than the budget is spent; null where it is never exceeded. */
  readonly steps: number | null;
  /** Whether `steps` lies behind the last measurement, on a line through the last two. */
  readonly extrapolated: boolean;
}

/**
 * The step at which the energy spent comes to a budget.
 * @param curve energy at measured steps, t rising; lines are drawn in between, and on from the last two.
 * @param atStart energy spent before the first step, at t = 0.
 */
export function breakEvenSteps(curve: readonly SpentBy[], atStart: number, budget: number): BreakEven {
  const points = [{ t: 0, picojoules: atStart }, ...curve];
  if (atStart > budget) return { steps: 0, extrapolated: false };
  const behind = points.findIndex(({ picojoules }) => picojoules > budget);
  const to = behind < 0 ? points.length - 1 : behind;
  if (to === 0) return { steps: null, extrapolated: false };
  const [from, until] = [points[to - 1], points[to]];
  const perStep = (until.picojoules - from.picojoules) / (until.t - from.t);
  if (perStep <= 0) return { steps: null, extrapolated: false };
  // The tolerance keeps a budget that is met exactly from being missed by rounding.
  const steps = Math.floor(from.t + ((budget - from.picojoules) / perStep) * (1 + 1e-12));
  return { steps, extrapolated: behind < 0 };
}
