/**
 * Shaders: WGSL text, and the numbers that each dispatch of it is given. All share one set of buffers and one way to count, so that
 * every stage of every network runs with the same bindings.
 *
 * A thread works on a quad, four channels of one position, and on all steps of a chunk. Spikes of a quad at one step are the four bytes of a
 * word; the words of a chunk's steps lie side by side, in one or two vectors.
 */

/** Threads of a workgroup. */
export const groupSize = 64;
/** Steps that a dispatch may span: those of a chunk, and behind the last chunk those in which a delayed layer only fires. */
export const longestSpan = 32;

/** Steps of a chunk; each makes shaders of its own. */
export type ChunkSteps = 1 | 2 | 4 | 8;

export interface Shader {
  /** Names of the int32 in `p`, in order. */
  readonly fields: readonly string[];
  /** Declares `fn run(id: i32)`, called for ids below `p.count`; may call `note` where it counts. */
  readonly code: string;
  /** Whether it adds to the counters of the dispatch's steps. */
  readonly counts: boolean;
}

/** What a dispatch that runs a window of a stage's own steps is told of it, besides how many threads and quads there are. */
export const windowFields = ["count", "quads", "base", "first", "end", "steps"] as const;

/** Words of a vector of the spikes' buffer. */
export function vectorWords(steps: ChunkSteps): number {
  return Math.min(4, steps);
}

/** The names that a chunk's words have after {@link loadWords}, step by step. */
export function wordNames(steps: ChunkSteps, name = "s"): readonly string[] {
  if (steps === 1) return [`${name}0`];
  return Array.from({ length: steps }, (_, s) => `${name}${Math.floor(s / 4)}.${"xyzw"[s % 4]}`);
}

/** WGSL that loads a chunk's words from vector `at` on. */
export function loadWords(steps: ChunkSteps, at: string, name = "s"): string {
  return Array.from({ length: Math.ceil(steps / 4) }, (_, k) => `let ${name}${k} = spikes[${at} + ${k}];`).join(" ");
}

/** WGSL that is true where any of the loaded words is not 0. */
export function anyWord(steps: ChunkSteps): string {
  if (steps === 1) return "s0 != 0u";
  return steps === 8 ? "any((s0 | s1) != vec4<u32>(0u))" : `any(s0 != vec${steps}<u32>(0u))`;
}

/** The module's whole text. @param isPacked whether WGSL has instructions for four bytes in a word. */
export function moduleOf({ fields, code, counts }: Shader, steps: ChunkSteps, isPacked: boolean): string {
  const n = vectorWords(steps);
  return `${isPacked ? "requires packed_4x8_integer_dot_product;\n" : ""}
struct Numbers { ${fields.map((field) => `${field}: i32`).join(", ")} }
@group(0) @binding(0) var<uniform> p: Numbers;
@group(0) @binding(1) var<storage, read> constants: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> spikes: array<${n === 1 ? "u32" : `vec${n}<u32>`}>;
@group(0) @binding(3) var<storage, read_write> states: array<vec4<i32>>;
@group(0) @binding(4) var<storage, read_write> readings: array<u32>;
@group(0) @binding(5) var<storage, read_write> counters: array<atomic<u32>>;
${isPacked ? packed : unpacked}
${helpers}
fn putWord(at: i32, word: u32) { ${n === 1 ? "spikes[at] = word;" : `spikes[at / ${n}][at % ${n}] = word;`} }
fn getWord(at: i32) -> u32 { return ${n === 1 ? "spikes[at]" : `spikes[at / ${n}][at % ${n}]`}; }
${counts ? counting : ""}
${code}
@compute @workgroup_size(${groupSize})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let id = i32((group.y * groups.x + group.x) * ${groupSize}u + lane);
  if (id < p.count) { run(id); }
  ${counts ? "workgroupBarrier();\n  if (i32(lane) < p.end) { addUp(i32(lane)); }" : ""}
}
`;
}

/** Four bytes of a word, and sums of their products. */
const packed = `
fn bytesOf(word: u32) -> vec4<i32> { return unpack4xI8(word); }
fn dot4(a: u32, b: u32) -> i32 { return dot4I8Packed(a, b); }
`;
const unpacked = `
fn bytesOf(word: u32) -> vec4<i32> { return vec4<i32>(vec4<u32>(word) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u); }
fn dot4(a: u32, b: u32) -> i32 { let c = bytesOf(a) * bytesOf(b); return c.x + c.y + c.z + c.w; }
`;
const helpers = `
fn wordOf(bytes: vec4<i32>) -> u32 {
  let b = bitcast<vec4<u32>>(bytes) & vec4<u32>(255u);
  return b.x | (b.y << 8u) | (b.z << 16u) | (b.w << 24u);
}
fn dots(s: u32, w: vec4<u32>) -> vec4<i32> { return vec4<i32>(dot4(s, w.x), dot4(s, w.y), dot4(s, w.z), dot4(s, w.w)); }
fn constant(at: i32) -> vec4<i32> { return bitcast<vec4<i32>>(constants[at]); }
fn scalar(at: i32, i: i32) -> i32 { return bitcast<i32>(constants[at + i / 4][i % 4]); }
fn magnitude(v: vec4<i32>) -> i32 { let a = abs(v); return a.x + a.y + a.z + a.w; }
fn flag(b: vec4<bool>) -> vec4<i32> { return select(vec4<i32>(0), vec4<i32>(-1), b); }
`;
/** A workgroup adds up first. Sums are of 64 bits: what a word was before tells whether adding to it has carried. */
const counting = `
var<workgroup> sums: array<atomic<u32>, ${longestSpan}>;
fn note(offset: i32, amount: i32) { if (amount != 0) { atomicAdd(&sums[offset], u32(amount)); } }
fn addUp(offset: i32) {
  let amount = atomicLoad(&sums[offset]);
  if (amount == 0u) { return; }
  let at = 2 * (p.counter + offset);
  let before = atomicAdd(&counters[at], amount);
  if (before + amount < before) { atomicAdd(&counters[at + 1], 1u); }
}
`;
