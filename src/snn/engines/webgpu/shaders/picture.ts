/** What a picture brings at once, or at every step alike: its convolutions, exactly, and what of them is new since the last frame. */
import type { Shader } from "./shader.ts";

/**
 * A quad of a convolution of the picture: sums of weight · pixel in 64 bits, whose pixels are multiples of 2^−16; times the units that the picture counts
 * for, as a current with `shift` fractional bits, rounded half up.
 */
export const pictureShader: Shader = {
  fields: [
    ...[
      "count",
      "quads",
      "width",
      "pixels",
      "channels",
      "inHeight",
      "inWidth",
      "size",
      "stride",
      "padding",
      "weights",
      "shift",
    ],
    ...["units", "constant", "adds"],
  ],
  code: `
fn run(id: i32) {
  let quad = id % p.quads;
  let position = id / p.quads;
  let top = (position / p.width) * p.stride - p.padding;
  let left = (position % p.width) * p.stride - p.padding;
  let area = p.inHeight * p.inWidth;
  var low = vec4<u32>(0u);
  var high = vec4<i32>(0);
  for (var ky = max(0, -top); ky < min(p.size, p.inHeight - top); ky++) {
    for (var kx = max(0, -left); kx < min(p.size, p.inWidth - left); kx++) {
      let pixel = (top + ky) * p.inWidth + left + kx;
      let weight = p.weights + (ky * p.size + kx) * p.channels * p.quads + quad;
      for (var c = 0; c < p.channels; c++) {
        let i = c * area + pixel;
        let product = constant(weight + c * p.quads) * states[p.pixels + i / 4][i % 4];
        let before = low;
        low += bitcast<vec4<u32>>(product);
        high += (product >> vec4<u32>(31u)) - flag(low < before);
      }
    }
  }
  let units = vec4<u32>(u32(p.units));
  let k = vec4<u32>(16u);
  let first = (low & vec4<u32>(0xffffu)) * units;
  let second = (low >> k) * units + (first >> k);
  low = (second << k) | (first & vec4<u32>(0xffffu));
  high = high * p.units + bitcast<vec4<i32>>(second >> k);
  var current: vec4<i32>;
  if (p.shift >= 16) {
    current = bitcast<vec4<i32>>(low << vec4<u32>(u32(p.shift - 16)));
  } else {
    let bits = u32(16 - p.shift);
    let before = low;
    low += vec4<u32>(1u << (bits - 1u));
    high -= flag(low < before);
    current = bitcast<vec4<i32>>((low >> vec4<u32>(bits)) | (bitcast<vec4<u32>>(high) << vec4<u32>(32u - bits)));
  }
  if (p.adds != 0) { current += states[p.constant + id]; }
  states[p.constant + id] = current;
}
`,
  counts: false,
};

/** Leaves of what comes once only what is new, and remembers all of it for the next frame. */
export const renewShader: Shader = {
  fields: ["count", "constant", "received", "goesOn"],
  code: `
fn run(id: i32) {
  let now = states[p.constant + id];
  if (p.goesOn != 0) { states[p.constant + id] = now - states[p.received + id]; }
  states[p.received + id] = now;
}
`,
  counts: false,
};
