/**
 * The step of four neurons, in int32: `src/snn/neurons` defines it, `kernels/neurons` has the bounds. `v` and `n` are membranes and net
 * counts, `quad` is where they are.
 */

/** Declares `spikesOf(shift)`: what `v` and `n` send in a step whose weight has this logarithm; both are changed. */
export type NeuronCode = "takeback" | "threshold" | "tracker";

export const neuronFields: { readonly [N in NeuronCode]: readonly string[] } = {
  takeback: ["rows", "start", "levels"],
  threshold: ["rows", "start", "levels"],
  tracker: ["tracking", "distances", "targets", "beforeShift", "behindShift", "levels"],
};

/**
 * Thresholds, for each weight: what a membrane must exceed to fire, and how much more it must where the count is on the negative
 * side; what a spike costs, and how much more there. All is mirrored where V is negative, so that levels go up.
 */
const thresholds = (remembersCount: boolean) => `
fn spikesOf(shift: i32) -> vec4<i32> {
  let rows = p.rows + 4 * (shift * p.quads + quad);
  let fireAbove = constant(rows);
  let moreFire = constant(rows + 1);
  let cost = constant(rows + 2);
  let moreCost = constant(rows + 3);
  let sign = v >> vec4<u32>(31u);
  let before = (n ^ sign) - sign;
  var potential = abs(v);
  var count = before;
  var fires = vec4<i32>(-1);
  for (var level = 0; level < p.levels; level++) {
    let isBelow = ${remembersCount ? "sign ^ (count >> vec4<u32>(31u))" : "sign"};
    fires &= flag(potential > fireAbove + (isBelow & moreFire));
    if (all(fires == vec4<i32>(0))) { break; }
    potential -= fires & (cost + (isBelow & moreCost));
    count += fires & vec4<i32>(1 << u32(shift));
  }
  v = (potential ^ sign) - sign;
  n = (count ^ sign) - sign;
  let sent = (count - before) >> vec4<u32>(u32(shift));
  return (sent ^ sign) - sign;
}
`;

/** The bytes of a product are asked for from `shift` on; products have 64 bits. */
const tracker = `
fn upperHalf(a: vec4<i32>, b: vec4<i32>) -> vec4<i32> {
  let m = vec4<i32>(0xffff);
  let k = vec4<u32>(16u);
  let low = bitcast<vec4<i32>>(bitcast<vec4<u32>>((a & m) * (b & m)) >> k);
  let middle = (a >> k) * (b & m) + low;
  let other = (a & m) * (b >> k) + (middle & m);
  return (a >> k) * (b >> k) + (middle >> k) + (other >> k);
}
fn scaled(value: vec4<i32>, factor: vec4<i32>, shift: i32) -> vec4<i32> {
  let upper = upperHalf(value, factor);
  if (shift >= 32) { return upper >> vec4<u32>(u32(shift - 32)); }
  let lower = value * factor;
  if (shift == 0) { return lower; }
  let bits = vec4<u32>(u32(shift));
  return bitcast<vec4<i32>>((bitcast<vec4<u32>>(lower) >> bits) | (bitcast<vec4<u32>>(upper) << (vec4<u32>(32u) - bits)));
}
fn lookedUp(z: i32) -> i32 {
  let entries = constant(p.targets + (z >> 11u));
  let entry = select(entries.xy, entries.zw, ((z >> 10u) & 1) == 1);
  return entry.x + ((entry.y * (z & 1023)) >> 10u);
}
fn goalOf(charge: vec4<i32>) -> vec4<i32> {
  let rows = p.tracking + 4 * quad;
  let greatestCharge = constant(rows + 1);
  let greatestValue = constant(rows + 2);
  let z = scaled(clamp(charge, -greatestCharge, greatestCharge), constant(rows), p.beforeShift) + vec4<i32>(1048576);
  let value = vec4<i32>(lookedUp(z.x), lookedUp(z.y), lookedUp(z.z), lookedUp(z.w));
  return scaled(clamp(value, -greatestValue, greatestValue), constant(rows + 3), p.behindShift) | vec4<i32>(1);
}
var<private> goal: vec4<i32>;
var<private> knowsGoal: bool;
fn spikesOf(shift: i32) -> vec4<i32> {
  if (!knowsGoal) { goal = goalOf(v); knowsGoal = true; }
  let bits = u32(shift + 8);
  let spare = (1 << bits) - scalar(p.distances, shift);
  let off = goal - (n << vec4<u32>(8u));
  let sign = off >> vec4<u32>(31u);
  let sent = min((abs(off) + vec4<i32>(spare)) >> vec4<u32>(bits), vec4<i32>(p.levels));
  let spike = (sent ^ sign) - sign;
  n += spike << vec4<u32>(u32(shift));
  return spike;
}
`;

export const neuronCode: { readonly [N in NeuronCode]: string } = {
  takeback: thresholds(true),
  threshold: thresholds(false),
  tracker,
};
