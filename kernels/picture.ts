/** How a picture drives the network: `src/snn/input-coding.ts` is the definition. */
import { Picture, Poisson } from "./structs";
import { Tile, endOf, firstOf, slotOf } from "./tile";

/** Constant current of row y. float64 holds every sum of weights and 16-bit pixels exactly. */
export function pictureItem(picture: Picture, y: i32): void {
  const channels = picture.outChannels;
  for (let x = 0; x < picture.outWidth; x++) {
    const at = picture.current + (((y * picture.outWidth + x) * picture.currentStride) << 2);
    for (let c = 0; c < channels; c += 8) accumulateEight(picture, y, x, c, at + (c << 2));
  }
}

function accumulateEight(picture: Picture, y: i32, x: i32, c: i32, to: usize): void {
  const size = picture.size;
  const top = y * picture.stride - picture.padding;
  const left = x * picture.stride - picture.padding;
  const weightBytes = picture.outChannels << 3;
  let a0 = f64x2.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  for (let ky = max(0, -top); ky < min(size, picture.height - top); ky++) {
    for (let kx = max(0, -left); kx < min(size, picture.width - left); kx++) {
      let pixel = picture.pixels + (((top + ky) * picture.width + left + kx) << 3);
      let weight = picture.weights + (ky * size + kx) * picture.channels * weightBytes + (c << 3);
      for (let channel = 0; channel < picture.channels; channel++) {
        const value = v128.load_splat<f64>(pixel);
        a0 = f64x2.add(a0, f64x2.mul(value, v128.load(weight)));
        a1 = f64x2.add(a1, f64x2.mul(value, v128.load(weight, 16)));
        a2 = f64x2.add(a2, f64x2.mul(value, v128.load(weight, 32)));
        a3 = f64x2.add(a3, f64x2.mul(value, v128.load(weight, 48)));
        pixel += (picture.height * picture.width) << 3;
        weight += weightBytes;
      }
    }
  }
  storeCurrent(to, a0, picture.shift);
  storeCurrent(to + 8, a1, picture.shift);
  storeCurrent(to + 16, a2, picture.shift);
  storeCurrent(to + 24, a3, picture.shift);
}

/** ⌊sum·2^(shift − 16) + ½⌋, added to what other convolutions of the picture have left there. */
// @ts-ignore: decorator
@inline
function storeCurrent(to: usize, sum: v128, shift: i32): void {
  const scaled = f64x2.mul(sum, f64x2.splat(reinterpret<f64>(<i64>(shift - 16 + 1023) << 52)));
  const current = f64x2.floor(f64x2.add(scaled, f64x2.splat(0.5)));
  store<i32>(to, load<i32>(to) + <i32>f64x2.extract_lane(current, 0));
  store<i32>(to, load<i32>(to, 4) + <i32>f64x2.extract_lane(current, 1), 4);
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
