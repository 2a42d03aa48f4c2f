/**
 * What arrives at a quad of neurons in a chunk of steps, added to `i0`, `i1`, …: a function for each term of a population.
 *
 * Weights of int8 lie as [ky][kx][input quad][output quad], a vector each: a word holds one output channel's weights of four input
 * channels, which one instruction multiplies by four spikes. Wider ones are 256·H + L + 128, H and L in int8, and lie side by side.
 */
import type { Spread } from "../../../plan/network.ts";
import { anyWord, type ChunkSteps, loadWords, vectorWords, wordNames } from "./shader.ts";

export type GatherKind = "int8" | "int16" | "depthwise" | "scale" | "product";

const fieldNames = [
  "spikes",
  "capacity",
  "quads",
  "inQuads",
  "outQuads",
  "height",
  "width",
  "size",
  "stride",
  "padding",
  "weights",
  "shift",
] as const;
export type GatherNumbers = Readonly<Record<(typeof fieldNames)[number], number>>;

/** Of a factor of a product: spreads by {@link spreadNumbers}, the other factor's spikes, and where its counts are among states. */
const productNames = ["spread", "other", "otherCapacity", "otherQuads", "otherSpread", "isSecond", "counts"] as const;
export type ProductNumbers = Readonly<Record<(typeof productNames)[number], number>>;

export const spreadNumbers: { readonly [S in Spread]: number } = { alike: 0, channels: 1, positions: 2 };

/** The names of term k's numbers. */
export function gatherFields(kind: GatherKind, k: number): readonly string[] {
  return [...fieldNames, ...(kind === "product" ? productNames : [])].map((name) => `t${k}_${name}`);
}

/** Term k's numbers by those names. */
export function gatherNumbers(
  k: number,
  numbers: GatherNumbers & Partial<ProductNumbers>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...fieldNames, ...productNames].flatMap((name) =>
      name in numbers ? [[`t${k}_${name}`, numbers[name] as number]] : [],
    ),
  );
}

/** Declares `fn gather<k>(quad, y, x)`. */
export function gatherCode(kind: GatherKind, k: number, steps: ChunkSteps): string {
  const each = (line: (s: number) => string) => Array.from({ length: steps }, (_, s) => line(s)).join("\n");
  const vectors = `p.t${k}_capacity / ${vectorWords(steps)}`;
  const slot = `(p.base % p.t${k}_capacity) / ${vectorWords(steps)}`;
  const body =
    kind === "scale"
      ? `let source = p.t${k}_spikes + ((y * p.t${k}_width + x) * p.t${k}_quads + quad) * (${vectors}) + ${slot};
         let weight = constant(p.t${k}_weights + quad);
         ${loadWords(steps, "source")}
         ${each((s) => `a${s} = bytesOf(${wordNames(steps)[s]}) * weight;`)}`
      : kind === "product"
        ? multiplied(k, steps)
        : windowed(kind, k, steps, vectors, slot);
  return `fn gather${k}(quad: i32, y: i32, x: i32) {
  ${each((s) => `var a${s} = vec4<i32>(0);`)}
  ${body}
  let shift = vec4<u32>(u32(p.t${k}_shift));
  ${each((s) => `i${s} += a${s} << shift;`)}
}`;
}

/**
 * Of each spike of a factor the other's net count, before the other's spike or after it. A chunk may be run in several windows, each of
 * which takes counts on through its own steps only.
 */
function multiplied(k: number, steps: ChunkSteps): string {
  const n = vectorWords(steps);
  const source = (spikes: string, capacity: string, quads: string, spread: string) =>
    `p.t${k}_${spikes} + (select(y * p.width + x, 0, p.t${k}_${spread} == ${spreadNumbers.channels}) * p.t${k}_${quads} + select(quad, 0, p.t${k}_${spread} == ${spreadNumbers.positions})) * (p.t${k}_${capacity} / ${n}) + (p.base % p.t${k}_${capacity}) / ${n}`;
  const bytes = (word: string, spread: string) =>
    `select(bytesOf(${word}), bytesOf(${word}).xxxx, p.t${k}_${spread} == ${spreadNumbers.positions})`;
  const step = (s: number) => `if (${s} >= p.first && ${s} < p.end && p.base + ${s} < p.steps) {
      let before = count;
      count += ${bytes(wordNames(steps, "m")[s], "otherSpread")} << vec4<u32>(u32(max(0, p.phases - 1 - p.base - ${s})));
      a${s} = ${bytes(wordNames(steps)[s], "spread")} * select(before, count, p.t${k}_isSecond != 0) * factors;
    }`;
  return `let own = ${source("spikes", "capacity", "quads", "spread")};
    let other = ${source("other", "otherCapacity", "otherQuads", "otherSpread")};
    ${loadWords(steps, "own")}
    ${loadWords(steps, "other", "m")}
    let factors = constant(p.t${k}_weights + quad);
    var count = states[p.t${k}_counts + at];
    ${Array.from({ length: steps }, (_, s) => step(s)).join("\n")}
    states[p.t${k}_counts + at] = count;`;
}

function windowed(
  kind: Exclude<GatherKind, "scale" | "product">,
  k: number,
  steps: ChunkSteps,
  vectors: string,
  slot: string,
): string {
  const words = wordNames(steps);
  const isDepthwise = kind === "depthwise";
  const added = words.map((word, s) => {
    if (isDepthwise) return `a${s} += bytesOf(${word}) * w;`;
    if (kind === "int8") return `a${s} += dots(${word}, w);`;
    return `a${s} += (dots(${word}, h) << vec4<u32>(8u)) + dots(${word}, w) + vec4<i32>(dot4(${word}, 0x01010101u) << 7u);`;
  });
  const loaded = {
    int8: "let w = constants[weights + weight];",
    int16: "let w = constants[weights + 2 * weight]; let h = constants[weights + 2 * weight + 1];",
    depthwise: "let w = constant(weights + weight);",
  }[kind];
  return `let size = p.t${k}_size;
  let top = y * p.t${k}_stride - p.t${k}_padding;
  let left = x * p.t${k}_stride - p.t${k}_padding;
  let vectors = ${vectors};
  let slot = ${slot};
  let weights = p.t${k}_weights;
  let inQuads = ${isDepthwise ? "1" : `p.t${k}_inQuads`};
  let firstQuad = ${isDepthwise ? "quad" : `(quad / p.t${k}_outQuads) * inQuads`};
  for (var ky = max(0, -top); ky < min(size, p.t${k}_height - top); ky++) {
    for (var kx = max(0, -left); kx < min(size, p.t${k}_width - left); kx++) {
      var source = p.t${k}_spikes + (((top + ky) * p.t${k}_width + left + kx) * p.t${k}_quads + firstQuad) * vectors + slot;
      var weight = (ky * size + kx) * inQuads * p.quads + quad;
      for (var c = 0; c < inQuads; c++) {
        ${loadWords(steps, "source")}
        if (${anyWord(steps)}) {
          ${loaded}
          ${added.join("\n          ")}
        }
        source += vectors;
        weight += p.quads;
      }
    }
  }`;
}
