/** The table of head kinds, and what others ask of it. Whoever adds a kind adds its file and a row. */
import type { Detection } from "../core/box.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { dfl } from "./dfl.ts";
import { gaussianYolo } from "./gaussian-yolo.ts";
import type { DecodingContext, Head, HeadKind, HeadOf, HeadSpec } from "./head.ts";
import { region } from "./region.ts";
import { tail } from "./tail.ts";
import { yolo } from "./yolo.ts";

export const headKinds: { readonly [K in HeadKind]: HeadSpec<HeadOf<K>> } = {
  region,
  yolo,
  gaussianYolo,
  dfl,
  tail,
};

/** A head as a layer: data with a name, and the names of what it reads. */
interface NamedHead {
  readonly name: string;
  readonly inputs: readonly string[];
}

/**
 * Boxes of one head in fractions of the network's input, not clipped: one for each class whose score exceeds the threshold.
 * @param inputs raw [C, H, W], as many as the head reads.
 */
export async function decodeHead(
  head: Head,
  inputs: readonly FloatTensor[],
  context: DecodingContext,
): Promise<Detection[]> {
  return (headKinds[head.kind] as HeadSpec<Head>).decode(head, inputs, context);
}

/**
 * The names under which engines give the raw inputs of a head: its own name for the first, which is the only one of most
 * heads; with a number behind it for the others. The DNN's and the spiking network's outputs have the same names, although
 * their layers before the head have not.
 */
export function outputNames({ name, inputs }: NamedHead): readonly string[] {
  return inputs.map((_, i) => (i === 0 ? name : `${name}.${i}`));
}
