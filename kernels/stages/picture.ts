/** How a picture drives the network: `src/snn/input-coding.ts` is the definition. */
import { accumulateOne, accumulateTwo } from "../generated/variants";
import { Picture, Pixels, Poisson, Program, Tile } from "../structs";
import { endOf, firstOf, slotOf } from "../tile";

/** Values that are taken in at a time. */
const CHUNK = 4096;

export function pixelItems(pixels: Pixels): i32 {
  return (pixels.count + CHUNK - 1) / CHUNK;
}

/** Four values at a time: ⌊value·2^16 + ½⌋. */
export function pixelItem(program: Program, pixels: Pixels, item: i32): void {
  const units = f64x2.splat(65536);
  const half = f64x2.splat(0.5);
  const end = min(pixels.count, (item + 1) * CHUNK);
  let isInside = i64x2.splat(-1);
  for (let i = item * CHUNK; i < end; i += 4) {
    const values = v128.load(pixels.source + (i << 2));
    const low = f64x2.floor(f64x2.add(f64x2.mul(f64x2.promote_low_f32x4(values), units), half));
    const upper = f64x2.promote_low_f32x4(v128.shuffle<i64>(values, values, 1, 1));
    const high = f64x2.floor(f64x2.add(f64x2.mul(upper, units), half));
    // Of what is no number, neither is true.
    isInside = v128.and(isInside, f64x2.le(f64x2.abs(low), units));
    isInside = v128.and(isInside, f64x2.le(f64x2.abs(high), units));
    if (pixels.whole) {
      v128.store(pixels.whole + (i << 3), low);
      v128.store(pixels.whole + (i << 3), high, 16);
    }
    if (pixels.pairs) {
      const whole = v128.shuffle<i64>(i32x4.trunc_sat_f64x2_s_zero(low), i32x4.trunc_sat_f64x2_s_zero(high), 0, 2);
      const quarters = v128.and(i32x4.shr_s(whole, 2), i32x4.splat(0xffff));
      v128.store(pixels.pairs + (i << 2), v128.or(quarters, i32x4.shl(v128.and(whole, i32x4.splat(3)), 16)));
    }
  }
  if (!i64x2.all_true(isInside)) program.isOutside = 1;
}

/**
 * Constant current of row y. Where weights are small, pixels P are pairs (P >> 2, P & 3) and weights pairs (4·W, W), so
 * that one instruction multiplies and adds both, in int32; otherwise float64 holds every sum exactly.
 */
export function pictureItem(picture: Picture, y: i32): void {
  const width = picture.outWidth;
  for (let x = 0; x < width; ) {
    // Two positions take the same weights where both see whole rows of the kernel.
    const areTwo = picture.isSmall && x + 1 < width && isWhole(picture, x) && isWhole(picture, x + 1);
    const at = picture.current + (((y * width + x) * picture.currentStride) << 2);
    for (let c = 0; c < picture.outChannels; c += 16) {
      if (areTwo) accumulateTwo(picture, y, x, c, at + (c << 2));
      else if (picture.isSmall) accumulateOne(picture, y, x, c, at + (c << 2));
      else accumulateSixteen(picture, y, x, c, at + (c << 2));
    }
    x += areTwo ? 2 : 1;
  }
}

/** Whether the kernel's columns at output x all lie within the picture. */
// @ts-ignore: decorator
@inline
function isWhole(picture: Picture, x: i32): bool {
  const left = x * picture.stride - picture.padding;
  return left >= 0 && left + picture.size <= picture.width;
}

/** Sixteen channels of one position, or of two side by side. */
// @ts-ignore: decorator
@inline
export function accumulatePairs(areTwo: bool, picture: Picture, y: i32, x: i32, c: i32, to: usize): void {
  const size = picture.size;
  const channels = picture.channels;
  const width = picture.width;
  const planeBytes = (picture.height * width) << 2;
  const top = y * picture.stride - picture.padding;
  const left = x * picture.stride - picture.padding;
  const weightBytes = picture.outChannels << 2;
  const strideBytes = picture.stride << 2;
  const firstX = max(0, -left);
  const lastX = min(size, width - left);
  const lastY = min(size, picture.height - top);
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  for (let ky = max(0, -top); ky < lastY; ky++) {
    let weight = picture.weights + (ky * size + firstX) * channels * weightBytes + (c << 2);
    let column = picture.pixels + (((top + ky) * width + left + firstX) << 2);
    for (let kx = firstX; kx < lastX; kx++) {
      let pixel = column;
      for (let channel = 0; channel < channels; channel++) {
        const value = v128.load_splat<i32>(pixel);
        const w0 = v128.load(weight);
        const w1 = v128.load(weight, 16);
        const w2 = v128.load(weight, 32);
        const w3 = v128.load(weight, 48);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(value, w0));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(value, w1));
        a2 = i32x4.add(a2, i32x4.dot_i16x8_s(value, w2));
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(value, w3));
        if (areTwo) {
          const second = v128.load_splat<i32>(pixel + strideBytes);
          b0 = i32x4.add(b0, i32x4.dot_i16x8_s(second, w0));
          b1 = i32x4.add(b1, i32x4.dot_i16x8_s(second, w1));
          b2 = i32x4.add(b2, i32x4.dot_i16x8_s(second, w2));
          b3 = i32x4.add(b3, i32x4.dot_i16x8_s(second, w3));
        }
        pixel += planeBytes;
        weight += weightBytes;
      }
      column += 4;
    }
  }
  putSixteen(picture, c, to, a0, a1, a2, a3);
  if (areTwo) putSixteen(picture, c, to + (picture.currentStride << 2), b0, b1, b2, b3);
}

// @ts-ignore: decorator
@inline
function putSixteen(picture: Picture, c: i32, to: usize, a0: v128, a1: v128, a2: v128, a3: v128): void {
  putSums(picture, to, a0);
  putSums(picture, to + 16, a1);
  // The state may have eight channels less than the weights.
  if (c + 8 >= picture.currentStride) return;
  putSums(picture, to + 32, a2);
  putSums(picture, to + 48, a3);
}

/** ⌊sum·units·2^(shift − 16) + ½⌋, added to what another convolution of the picture has left there. */
// @ts-ignore: decorator
@inline
function putSums(picture: Picture, to: usize, sum: v128): void {
  const adds = picture.adds != 0;
  if (picture.units > 1) {
    const high = f64x2.convert_low_i32x4_s(v128.shuffle<i64>(sum, sum, 1, 1));
    putFour(to, f64x2.convert_low_i32x4_s(sum), high, scaleOf(picture), adds);
    return;
  }
  const shift = 16 - picture.shift;
  const rounded = i32x4.shr_s(i32x4.add(sum, i32x4.splat((1 << shift) >> 1)), shift);
  v128.store(to, adds ? i32x4.add(v128.load(to), rounded) : rounded);
}

// @ts-ignore: decorator
@inline
function scaleOf(picture: Picture): f64 {
  return <f64>picture.units * reinterpret<f64>(<i64>(picture.shift - 16 + 1023) << 52);
}

function accumulateSixteen(picture: Picture, y: i32, x: i32, c: i32, to: usize): void {
  const size = picture.size;
  const channels = picture.channels;
  const width = picture.width;
  const planeBytes = (picture.height * width) << 3;
  const top = y * picture.stride - picture.padding;
  const left = x * picture.stride - picture.padding;
  const weightBytes = picture.outChannels << 3;
  const firstX = max(0, -left);
  const lastX = min(size, width - left);
  const lastY = min(size, picture.height - top);
  let a0 = f64x2.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  let a7 = a0;
  for (let ky = max(0, -top); ky < lastY; ky++) {
    let weight = picture.weights + (ky * size + firstX) * channels * weightBytes + (c << 3);
    let column = picture.pixels + (((top + ky) * width + left + firstX) << 3);
    for (let kx = firstX; kx < lastX; kx++) {
      let pixel = column;
      for (let channel = 0; channel < channels; channel++) {
        const value = v128.load_splat<f64>(pixel);
        a0 = f64x2.add(a0, f64x2.mul(value, v128.load(weight)));
        a1 = f64x2.add(a1, f64x2.mul(value, v128.load(weight, 16)));
        a2 = f64x2.add(a2, f64x2.mul(value, v128.load(weight, 32)));
        a3 = f64x2.add(a3, f64x2.mul(value, v128.load(weight, 48)));
        a4 = f64x2.add(a4, f64x2.mul(value, v128.load(weight, 64)));
        a5 = f64x2.add(a5, f64x2.mul(value, v128.load(weight, 80)));
        a6 = f64x2.add(a6, f64x2.mul(value, v128.load(weight, 96)));
        a7 = f64x2.add(a7, f64x2.mul(value, v128.load(weight, 112)));
        pixel += planeBytes;
        weight += weightBytes;
      }
      column += 8;
    }
  }
  const adds = picture.adds != 0;
  const scale = scaleOf(picture);
  putFour(to, a0, a1, scale, adds);
  putFour(to + 16, a2, a3, scale, adds);
  // The state may have eight channels less than the weights.
  if (c + 8 >= picture.currentStride) return;
  putFour(to + 32, a4, a5, scale, adds);
  putFour(to + 48, a6, a7, scale, adds);
}

/** The same of sums in float64. The product is exact: sums are below 2^41, units below 2^13. */
// @ts-ignore: decorator
@inline
function putFour(to: usize, first: v128, second: v128, factor: f64, adds: bool): void {
  const scale = f64x2.splat(factor);
  const half = f64x2.splat(0.5);
  const low = i32x4.trunc_sat_f64x2_s_zero(f64x2.floor(f64x2.add(f64x2.mul(first, scale), half)));
  const high = i32x4.trunc_sat_f64x2_s_zero(f64x2.floor(f64x2.add(f64x2.mul(second, scale), half)));
  const rounded = v128.shuffle<i64>(low, high, 0, 2);
  v128.store(to, adds ? i32x4.add(v128.load(to), rounded) : rounded);
}

/** Spikes of row y of the picture, at every offset. */
export function poissonItem(poisson: Poisson, tile: Tile, y: i32): void {
  const out = poisson.out;
  const to = endOf(tile, out.lag);
  for (let i = firstOf(tile, out.lag); i < to; i++) {
    const row = slotOf(out, tile, out.lag, i) + y * out.width * out.stride;
    const step = tile.g0 + i - out.lag + 1;
    memory.fill(row, 0, out.width * out.stride);
    for (let x = 0; x < out.width; x++) {
      for (let c = 0; c < poisson.channels; c++) {
        const index = (c * out.height + y) * out.width + x;
        const value = <f64>load<f32>(poisson.pixels + (index << 2));
        const sign = value > 0 ? 1 : -1;
        store<i8>(row + x * out.stride + c, randomAt(poisson.seed, step, index) < abs(value) ? sign : 0);
      }
    }
  }
}

/** As `src/core/random.ts`. */
function randomAt(seed: i32, step: i32, index: i32): f64 {
  const h = ((seed ^ <i32>0x9e3779b9) * <i32>0x85ebca6b) ^ ((step + 0x7f4a7c15) * <i32>0xc2b2ae35);
  return <f64>(<u32>finalize(finalize(h) ^ index)) * 2.3283064365386963e-10;
}

function finalize(word: i32): i32 {
  let h = word;
  h = (h ^ (h >>> 16)) * <i32>0x85ebca6b;
  h = (h ^ (h >>> 13)) * <i32>0xc2b2ae35;
  return h ^ (h >>> 16);
}
