/** Changes that break files: of bits, of lengths, of places, of numbers and of words. */
import type { Random } from "../../src/core/random.ts";

export interface Corpus {
  readonly isText: boolean;
  /** Whole files, written by the project or by hand. */
  readonly seeds: readonly Uint8Array[];
  /** Words that the format's reader may look for. */
  readonly words: readonly string[];
}

const extremes = [
  ...["0", "-0", "-1", "1", "1e308", "-1e308", "1e999", "NaN", "Infinity", "2147483647", "2147483648", "4294967296"],
  ...["9007199254740993", "65536", "0.1", "1e-320", "0x10", "", "null", "true", "[]", "{}", '""'],
];

/** Names that every object has, what a terminal obeys, paths upwards, and letters that are several bytes or half a pair. */
const hostile = [
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "../../../x", "/dev/zero", "\u0000", "\r"],
  ...[
    "\u001b[2J",
    "\u202e",
    "\ufeff",
    "\ud83d\ude00",
    "\\ud800",
    "é",
    "<![CDATA[",
    "&#0;",
    "]]>",
    "#",
    "=",
    "[",
    "{",
    ",",
  ],
];

const below = (random: Random, count: number) => Math.floor(random() * count);
const pick = <T>(random: Random, choices: readonly T[]): T => choices[below(random, choices.length)];

function splice(bytes: Uint8Array, from: number, to: number, between: Uint8Array): Uint8Array {
  const result = new Uint8Array(from + between.length + bytes.length - to);
  result.set(bytes.subarray(0, from));
  result.set(between, from);
  result.set(bytes.subarray(to), from + between.length);
  return result;
}

/** Begin and end of a part that is seldom long. */
function part(bytes: Uint8Array, random: Random): readonly [number, number] {
  const from = below(random, bytes.length + 1);
  return [from, from + below(random, 1 + Math.floor((bytes.length - from) * random() ** 3))];
}

type Mutation = (bytes: Uint8Array, random: Random, corpus: Corpus) => Uint8Array;

function flipBits(bytes: Uint8Array, random: Random): Uint8Array {
  const result = bytes.slice();
  if (result.length === 0) return result;
  for (let i = below(random, 8); i >= 0; i--) result[below(random, result.length)] ^= 1 << below(random, 8);
  return result;
}

const anyFile: readonly Mutation[] = [
  flipBits,
  flipBits,
  (bytes, random) => bytes.slice(0, below(random, bytes.length + 1)),
  (bytes, random) => splice(bytes, ...part(bytes, random), new Uint8Array()),
  (bytes, random, { seeds }) => {
    const other = pick(random, seeds);
    return splice(bytes, ...part(bytes, random), other.subarray(...part(other, random)));
  },
  (bytes, random) => {
    const [from, to] = part(bytes, random);
    const block = bytes.subarray(from, to);
    const times = Math.min(2 ** below(random, 12), Math.floor(2 ** 20 / (block.length + 1)));
    const repeated = new Uint8Array(block.length * times);
    for (let i = 0; i < times; i++) repeated.set(block, i * block.length);
    return splice(bytes, from, to, repeated);
  },
];

const binaryFile: readonly Mutation[] = [
  ...anyFile,
  // An integer or a float at its extreme, where it may be a length, a count or a value. Headers stand in front.
  (bytes, random) => {
    const result = bytes.slice();
    const width = pick(random, [1, 2, 4, 8]);
    if (result.length < width) return result;
    const at = below(random, random() < 0.5 ? Math.min(64, result.length - width + 1) : result.length - width + 1);
    const isOnes = random() < 0.5;
    for (let i = 0; i < width; i++) result[at + i] = isOnes ? 0xff : 0;
    if (random() < 0.5) result[at + below(random, width)] = pick(random, [0x7f, 0x80, 0x01, 0x10]);
    return result;
  },
];

function replaceMatch(bytes: Uint8Array, random: Random, pattern: RegExp, word: string): Uint8Array {
  // As Latin-1, so that bytes that are no text stay as they are.
  const text = Buffer.from(bytes).toString("latin1");
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return bytes;
  const { index, 0: found } = pick(random, matches);
  return splice(bytes, index, index + found.length, new TextEncoder().encode(word));
}

const textFile: readonly Mutation[] = [
  ...anyFile,
  (bytes, random) => replaceMatch(bytes, random, /-?\d+(\.\d+)?(e-?\d+)?/g, pick(random, extremes)),
  (bytes, random) => replaceMatch(bytes, random, /-?\d+(\.\d+)?(e-?\d+)?/g, pick(random, extremes)),
  (bytes, random, { words }) => replaceMatch(bytes, random, /[A-Za-z_]\w*/g, pick(random, [...words, ...hostile])),
  (bytes, random, { words }) => replaceMatch(bytes, random, /[A-Za-z_]\w*/g, pick(random, [...words, ...hostile])),
  (bytes, random) => {
    const at = below(random, bytes.length + 1);
    return splice(bytes, at, at, new TextEncoder().encode(pick(random, hostile)));
  },
  // Lines change places, as sections and entries of their own.
  (bytes, random) => {
    const lines = Buffer.from(bytes).toString("latin1").split("\n");
    const [line] = lines.splice(below(random, lines.length), random() < 0.5 ? 1 : 0);
    lines.splice(below(random, lines.length + 1), 0, line ?? pick(random, lines.length > 0 ? lines : [""]));
    return Uint8Array.from(Buffer.from(lines.join("\n"), "latin1"));
  },
];

/** A file of the corpus after one to four changes; at most 1 MiB. */
export function mutated(corpus: Corpus, random: Random): Uint8Array {
  const mutations = corpus.isText ? textFile : binaryFile;
  let bytes = pick(random, corpus.seeds);
  // Mostly one: what is broken twice is refused for the first.
  for (let i = Math.floor(4 * random() ** 3); i >= 0; i--) bytes = pick(random, mutations)(bytes, random, corpus);
  return bytes.subarray(0, 2 ** 20);
}
