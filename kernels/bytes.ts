/** Bytes of one position's channels. A call of `memory.copy` or `memory.fill` takes longer than so few bytes themselves. */

/** @param bytes any number; multiples of 8 are quick. */
// @ts-ignore: decorator
@inline
export function copyBytes(to: usize, from: usize, bytes: i32): void {
  if (bytes & 7) {
    memory.copy(to, from, bytes);
    return;
  }
  let k = 0;
  for (; k + 16 <= bytes; k += 16) v128.store(to + k, v128.load(from + k));
  if (k < bytes) store<i64>(to + k, load<i64>(from + k));
}

/** @param bytes as of copyBytes. */
// @ts-ignore: decorator
@inline
export function clearBytes(to: usize, bytes: i32): void {
  if (bytes & 7) {
    memory.fill(to, 0, bytes);
    return;
  }
  let k = 0;
  for (; k + 16 <= bytes; k += 16) v128.store(to + k, i32x4.splat(0));
  if (k < bytes) store<i64>(to + k, 0);
}
