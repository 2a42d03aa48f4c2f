/**
 * The gather kernels, one function for each width and format. They are exported although nobody outside calls them: an
 * optimizer that merged them into their caller would give engines one function too large to allocate registers well in.
 */
import { gatherNarrow } from "./narrow";
import { Term } from "./structs";
import { gatherWide } from "./wide";

export function short8x1(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(1, true, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function short8x2(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(2, true, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function short8x3(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(3, true, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function short8x4(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(4, true, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function short8x5(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(5, true, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function short8x6(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(6, true, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function short8x7(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(7, true, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function short8x8(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(8, true, true, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow8x1(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(1, true, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow8x2(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(2, true, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow8x3(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(3, true, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow8x4(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(4, true, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow8x5(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(5, true, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow8x6(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(6, true, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow8x7(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(7, true, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow8x8(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(8, true, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x1(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(1, false, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x2(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(2, false, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x3(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(3, false, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x4(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(4, false, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x5(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(5, false, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x6(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(6, false, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x7(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(7, false, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}
export function narrow16x8(term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  gatherNarrow(8, false, false, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
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
