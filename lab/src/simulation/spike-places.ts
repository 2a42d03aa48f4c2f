/** Where in the picture spikes were spent: what has changed lights up. */
import type { PopulationInfo, SpikePlaces } from "./protocol.ts";

/** Cells along the longer side. */
const cells = 48;

/**
 * Spikes by place. Engines count spikes by layer; of a neuron its net count is known. A change by d takes at least as many spikes as d has
 * digits other than 0 in canonical form (each a power of two, added or taken away), and that is what is shown.
 * @param before counts [C, H, W] by population after the last frame; absent: neurons began at rest.
 * @param extent [H, W] of the network's input.
 */
export function spikePlaces(
  populations: readonly PopulationInfo[],
  before: ReadonlyMap<string, Int32Array> | undefined,
  counts: ReadonlyMap<string, Int32Array>,
  [inHeight, inWidth]: readonly [number, number],
): Omit<SpikePlaces, "region"> {
  const cell = Math.max(inHeight, inWidth) / cells;
  const [height, width] = [Math.max(1, Math.round(inHeight / cell)), Math.max(1, Math.round(inWidth / cell))];
  const grid = { width, height, spikes: new Float32Array(width * height) };
  for (const { name, shape } of populations) {
    const [channels, rows, columns] = shape;
    const now = counts.get(name) as Int32Array;
    spread(fewestSpikes(before?.get(name), now, channels), rows, columns, grid);
  }
  return grid;
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

/** A plane over the grid: what lies in several cells is shared among them. */
function spread(plane: Float32Array, rows: number, columns: number, grid: Omit<SpikePlaces, "region">): void {
  const ys = cellsOf(rows, grid.height);
  const xs = cellsOf(columns, grid.width);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const value = plane[y * columns + x];
      if (value === 0) continue;
      const share = value / (ys[y].length * xs[x].length);
      for (const row of ys[y]) for (const column of xs[x]) grid.spikes[row * grid.width + column] += share;
    }
  }
}

/** The cells, of `count` along an axis, that each of `places` places covers. */
function cellsOf(places: number, count: number): readonly (readonly number[])[] {
  return Array.from({ length: places }, (_, place) => {
    const first = Math.floor((place * count) / places);
    const last = Math.max(first, Math.ceil(((place + 1) * count) / places) - 1);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
