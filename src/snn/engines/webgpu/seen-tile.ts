/** What came back of a tile: counters of its steps, and readings of its readouts. */
import { sizeOf } from "../../../core/tensor.ts";
import type { Loaded } from "../../plan/device.ts";
import type { PopulationStage } from "../../plan/network.ts";
import type { Plan } from "../../plan/plan.ts";
import { fanOutOf, isCounted } from "../../plan/reach.ts";
import { planesFrom } from "./host-data.ts";
import { sizeInQuads } from "./layout.ts";
import type { TileProgram } from "./program.ts";

export type SeenTile = Pick<Loaded, "takeCount" | "readCharges" | "readHeadCounts">;

/**
 * @param counters [counter][offset][lower and upper half].
 * @param readings quads of [lower halves of charges, upper halves, counts][4], from the `places` on.
 */
export function seenTile(
  plan: Plan,
  counters: Int32Array,
  tileSteps: number,
  readings: Int32Array,
  places: TileProgram["readings"],
): SeenTile {
  const factors = countFactors(plan);
  function readingAt(stage: PopulationStage, i: number): Int32Array {
    const at = 4 * (places.get(stage)?.get(i) as number);
    return readings.subarray(at, at + 12 * sizeInQuads(stage.signal));
  }
  return {
    takeCount(counter, i) {
      const at = 2 * (counter * tileSteps + i);
      const [low, high] = counters.subarray(at, at + 2);
      counters.fill(0, at, at + 2);
      return factors[counter] * wholeOf(low, high);
    },
    readCharges(stage, i) {
      const words = readingAt(stage, i);
      const { shape } = stage.signal;
      return planesFrom(shape, new Float64Array(sizeOf(shape)), (quad, place) =>
        wholeOf(words[12 * quad + place], words[12 * quad + 4 + place]),
      );
    },
    readHeadCounts(stage, i) {
      const words = readingAt(stage, i);
      const { shape } = stage.signal;
      return planesFrom(shape, new Int32Array(sizeOf(shape)), (quad, place) => words[12 * quad + 8 + place]);
    },
  };
}

/** Exact up to 2^53. */
function wholeOf(low: number, high: number): number {
  return 2 ** 32 * high + (low >>> 0);
}

/** What each counter's counts are times: accumulates are counted by position. */
function countFactors({ counters }: Plan): readonly number[] {
  return [...counters.keys()].map((counted) => {
    if (counted.kind === "population") return 1;
    return isCounted(counted) ? fanOutOf(counted) : 0;
  });
}
