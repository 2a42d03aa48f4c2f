/**
 * What arrives at a quad of neurons in a chunk of steps, added to `i0`, `i1`, …: a function for each term of a population.
 *
 * Weights of int8 lie as [ky][kx][input quad][output quad], a vector each: a word holds one output channel's weights of four input
 * channels, which one instruction multiplies by four spikes. Wider ones are 256·H + L + 128, H and L in int8, and lie side by side.
 */
import { anyWord, type ChunkSteps, loadWords, vectorWords, wordNames } from "./shader.ts";

export type GatherKind = "int8" | "int16" | "depthwise" | "scale";

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

/** The names of term k's numbers. */
export function gatherFields(k: number): readonly string[] {
  return fieldNames.map((name) => `t${k}_${name}`);
}

/** Term k's numbers by those names. */
export function gatherNumbers(k: number, numbers: GatherNumbers): Readonly<Record<string, number>> {
  return Object.fromEntries(fieldNames.map((name) => [`t${k}_${name}`, numbers[name]]));
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
      : windowed(kind, k, steps, vectors, slot);
  return `fn gather${k}(quad: i32, y: i32, x: i32) {
  ${each((s) => `var a${s} = vec4<i32>(0);`)}
  ${body}
  let shift = vec4<u32>(u32(p.t${k}_shift));
  ${each((s) => `i${s} += a${s} << shift;`)}
}`;
}

function windowed(
  kind: Exclude<GatherKind, "scale">,
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
