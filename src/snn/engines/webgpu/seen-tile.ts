/** What came back of a tile: counters of its steps, and readings of its readouts. */
import { sizeOf } from "../../../core/tensor.ts";
import type { Loaded } from "../../plan/device.ts";
import type { PopulationStage } from "../../plan/network.ts";
import type { Plan } from "../../plan/plan.ts";
import { fanOutOf, isCounted } from "../../plan/reach.ts";
import type { TileProgram } from "./program.ts";

export type SeenTile = Pick<Loaded, "takeCount" | "readCharges" | "readHeadCounts">;

/**
 * @param counters [counter][offset][lower and upper half].
 * @param readings planes of lower halves of charges, of upper halves, and of counts, from the `places` on.
 */
export function seenTile(
  plan: Plan,
  counters: Int32Array,
  tileSteps: number,
  readings: Int32Array,
  places: TileProgram["readings"],
): SeenTile {
  const factors = countFactors(plan);
  /** One of the three. */
  function planesOf(stage: PopulationStage, i: number, which: 0 | 1 | 2): Int32Array {
    const size = sizeOf(stage.signal.shape);
    const at = (places.get(stage)?.get(i) as number) + which * size;
    return readings.subarray(at, at + size);
  }
  return {
    takeCount(counter, i) {
      const at = 2 * (counter * tileSteps + i);
      const [low, high] = counters.subarray(at, at + 2);
      counters.fill(0, at, at + 2);
      return factors[counter] * (2 ** 32 * high + (low >>> 0));
    },
    readCharges(stage, i) {
      const [halves, upper] = [planesOf(stage, i, 0), planesOf(stage, i, 1)];
      const lower = new Uint32Array(halves.buffer, halves.byteOffset, halves.length);
      const charges = new Float64Array(lower.length);
      // Exact up to 2^53.
      for (let k = 0; k < charges.length; k++) charges[k] = upper[k] * 4294967296 + lower[k];
      return charges;
    },
    readHeadCounts: (stage, i) => planesOf(stage, i, 2),
  };
}

/** What each counter's counts are times: accumulates are counted by position. */
function countFactors({ counters }: Plan): readonly number[] {
  return [...counters.keys()].map((counted) => {
    if (counted.kind === "population") return 1;
    return isCounted(counted) ? fanOutOf(counted) : 0;
  });
}
