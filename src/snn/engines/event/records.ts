/**
 * The records that the kernels read, as lists of their 32-bit fields in order: the host's view of `kernels/structs.ts`,
 * where every field is explained. A test compares the two.
 */
import type { NeuronKind } from "../../../graph/layers.ts";
import type { Rows } from "../../plan/decisions.ts";

export const records = {
  frame: ["data", "stride", "slotBytes", "capacity", "width", "height", "lag"],
  term: [
    "kernel",
    "frame",
    "size",
    "stride",
    "padding",
    "groups",
    "inPerGroup",
    "outPerGroup",
    "fanOut",
    "shift",
    "weights",
    "rowBytes",
    "blockBytes",
    "budget",
    "offsets",
    "mergeBytes",
    "isPaired",
    "events",
    "eventStepBytes",
    "eventRowBytes",
    "isSplit",
    "eventListBytes",
    "indexListBytes",
    "magnitudes",
    "index",
    "indexStepBytes",
    "reachX",
    "reachY",
    "counter",
  ],
  population: [
    "kind",
    "terms",
    "termCount",
    "out",
    "channels",
    "block",
    "blocks",
    "run",
    "passSteps",
    "isShort",
    "shift",
    "bound",
    "calm",
    "stateStride",
    "vMem",
    "netCount",
    "parameters",
    "weighted",
    "tracking",
    "targets",
    "beforeShift",
    "behindShift",
    "schedule",
    "bias",
    "constant",
    "neuron",
    "levels",
    "isMonotone",
    "pool",
    "bandFrames",
    "lagIn",
    "counter",
    "charge",
    "chargeHistory",
    "countHistory",
  ],
  pool: [
    "kind",
    "input",
    "out",
    "size",
    "stride",
    "offset",
    "isWinner",
    "isBinary",
    "counts",
    "countStride",
    "ownsCounts",
    "levels",
    "sent",
  ],
  move: ["kind", "input", "out", "factor", "from", "to", "channels", "endsPosition"],
  poisson: ["kind", "out", "channels", "pixels", "seed"],
  picture: [
    "kind",
    "isSmall",
    "pixels",
    "channels",
    "height",
    "width",
    "size",
    "stride",
    "padding",
    "weights",
    "outChannels",
    "outHeight",
    "outWidth",
    "shift",
    "units",
    "current",
    "currentStride",
    "adds",
  ],
  program: [
    "stages",
    "stageCount",
    "timeSteps",
    "phases",
    "goesOn",
    "threads",
    "tileSteps",
    "scratch",
    "scratchBytes",
    "counters",
    "counterBytes",
    "compaction",
    "nextItem",
    "arrived",
    "generation",
  ],
} as const;

export type RecordKind = keyof typeof records;

/** A value for each field of a record. */
export type RecordOf<K extends RecordKind> = Readonly<Record<(typeof records)[K][number], number>>;

/** Kinds of stages, the first field of their records. */
export const stageKinds = { population: 0, pool: 1, move: 2, poisson: 3, picture: 4 } as const;

/** What kernels tell apart of neurons: `kernels/neuron-parts.ts`. */
export const neuronNumbers: { readonly [K in NeuronKind]: number } = {
  ibt: 0,
  signed: 0,
  if: 0,
  takeback: 1,
  tracker: 2,
};

/** Kernels of terms. */
export const kernels: { readonly [R in Rows]: number } = { int8: 0, int16: 1, wide: 2, depthwise: 3, scale: 4 };

/** Of each thread: a tile's record, alone in its cache line. */
export const tileBytes = 64;

export function recordBytes(kind: RecordKind): number {
  return records[kind].length * 4;
}

/** Writes a record at byte address `at`. */
export function writeRecord<K extends RecordKind>(words: Int32Array, at: number, kind: K, values: RecordOf<K>): void {
  const fields: readonly string[] = records[kind];
  const source: Readonly<Record<string, number>> = values;
  for (const [i, field] of fields.entries()) words[at / 4 + i] = source[field];
}

/** Writes one field of a record. */
export function writeField<K extends RecordKind>(
  words: Int32Array,
  at: number,
  kind: K,
  field: (typeof records)[K][number],
  value: number,
): void {
  words[at / 4 + (records[kind] as readonly string[]).indexOf(field)] = value;
}
