/** Writes the records that kernels read, and says by which numbers kernels know what plans have names for. */
import type { NeuronKind } from "../../../graph/layers.ts";
import type { Rows } from "../../plan/decisions.ts";
import type { Spread } from "../../plan/network.ts";
import { neuronNumber, records, spreadNumber, termKernel } from "./kernel-records.ts";

type RecordKind = keyof typeof records;

/** A value for each field of a record. */
type RecordOf<K extends RecordKind> = Readonly<Record<(typeof records)[K][number], number>>;

export const neuronNumbers: { readonly [K in NeuronKind]: number } = {
  ibt: neuronNumber.threshold,
  signed: neuronNumber.threshold,
  if: neuronNumber.threshold,
  takeback: neuronNumber.takeback,
  tracker: neuronNumber.tracker,
};

export const spreads: { readonly [S in Spread]: number } = spreadNumber;

export const termKernels: { readonly [R in Rows]: number } = termKernel;

export function recordBytes(kind: RecordKind): number {
  return records[kind].length * 4;
}

/** Of each thread: what it is at work on (kernels/tile.ts), alone in its cache lines. */
export const tileBytes = Math.ceil((recordBytes("tile") + 2 * recordBytes("piece") + recordBytes("row")) / 64) * 64;

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

export function readField<K extends RecordKind>(
  words: Int32Array,
  at: number,
  kind: K,
  field: (typeof records)[K][number],
): number {
  return words[at / 4 + (records[kind] as readonly string[]).indexOf(field)];
}
