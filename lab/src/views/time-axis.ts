/** The axis that slider and charts share, so that every linked view lines up. Linear: what grows evenly looks even. */

export interface TimeAxis {
  /** Place of step t in [0, 1]. */
  readonly at: (t: number) => number;
  /** Steps that are worth a label, T among them. */
  readonly ticks: readonly number[];
}

export function timeAxis(timeSteps: number): TimeAxis {
  const at = (t: number) => (timeSteps > 1 ? Math.max(0, Math.min(1, (t - 1) / (timeSteps - 1))) : 0);
  const unit = tickUnit(timeSteps);
  const multiples = Array.from({ length: Math.ceil(timeSteps / unit) - 1 }, (_, i) => (i + 1) * unit);
  // A label that would touch that of T, at the right, is left out.
  return { at, ticks: [...multiples.filter((t) => timeSteps - t > unit / 2), timeSteps] };
}

/** So many have room for a label each. */
const fewSteps = 8;

/** A quarter of T where T is a power of two; else the round number next to it; each of a few. */
function tickUnit(timeSteps: number): number {
  if (timeSteps <= fewSteps) return 1;
  const quarter = Math.max(1, timeSteps / 4);
  if (Number.isInteger(Math.log2(timeSteps))) return quarter;
  const unit = 10 ** Math.floor(Math.log10(quarter));
  return Math.max(1, Math.round(quarter / unit)) * unit;
}
