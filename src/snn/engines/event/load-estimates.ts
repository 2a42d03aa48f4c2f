/** Writes what trackers whose goals are estimated compare, as kernels/neurons/estimate.ts wants it. */
import type { Population } from "../../../graph/layers.ts";
import { estimatedTarget, restsAndFires } from "../../neurons/estimated-target.ts";
import type { IntegerTarget } from "../../neurons/integer-target.ts";
import type { PopulationLayout } from "./layout.ts";
import type { Views } from "./memory.ts";

/** Rows of a channel's constants. */
export const estimateRows = 6;
/** In which of them each is. */
const placeOf = { above: 0, below: 1, before: 0, first: 1, least: 2, greatest: 3, last: 4, behind: 5 } as const;

/** Of eight channels: two bounds for each weight of a step. */
export function boundBytes(phases: number): number {
  return (phases + 1) * 2 * 8 * 2;
}

export function loadEstimates(
  layer: Population,
  target: IntegerTarget,
  { estimates, bounds, curve }: PopulationLayout,
  phases: number,
  { floats, shorts }: Views,
): void {
  const { rows, error, curve: table } = estimatedTarget(layer, target);
  for (const [name, row] of Object.entries(rows)) {
    const number = placeOf[name as keyof typeof placeOf];
    for (const [c, value] of row.entries())
      floats[estimates / 4 + ((c >> 2) * estimateRows + number) * 4 + (c % 4)] = value;
  }
  if (table) floats.set(table, curve / 4);
  for (const [c, off] of error.entries()) {
    for (let shift = 0; shift <= phases; shift++) {
      const at = bounds / 2 + (c >> 3) * (boundBytes(phases) / 2) + shift * 16 + (c % 8);
      const { rests, fires } = restsAndFires(layer, 2 ** shift, off);
      shorts[at] = rests;
      shorts[at + 8] = fires;
    }
  }
}
