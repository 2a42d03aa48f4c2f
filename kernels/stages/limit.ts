/** The most that this machine's wasm can do: 128-bit loads from L1 and int16 additions, nothing else. */

/** Reads `bytes` (a multiple of 128) at `at` `repeats` times; gives a checksum, so that nothing is optimized away. */
export function loadAndAdd(at: usize, bytes: i32, repeats: i32): i32 {
  let a0 = i16x8.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  let a7 = a0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (let p = at, end = at + bytes; p < end; p += 128) {
      a0 = i16x8.add(a0, v128.load(p));
      a1 = i16x8.add(a1, v128.load(p, 16));
      a2 = i16x8.add(a2, v128.load(p, 32));
      a3 = i16x8.add(a3, v128.load(p, 48));
      a4 = i16x8.add(a4, v128.load(p, 64));
      a5 = i16x8.add(a5, v128.load(p, 80));
      a6 = i16x8.add(a6, v128.load(p, 96));
      a7 = i16x8.add(a7, v128.load(p, 112));
    }
  }
  a0 = i16x8.add(i16x8.add(i16x8.add(a0, a1), i16x8.add(a2, a3)), i16x8.add(i16x8.add(a4, a5), i16x8.add(a6, a7)));
  return i32x4.extract_lane(a0, 0) ^ i32x4.extract_lane(a0, 1) ^ i32x4.extract_lane(a0, 2) ^ i32x4.extract_lane(a0, 3);
}
