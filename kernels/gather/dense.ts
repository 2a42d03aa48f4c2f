/**
 * Dense terms, where a list would cost more than it saves: depthwise convolutions (each spike reaches k² neurons) whose sums are int32 and
 * spikes that enter a sum with a scale. SIMD over channels; products are exact in int32. depthwise.ts has those in int16.
 *
 * Weights: int16 [kernel row][kernel column][channel], as many channels as the population's state.
 */
import { Row, Term, Tile } from "../structs";
import { slotOf } from "../tile";

/** Adds to `sums` (i32 [channels of the block]) what arrives at output x of the row at offset i, shifted. */
export function accumulateDense(tile: Tile, term: Term, row: Row, i: i32, x: i32, sums: usize): void {
  const population = row.population;
  const weightStride = population.stateStride;
  const channels = population.block;
  const c = row.first;
  const frame = term.frame;
  const size = term.size;
  const slot = slotOf(frame, tile, population.lagIn, i);
  const left = x * term.stride - term.padding;
  const top = row.y * term.stride - term.padding;
  const firstY = max(0, -top);
  const lastY = min(size, frame.height - top);
  const firstX = max(0, -left);
  const lastX = min(size, frame.width - left);
  const shift = term.shift;
  for (let lane = 0; lane < channels; lane += 8) {
    let low = i32x4.splat(0);
    let high = low;
    for (let ky = firstY; ky < lastY; ky++) {
      let spikes = slot + ((top + ky) * frame.width + left + firstX) * frame.stride + c + lane;
      let weights = term.weights + (((ky * size + firstX) * weightStride + c + lane) << 1);
      for (let kx = firstX; kx < lastX; kx++) {
        const s = v128.load_ext<i8>(spikes);
        const w = v128.load(weights);
        low = i32x4.add(low, i32x4.extmul_low_i16x8_s(s, w));
        high = i32x4.add(high, i32x4.extmul_high_i16x8_s(s, w));
        spikes += frame.stride;
        weights += weightStride << 1;
      }
    }
    const at = sums + (lane << 2);
    v128.store(at, i32x4.add(v128.load(at), i32x4.shl(low, shift)));
    v128.store(at, i32x4.add(v128.load(at, 16), i32x4.shl(high, shift)), 16);
  }
}
