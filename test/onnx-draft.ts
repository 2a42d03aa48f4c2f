/** Small ONNX networks of random shapes, and what holds ours against ONNX Runtime's results. */
import * as ort from "onnxruntime-node";
import { expect } from "vitest";
import type { Random } from "../src/core/random.ts";
import { floatTensor } from "../src/core/tensor.ts";
import { openDnn } from "../src/dnn/dnn-session.ts";
import type { Graph } from "../src/graph/graph.ts";
import type { LayerKind } from "../src/graph/layers.ts";
import { importOnnx, type OnnxOptions } from "../src/importers/onnx/import-onnx.ts";
import { encodeOnnx, type OnnxNode } from "../src/onnx/onnx.ts";
import { float32Tensor, int64Tensor, type OnnxTensor } from "../src/onnx/tensors.ts";

/** What a case is made of: nodes are added to a network, between a first convolution, which makes `x`, and a last one. */
export class Draft {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];
  readonly random: Random;
  readonly channels: number;
  readonly height: number;
  readonly width: number;

  constructor(random: Random) {
    this.random = random;
    this.channels = 2 * this.integer(1, 4);
    this.height = this.integer(9, 14);
    this.width = this.integer(9, 14);
  }

  integer(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)];
  }

  numbers(count: number, from = -1, to = 1): Float32Array {
    return Float32Array.from({ length: count }, () => from + (to - from) * this.random());
  }

  /** A constant of random values, or of the given ones. */
  constant(shape: readonly number[], values?: ArrayLike<number>): string {
    const name = `c${this.constants.length}`;
    this.constants.push(float32Tensor(name, shape, values ?? this.numbers(shape.reduce((a, b) => a * b, 1))));
    return name;
  }

  whole(...values: readonly number[]): string {
    const name = `c${this.constants.length}`;
    this.constants.push(int64Tensor(name, [values.length], values));
    return name;
  }

  /** Pads behind that make the planes' extents even, once a window of 2 has passed. */
  pads(): readonly number[] {
    return [0, 0, 1 - ((this.height - 1) % 2 === 0 ? 1 : 0), 1 - ((this.width - 1) % 2 === 0 ? 1 : 0)];
  }

  op(op: string, inputs: readonly string[], attributes: OnnxNode["attributes"] = {}, outputs = 1): string {
    const name = `v${this.nodes.length}`;
    const all = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}_${i}`));
    this.nodes.push({ op, inputs, outputs: all, attributes });
    return name;
  }

  /** A convolution of one cell to so many channels. */
  mix(x: string, from: number, to: number): string {
    return this.op("Conv", [x, this.constant([to, from, 1, 1]), this.constant([to])]);
  }
}

export interface Result {
  readonly value: string;
  readonly channels: number;
}

export interface Case {
  /** Gives the value that the last convolution reads. */
  readonly make: (draft: Draft, x: string) => Result | string;
  readonly operatorSet?: number;
  /** Kinds that stand in the graph besides convolutions; islands only where they are named. */
  readonly kinds?: readonly LayerKind[];
}

/** A network of the case: picture, convolution, the case, convolution to a head of one class. */
export function network(draft: Draft, { make, operatorSet = 17 }: Case): Uint8Array {
  const x = draft.op("Conv", ["picture", draft.constant([draft.channels, 3, 3, 3]), draft.constant([draft.channels])], {
    pads: [1, 1, 1, 1],
  });
  const made = make(draft, x);
  const { value, channels } = typeof made === "string" ? { value: made, channels: draft.channels } : made;
  const last = draft.mix(value, channels, 6);
  return encodeOnnx({
    nodes: draft.nodes,
    constants: draft.constants,
    inputs: [{ name: "picture", shape: [1, 3, draft.height, draft.width] }],
    outputs: [{ name: last }],
    operatorSet,
  });
}

export const heads: NonNullable<OnnxOptions["heads"]> = [
  { kind: "region", classes: 1, anchors: [1, 1], softmax: false },
];

/** @param options how the file is imported; the file itself is given what they say of its picture. */
export async function expectEqual(
  bytes: Uint8Array,
  draft: Draft,
  what: string,
  options: OnnxOptions = {},
): Promise<Graph> {
  const graph = await importOnnx(bytes, { heads, ...options });
  const image = floatTensor([3, draft.height, draft.width], draft.numbers(3 * draft.height * draft.width, 0, 1));
  const original = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const { range = 1, mean = [0, 0, 0], deviation = [1, 1, 1] } = options.picture ?? {};
  const channelOf = (i: number) => Math.floor(i / (draft.height * draft.width));
  const given = image.data.map((value, i) => (range * value - mean[channelOf(i)]) / deviation[channelOf(i)]);
  const feed = new ort.Tensor("float32", given as Float32Array<ArrayBuffer>, [1, ...image.shape]);
  const [expected] = Object.values(await original.run({ picture: feed }));
  const session = await openDnn(graph);
  const [found] = (
    await session.run({
      ...image,
      data: image.data.map((value, i) => value - (graph.preprocessing.mean?.[channelOf(i)] ?? 0)),
    })
  ).values();
  await session.dispose();
  await original.release();
  expect([1, ...found.shape], what).toEqual([...expected.dims]);
  const values = expected.data as Float32Array;
  const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  // float32 sums in another order.
  for (const [i, value] of values.entries())
    expect(Math.abs(found.data[i] - value), `${what} at ${i}`).toBeLessThan(2e-5 * greatest);
  return graph;
}
