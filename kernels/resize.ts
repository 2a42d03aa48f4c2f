/**
 * Resampling of pictures, a module of its own: it is small enough that a page may compile it at once, on its main thread.
 * float64 sums in the order of the taps, rounded to float32 where src/image/resize.ts says: the same bits as plain code gives.
 */

/**
 * A row of bytes, red, green and blue of each pixel, at the new width: [3, width] of float32.
 * @param fractions float64, of each byte. @param starts i32 the first input of each output.
 * @param ends i32 where its weights end. @param weights float64 of all outputs.
 */
export function resizeRow(
  bytes: usize,
  fractions: usize,
  starts: usize,
  ends: usize,
  weights: usize,
  width: i32,
  row: usize,
): void {
  const plane = <usize>width << 2;
  let weight = weights;
  for (let x: i32 = 0; x < width; x++) {
    let at = bytes + 3 * <usize>load<i32>(starts + (<usize>x << 2));
    const end = weights + (<usize>load<i32>(ends + (<usize>x << 2)) << 3);
    let redGreen = f64x2.splat(0);
    let blue: f64 = 0;
    for (; weight < end; weight += 8, at += 3) {
      const levels = v128.load64_lane(
        fractions + (<usize>load<u8>(at, 1) << 3),
        v128.load64_zero(fractions + (<usize>load<u8>(at) << 3)),
        1,
      );
      redGreen = f64x2.add(redGreen, f64x2.mul(v128.load64_splat(weight), levels));
      blue += load<f64>(weight) * load<f64>(fractions + (<usize>load<u8>(at, 2) << 3));
    }
    const rounded = f32x4.demote_f64x2_zero(redGreen);
    const to = row + (<usize>x << 2);
    v128.store32_lane(to, rounded, 0);
    v128.store32_lane(to + plane, rounded, 1);
    store<f32>(to + 2 * plane, <f32>blue);
  }
}

/** Adds a row's three channels, by a weight, to those of an output row, whose planes lie `stride` bytes apart. */
export function addRow(row: usize, weight: f64, sums: usize, stride: usize, width: i32): void {
  const plane = <usize>width << 2;
  for (let channel = 0; channel < 3; channel++, row += plane, sums += stride) {
    const weights = f64x2.splat(weight);
    let i: usize = 0;
    for (; i + 16 <= plane; i += 16) {
      const old = v128.load(sums + i);
      const added = v128.load(row + i);
      const low = f64x2.add(f64x2.promote_low_f32x4(old), f64x2.mul(weights, f64x2.promote_low_f32x4(added)));
      const high = f64x2.add(
        f64x2.promote_low_f32x4(v128.shuffle<f32>(old, old, 2, 3, 2, 3)),
        f64x2.mul(weights, f64x2.promote_low_f32x4(v128.shuffle<f32>(added, added, 2, 3, 2, 3))),
      );
      const both = v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
      v128.store(sums + i, both);
    }
    for (; i < plane; i += 4) {
      store<f32>(sums + i, <f32>(<f64>load<f32>(sums + i) + weight * <f64>load<f32>(row + i)));
    }
  }
}

/** Cuts values off at 0 and 1. @param bytes a multiple of 4. */
export function clip(values: usize, bytes: usize): void {
  const end = values + bytes;
  for (; values + 16 <= end; values += 16) {
    v128.store(values, f32x4.min(f32x4.max(v128.load(values), f32x4.splat(0)), f32x4.splat(1)));
  }
  for (; values < end; values += 4) store<f32>(values, min(max(load<f32>(values), <f32>0), <f32>1));
}
