/** What stages without neurons do to spikes: channels moved about, a picture's random spikes, and counts of what spikes reach. */
import { type ChunkSteps, loadWords, type Shader, vectorWords, windowFields, wordNames } from "./shader.ts";

/**
 * Channels of one signal into another: slices, parts of concatenations, upsampling, zeros between. A thread has a quad of the target, and leaves what of it
 * is not this part's.
 */
export const moveShader: Shader = {
  fields: [
    ...windowFields,
    "width",
    "factor",
    "insertsZeros",
    "firstQuad",
    "firstChannel",
    "channels",
    "shift",
    "input",
    "inQuads",
    "inWidth",
    "inCapacity",
    "out",
    "outQuads",
    "capacity",
  ],
  counts: false,
  code: `
fn run(id: i32) {
  let quad = p.firstQuad + id % p.quads;
  let position = id / p.quads;
  let place = (position / p.width / p.factor) * p.inWidth + (position % p.width) / p.factor;
  let to = p.out + (position * p.outQuads + quad) * p.capacity;
  let first = 4 * quad - p.firstChannel;
  // Bits of the word that this part brings, and where its first byte comes from.
  var mask = 0u;
  for (var b = 0; b < 4; b++) {
    if (first + b >= 0 && first + b < p.channels) { mask |= 255u << u32(8 * b); }
  }
  let isBetween = p.insertsZeros != 0 && ((position / p.width) % p.factor != 0 || (position % p.width) % p.factor != 0);
  let source = 4 * quad + p.shift;
  let lower = source >> 2u;
  let bits = 8u * u32(source & 3);
  for (var t = p.base + p.first; t < min(p.base + p.end, p.steps); t++) {
    let slot = t % p.inCapacity;
    var word = 0u;
    if (!isBetween && lower >= 0 && lower < p.inQuads) { word = getWord(p.input + (place * p.inQuads + lower) * p.inCapacity + slot) >> bits; }
    if (!isBetween && bits > 0u && lower + 1 >= 0 && lower + 1 < p.inQuads) {
      word |= getWord(p.input + (place * p.inQuads + lower + 1) * p.inCapacity + slot) << (32u - bits);
    }
    let home = to + t % p.capacity;
    putWord(home, (getWord(home) & ~mask) | (word & mask));
  }
}
`,
};

/** Accumulates: each spike counts once for every position that it reaches (`reach` in `src/snn/plan/reach.ts`). */
export function reachShader(steps: ChunkSteps): Shader {
  const fields = [...windowFields, "width", "input", "inCapacity", "reachX", "reachY", "counter"];
  const code = `
fn run(id: i32) {
  let position = id / p.quads;
  let source = p.input + id * (p.inCapacity / ${vectorWords(steps)}) + (p.base % p.inCapacity) / ${vectorWords(steps)};
  ${loadWords(steps, "source")}
  let reached = scalar(p.reachX, position % p.width) * scalar(p.reachY, position / p.width);
  ${wordNames(steps)
    .map(
      (word, s) =>
        `if (${s} >= p.first && ${s} < p.end && p.base + ${s} < p.steps) { note(${s}, magnitude(bytesOf(${word})) * reached); }`,
    )
    .join("\n  ")}
}
`;
  return { fields, code, counts: true };
}

/** Random spikes of a picture (`src/snn/input-coding.ts`, `randomAt` in `src/core/random.ts`). */
export const poissonShader: Shader = {
  counts: false,
  fields: [...windowFields, "channels", "area", "seed", "odds", "signs", "out", "capacity"],
  code: `
fn mixed(word: u32) -> u32 {
  var h = (word ^ (word >> 16u)) * 0x85ebca6bu;
  h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
  return h ^ (h >> 16u);
}
fn run(id: i32) {
  let quad = id % p.quads;
  let position = id / p.quads;
  for (var t = p.base + p.first; t < min(p.base + p.end, p.steps); t++) {
    let hash = mixed(((u32(p.seed) ^ 0x9e3779b9u) * 0x85ebca6bu) ^ ((u32(t + 1) + 0x7f4a7c15u) * 0xc2b2ae35u));
    var spike = vec4<i32>(0);
    for (var b = 0; b < 4; b++) {
      let c = 4 * quad + b;
      if (c >= p.channels) { break; }
      let i = c * p.area + position;
      if (mixed(hash ^ u32(i)) <= u32(states[p.odds + i / 4][i % 4])) { spike[b] = states[p.signs + i / 4][i % 4]; }
    }
    putWord(p.out + id * p.capacity + t % p.capacity, wordOf(spike));
  }
}
`,
};
