/**
 * A population's chunk: what arrives at a quad in all of its steps is gathered into registers first, then the quad passes through them.
 * Behind the last chunk a delayed layer goes on firing.
 */
import { type GatherKind, gatherCode, gatherFields } from "./gather.ts";
import { type NeuronCode, neuronCode, neuronFields } from "./neurons.ts";
import type { ChunkSteps, Shader } from "./shader.ts";

export interface PopulationTraits {
  readonly gathers: readonly GatherKind[];
  readonly neuron: NeuronCode;
  readonly isReadout: boolean;
  /** Whether a picture or an island brings a current. */
  readonly hasConstant: boolean;
}

/** `at`: the quad's place among states. */
const fields = [
  ...["count", "quads", "width", "channels", "base", "first", "end", "steps", "phases", "delay", "begins", "goesOn"],
  ...["vMem", "netCount", "constant", "bias", "out", "capacity", "counter"],
] as const;
/** Of readouts: bits of the steps at which they are read, where the first of these readings goes, and where charge is. */
const readoutFields = ["readAt", "reading", "charge"] as const;

export function populationShader(traits: PopulationTraits, steps: ChunkSteps): Shader {
  const { gathers, neuron, isReadout, hasConstant } = traits;
  const each = (line: (s: number) => string) => Array.from({ length: steps }, (_, s) => line(s)).join("\n");
  const isTracker = neuron === "tracker";
  const constant = hasConstant ? "states[p.constant + at]" : "vec4<i32>(0)";
  const code = `
var<private> quad: i32;
var<private> at: i32;
var<private> v: vec4<i32>;
var<private> n: vec4<i32>;
var<private> every: vec4<i32>;
${each((s) => `var<private> i${s}: vec4<i32>;`)}
${isReadout ? readout : ""}
${neuronCode[neuron]}
${gathers.map((kind, k) => gatherCode(kind, k, steps)).join("\n")}
fn currentOf(o: i32) -> vec4<i32> {
  switch (o) {
    ${each((s) => `case ${s}: { return i${s}; }`)}
    default: { return vec4<i32>(0); }
  }
}
fn integrate(o: i32) {
  let weighted = (currentOf(o) + every) << vec4<u32>(u32(max(0, p.phases - 1 - p.base - o)));
  ${isTracker ? "if (all(weighted == vec4<i32>(0))) { return; }\n  v += weighted;\n  knowsGoal = false;" : "v = clamp(v + weighted, vec4<i32>(-1073741824), vec4<i32>(1073741824));"}
  ${isReadout ? "addCharge(weighted);" : ""}
}
fn fire(o: i32, t: i32) {
  let spike = spikesOf(max(0, p.phases - 1 - t)) & flag(vec4<i32>(4 * quad) + vec4<i32>(0, 1, 2, 3) < vec4<i32>(p.channels));
  putWord(p.out + at * p.capacity + t % p.capacity, wordOf(spike));
  note(o, magnitude(spike));
  ${isReadout ? "remember(o);" : ""}
}
fn run(id: i32) {
  quad = id % p.quads;
  at = id;
  let position = id / p.quads;
  ${gathers.length > 0 ? `if (p.base < p.steps) {\n${gathers.map((_, k) => `gather${k}(quad, position / p.width, position % p.width);`).join("\n")}\n}` : ""}
  v = states[p.vMem + at];
  n = states[p.netCount + at];
  if (p.begins != 0) {
    v = ${isTracker ? "vec4<i32>(0)" : "constant(p.start + quad)"};
    n = vec4<i32>(0);
  }
  ${isReadout ? "startCharge();" : ""}
  ${isTracker ? receiveOnce(constant, isReadout) : `every = constant(p.bias + quad) + ${constant};`}
  for (var o = p.first; o < p.end; o++) {
    let t = p.base + o;
    if (t < p.steps) { integrate(o); }
    if (t >= p.delay && t - p.delay < p.steps) { fire(o, t - p.delay); }
  }
  states[p.vMem + at] = v;
  states[p.netCount + at] = n;
  ${isReadout ? "states[p.charge + 2 * at] = bitcast<vec4<i32>>(chargeLow); states[p.charge + 2 * at + 1] = chargeHigh;" : ""}
}
`;
  const all = [
    ...fields,
    ...neuronFields[neuron],
    ...(isReadout ? readoutFields : []),
    ...gathers.flatMap(gatherFields),
  ];
  return { fields: all, code, counts: true };
}

/** Trackers receive biases once in a first frame, and of what else comes once what is new. */
function receiveOnce(constant: string, isReadout: boolean): string {
  return `if (p.base == 0 && p.first == 0) {
    let once = ${constant} + select(constant(p.bias + quad), vec4<i32>(0), p.goesOn != 0);
    v += once;
    ${isReadout ? "addCharge(once);" : ""}
  }`;
}

/** All charge in 64 bits, and what heads read. */
const readout = `
var<private> chargeLow: vec4<u32>;
var<private> chargeHigh: vec4<i32>;
fn startCharge() {
  chargeLow = bitcast<vec4<u32>>(states[p.charge + 2 * at]);
  chargeHigh = states[p.charge + 2 * at + 1];
}
fn addCharge(amount: vec4<i32>) {
  let before = chargeLow;
  chargeLow = before + bitcast<vec4<u32>>(amount);
  chargeHigh += (amount >> vec4<u32>(31u)) - flag(chargeLow < before);
}
fn remember(o: i32) {
  let bits = u32(p.readAt);
  if (((bits >> u32(o)) & 1u) == 0u) { return; }
  // Planes of lower halves of charges, of upper halves, and of counts.
  let area = p.count / p.quads;
  let size = p.channels * area;
  let before = i32(countOneBits(bits & ((1u << u32(o)) - 1u)));
  for (var b = 0; b < min(4, p.channels - 4 * quad); b++) {
    let to = p.reading + 3 * before * size + (4 * quad + b) * area + at / p.quads;
    readings[to] = chargeLow[b];
    readings[to + size] = bitcast<u32>(chargeHigh[b]);
    readings[to + 2 * size] = bitcast<u32>(n[b]);
  }
}
`;
