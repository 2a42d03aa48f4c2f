/**
 * Max-pooling over a chunk (`src/snn/spike-pool.ts`): the greatest count of a quad's window at every step is found member by member, whose counts are those
 * before the chunk and the sums of their spikes since. Counts are added to afterwards, where anything will ask for them.
 */
import { type ChunkSteps, loadWords, type Shader, vectorWords, windowFields, wordNames } from "./shader.ts";

export type PoolKind = "delta" | "winner" | "tracking";

const chunk = [...windowFields, "phases", "input", "inCapacity", "counts", "hasCounts"] as const;
const windows = [
  ...["width", "inWidth", "inHeight", "size", "stride", "offset", "sent", "out", "capacity", "levels"],
] as const;

const isWithin = (s: number) => `${s} >= p.first && ${s} < p.end && p.base + ${s} < p.steps`;
const shiftOf = (s: number) => `vec4<u32>(u32(max(0, p.phases - 1 - p.base - ${s})))`;

export function poolShader(kind: PoolKind, steps: ChunkSteps): Shader {
  const each = (line: (s: number) => string) => Array.from({ length: steps }, (_, s) => line(s)).join("\n");
  const words = wordNames(steps);
  const isWinner = kind === "winner";
  const code = `
fn run(id: i32) {
  let quad = id % p.quads;
  let position = id / p.quads;
  let top = (position / p.width) * p.stride - p.offset;
  let left = (position % p.width) * p.stride - p.offset;
  ${each((s) => `var g${s} = vec4<i32>(-2147483647); ${isWinner ? `var w${s} = vec4<i32>(0);` : ""}`)}
  let vectors = p.inCapacity / ${vectorWords(steps)};
  let slot = (p.base % p.inCapacity) / ${vectorWords(steps)};
  for (var y = max(0, top); y < min(p.inHeight, top + p.size); y++) {
    for (var x = max(0, left); x < min(p.inWidth, left + p.size); x++) {
      let member = (y * p.inWidth + x) * p.quads + quad;
      var count = vec4<i32>(0);
      if (p.hasCounts != 0) { count = states[p.counts + member]; }
      let source = p.input + member * vectors + slot;
      ${loadWords(steps, "source")}
      ${each(
        (s) => `if (${isWithin(s)}) {
        let b = bytesOf(${words[s]});
        count += b << ${shiftOf(s)};
        ${isWinner ? `w${s} = select(w${s}, b, count > g${s});` : ""}
        g${s} = max(g${s}, count);
      }`,
      )}
    }
  }
  ${isWinner ? "" : "var sent = states[p.sent + id];\n  if (p.hasCounts == 0) { sent = vec4<i32>(0); }"}
  ${each(
    (s) => `if (${isWithin(s)}) {
    let shift = ${shiftOf(s)};
    ${spike[kind](s)}
    putWord(p.out + id * p.capacity + (p.base + ${s}) % p.capacity, wordOf(spike));
  }`,
  )}
  ${isWinner ? "" : "states[p.sent + id] = sent;"}
}
`;
  return { fields: [...chunk, ...windows], code, counts: false };
}

const spike: { readonly [K in PoolKind]: (s: number) => string } = {
  winner: (s) => `let spike = w${s};`,
  delta: (s) => `let spike = (g${s} - sent) >> shift; sent = g${s};`,
  tracking: (s) => `let off = g${s} - sent;
    let sign = off >> vec4<u32>(31u);
    let half = vec4<i32>((1 << shift.x) >> 1u);
    let most = min((abs(off) + half) >> shift, vec4<i32>(p.levels));
    let spike = (most ^ sign) - sign;
    sent += spike << shift;`,
};

/** Adds a chunk's spikes to the counts of a pool's input, which a thread has a quad of. */
export function poolCountsShader(steps: ChunkSteps): Shader {
  const words = wordNames(steps);
  const code = `
fn run(id: i32) {
  var count = vec4<i32>(0);
  if (p.hasCounts != 0) { count = states[p.counts + id]; }
  let source = p.input + id * (p.inCapacity / ${vectorWords(steps)}) + (p.base % p.inCapacity) / ${vectorWords(steps)};
  ${loadWords(steps, "source")}
  ${words.map((word, s) => `if (${isWithin(s)}) { count += bytesOf(${word}) << ${shiftOf(s)}; }`).join("\n  ")}
  states[p.counts + id] = count;
}
`;
  return { fields: chunk, code, counts: false };
}
