/**
 * Depthwise convolutions whose sums fit into int16 (`fitsShort` in src/snn/plan/decisions.ts, graded spikes included, so that each product
 * does as well): eight channels of a row at a time, through all its outputs and steps, sums not yet shifted.
 *
 * In the usual window, 3 × 3 at stride 1, weights stay in registers, and what is loaded is a column of spikes, once for the three
 * outputs that it reaches: two sums under way move along with it. Rows outside of the frame have weights of 0.
 *
 * Weights: as in dense.ts.
 */
import { depthwiseAny, depthwiseThree } from "../generated/variants";
import { Row, Term, Tile } from "../structs";
import { slotOf } from "../tile";

/** Writes what arrives at a row's outputs: int16 [position][step][channel of the block]. */
export function accumulateDepthwise(tile: Tile, term: Term, row: Row): void {
  const population = row.population;
  const frame = term.frame;
  const isThree = term.size == 3 && term.stride == 1;
  for (let lane = 0; lane < population.block; lane += 8) {
    const weights = term.weights + ((row.first + lane) << 1);
    for (let i = row.from; i < row.to; i++) {
      const spikes = slotOf(frame, tile, population.lagIn, i) + row.first + lane;
      const sums = row.currents + i * row.stepBytes + (lane << 1);
      if (isThree) depthwiseThree(term, row, weights, spikes, sums);
      else depthwiseAny(term, row, weights, spikes, sums);
    }
  }
}

/** Weights of eight channels at a tap of row ky of the kernel; 0 where that row lies outside of the frame. */
// @ts-ignore: decorator
@inline
function tapAt(weights: usize, tapBytes: i32, ky: i32, kx: i32, isInside: bool): v128 {
  return isInside ? v128.load(weights + (3 * ky + kx) * tapBytes) : i16x8.splat(0);
}

/** Eight channels of one step, 3 × 3 at stride 1. `spikes`: of the frame's first position; `sums`: of the row's first. */
// @ts-ignore: decorator
@inline
export function sweepThree(term: Term, row: Row, weights: usize, spikes: usize, sums: usize): void {
  const frame = term.frame;
  const width = frame.width;
  const stride = frame.stride;
  const tapBytes = row.population.stateStride << 1;
  const top = row.y - term.padding;
  const hasA = <u32>top < <u32>frame.height;
  const hasB = <u32>(top + 1) < <u32>frame.height;
  const hasC = <u32>(top + 2) < <u32>frame.height;
  const a0 = tapAt(weights, tapBytes, 0, 0, hasA);
  const a1 = tapAt(weights, tapBytes, 0, 1, hasA);
  const a2 = tapAt(weights, tapBytes, 0, 2, hasA);
  const b0 = tapAt(weights, tapBytes, 1, 0, hasB);
  const b1 = tapAt(weights, tapBytes, 1, 1, hasB);
  const b2 = tapAt(weights, tapBytes, 1, 2, hasB);
  const c0 = tapAt(weights, tapBytes, 2, 0, hasC);
  const c1 = tapAt(weights, tapBytes, 2, 1, hasC);
  const c2 = tapAt(weights, tapBytes, 2, 2, hasC);
  // Some row is read whether it counts or not.
  const rowA = spikes + (hasA ? top : 0) * width * stride;
  const rowB = spikes + (hasB ? top + 1 : 0) * width * stride;
  const rowC = spikes + (hasC ? top + 2 : 0) * width * stride;
  const positionBytes = row.positionBytes;
  const first = row.x - term.padding;
  const last = row.end - term.padding + 2;
  /** Of the outputs that one, and two of their three columns have come to. */
  let one = i16x8.splat(0);
  let two = one;
  for (let x = first; x < last; x++) {
    let done = two;
    if (<u32>x < <u32>width) {
      const at = x * stride;
      const a = v128.load_ext<i8>(rowA + at);
      const b = v128.load_ext<i8>(rowB + at);
      const c = v128.load_ext<i8>(rowC + at);
      done = i16x8.add(i16x8.add(two, i16x8.mul(a, a2)), i16x8.add(i16x8.mul(b, b2), i16x8.mul(c, c2)));
      two = i16x8.add(i16x8.add(one, i16x8.mul(a, a1)), i16x8.add(i16x8.mul(b, b1), i16x8.mul(c, c1)));
      one = i16x8.add(i16x8.mul(a, a0), i16x8.add(i16x8.mul(b, b0), i16x8.mul(c, c0)));
    } else {
      two = one;
      one = i16x8.splat(0);
    }
    if (x >= first + 2) {
      v128.store(sums, done);
      sums += positionBytes;
    }
  }
}

/** As `sweepThree`, of any window. */
// @ts-ignore: decorator
@inline
export function sumWindows(term: Term, row: Row, weights: usize, spikes: usize, sums: usize): void {
  const frame = term.frame;
  const size = term.size;
  const width = frame.width;
  const stride = frame.stride;
  const tapBytes = row.population.stateStride << 1;
  const top = row.y * term.stride - term.padding;
  const firstY = max(0, -top);
  const lastY = min(size, frame.height - top);
  for (let x = row.x; x < row.end; x++) {
    const left = x * term.stride - term.padding;
    const firstX = max(0, -left);
    const lastX = min(size, width - left);
    let sum = i16x8.splat(0);
    for (let ky = firstY; ky < lastY; ky++) {
      let from = spikes + ((top + ky) * width + left + firstX) * stride;
      let weight = weights + (ky * size + firstX) * tapBytes;
      for (let kx = firstX; kx < lastX; kx++) {
        sum = i16x8.add(sum, i16x8.mul(v128.load_ext<i8>(from), v128.load(weight)));
        from += stride;
        weight += tapBytes;
      }
    }
    v128.store(sums, sum);
    sums += row.positionBytes;
  }
}
