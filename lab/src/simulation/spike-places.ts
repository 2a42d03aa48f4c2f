/** Where in the picture spikes were spent: what has changed lights up. */
import type { PopulationInfo, SpikePlaces } from "./protocol.ts";

/** Cells along the longer side. */
const cells = 48;

/** Spikes by place of the frame that has just been looked at. */
export type PlaceSpikes = (
  before: ReadonlyMap<string, Int32Array> | undefined,
  counts: ReadonlyMap<string, Int32Array>,
) => Omit<SpikePlaces, "region">;

/**
 * Of a network, to be asked at each frame. Engines count spikes by layer; of a neuron its net count is known. A change by d takes at least as many spikes as d has
 * digits other than 0 in canonical form (each a power of two, added or taken away), and that is what is shown.
 * It is given counts [C, H, W] by population after the last frame (absent: neurons began at rest) and after this one.
 * @param extent [H, W] of the network's input.
 */
export function spikePlaces(
  populations: readonly PopulationInfo[],
  [inHeight, inWidth]: readonly [number, number],
): PlaceSpikes {
  const cell = Math.max(inHeight, inWidth) / cells;
  const [height, width] = [Math.max(1, Math.round(inHeight / cell)), Math.max(1, Math.round(inWidth / cell))];
  const covered = populations.map(({ shape: [, rows, columns] }) => ({
    ys: cellsOf(rows, height),
    xs: cellsOf(columns, width),
  }));
  return (before, counts) => {
    const grid = { width, height, spikes: new Float32Array(width * height) };
    for (const [i, { name, shape }] of populations.entries()) {
      const now = counts.get(name) as Int32Array;
      spread(fewestSpikes(before?.get(name), now, shape[0]), covered[i], grid);
    }
    return grid;
  };
}

/** Of all channels, by position. */
function fewestSpikes(before: Int32Array | undefined, now: Int32Array, channels: number): Float32Array {
  const area = now.length / channels;
  const spikes = new Float32Array(area);
  for (let c = 0, i = 0; c < channels; c++) {
    for (let position = 0; position < area; position++, i++) {
      const change = now[i] - (before ? before[i] : 0);
      if (change !== 0) spikes[position] += canonicalDigits(Math.abs(change));
    }
  }
  return spikes;
}

/** Digits other than 0 of a whole number from 0 to 2^29 as a sum of powers of two with signs, no two beside each other: the fewest there are. */
export function canonicalDigits(value: number): number {
  let bits = value ^ (3 * value);
  let digits = 0;
  for (; bits !== 0; bits &= bits - 1) digits++;
  return digits;
}

/** The cells that each place along an axis covers. */
type Cells = readonly (readonly number[])[];

/** A plane [ys, xs] over the grid: what lies in several cells is shared among them. */
function spread(
  plane: Float32Array,
  { ys, xs }: { readonly ys: Cells; readonly xs: Cells },
  grid: Omit<SpikePlaces, "region">,
): void {
  for (let y = 0, i = 0; y < ys.length; y++) {
    for (let x = 0; x < xs.length; x++, i++) {
      const value = plane[i];
      if (value === 0) continue;
      const share = value / (ys[y].length * xs[x].length);
      for (const row of ys[y]) for (const column of xs[x]) grid.spikes[row * grid.width + column] += share;
    }
  }
}

/** The cells, of `count` along an axis, that each of `places` places covers. */
function cellsOf(places: number, count: number): Cells {
  return Array.from({ length: places }, (_, place) => {
    const first = Math.floor((place * count) / places);
    const last = Math.max(first, Math.ceil(((place + 1) * count) / places) - 1);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
