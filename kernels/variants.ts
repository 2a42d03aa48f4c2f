/**
 * The gather kernels, one function for each width and format. They are exported although nobody outside calls them: an
 * optimizer that merged them into their caller would give engines one function too large to allocate registers well in.
 */
import { gatherBytes } from "./bytes";
import { gatherNarrow } from "./narrow";
import { gatherPairs } from "./pairs";
import { Term } from "./structs";
import { gatherWide } from "./wide";

export function short8x1(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  gatherBytes(1, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
}
export function short8x2(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  gatherBytes(2, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
}
export function short8x3(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  gatherBytes(3, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
}
export function short8x4(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  gatherBytes(4, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
}
export function short8x5(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  gatherBytes(5, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
}
export function short8x6(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  gatherBytes(6, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
}
export function short8x7(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  gatherBytes(7, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
}
export function short8x8(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  gatherBytes(8, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
}
export function narrow8x1(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherBytes(1, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, 0);
}
export function narrow8x2(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherBytes(2, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, 0);
}
export function narrow8x3(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherBytes(3, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, 0);
}
export function narrow8x4(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherBytes(4, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, 0);
}
export function narrow8x5(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherBytes(5, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, 0);
}
export function narrow8x6(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherBytes(6, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, 0);
}
export function narrow8x7(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherBytes(7, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, 0);
}
export function narrow8x8(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherBytes(8, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, 0);
}
export function narrow16x1(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(1, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x2(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(2, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x3(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(3, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x4(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(4, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x5(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(5, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x6(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(6, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x7(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(7, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x8(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(8, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function wide16x1(term: Term, weights: usize, group: i32, i: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  for (; x < end; x++, sums += bytes) gatherWide(1, term, weights, group, i, y, x, sums);
}
export function wide16x2(term: Term, weights: usize, group: i32, i: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  for (; x < end; x++, sums += bytes) gatherWide(2, term, weights, group, i, y, x, sums);
}
export function wide16x3(term: Term, weights: usize, group: i32, i: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  for (; x < end; x++, sums += bytes) gatherWide(3, term, weights, group, i, y, x, sums);
}
export function wide16x4(term: Term, weights: usize, group: i32, i: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  for (; x < end; x++, sums += bytes) gatherWide(4, term, weights, group, i, y, x, sums);
}
export function pairs8x4(term: Term, weights: usize, group: i32, i: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  gatherPairs(4, term, weights, group, i, y, x, end, sums, bytes, room);
}
export function pairs8x8(term: Term, weights: usize, group: i32, i: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  gatherPairs(8, term, weights, group, i, y, x, end, sums, bytes, room);
}
