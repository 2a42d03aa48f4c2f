/** Each operator on random shapes: our layers compute what ONNX Runtime makes of the file. */
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { type Random, seededRandom } from "../../core/random.ts";
import { floatTensor } from "../../core/tensor.ts";
import { openDnn } from "../../dnn/dnn-session.ts";
import type { Graph } from "../../graph/graph.ts";
import type { LayerKind } from "../../graph/layers.ts";
import { encodeOnnx, type OnnxNode } from "../../onnx/onnx.ts";
import { float32Tensor, int64Tensor, type OnnxTensor } from "../../onnx/tensors.ts";
import { importOnnx, type OnnxOptions } from "./import-onnx.ts";
import { operators } from "./operators.ts";

/** What a case is made of: nodes are added to a network, between a first convolution, which makes `x`, and a last one. */
class Draft {
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

interface Result {
  readonly value: string;
  readonly channels: number;
}

interface Case {
  /** Gives the value that the last convolution reads. */
  readonly make: (draft: Draft, x: string) => Result | string;
  readonly operatorSet?: number;
  /** Kinds that stand in the graph besides convolutions; islands only where they are named. */
  readonly kinds?: readonly LayerKind[];
}

const both = (draft: Draft) => draft.pick([[], [0.1], [0.1, 0.2]]).length;
const unary = (op: string, attributes: OnnxNode["attributes"] = {}): Case => ({
  make: (draft, x) => draft.op(op, [x], attributes),
  operatorSet: 20,
  kinds: ["activation"],
});

const cases: Readonly<Record<string, Case>> = {
  Conv: {
    make: (draft, x) => {
      const groups = draft.pick([1, 2, draft.channels]);
      const to = groups * draft.integer(1, 3);
      const kernel = [draft.integer(1, 4), draft.integer(1, 4)];
      const strides = [draft.integer(1, 2), draft.integer(1, 2)];
      const weights = draft.constant([to, draft.channels / groups, ...kernel]);
      const pads = draft.pick<OnnxNode["attributes"]>([
        {},
        { pads: [0, 1, 2, 1] },
        { auto_pad: "SAME_UPPER" },
        { auto_pad: "SAME_LOWER" },
        { auto_pad: "VALID" },
      ]);
      const dilations = "auto_pad" in (pads ?? {}) ? [1, 1] : [draft.integer(1, 2), draft.integer(1, 2)];
      const inputs = [x, weights, ...(both(draft) ? [draft.constant([to])] : [])];
      return { value: draft.op("Conv", inputs, { group: groups, strides, dilations, ...pads }), channels: to };
    },
  },
  "Conv with weights in a Constant node, quantized": {
    make: (draft, x) => {
      const bytes = Int8Array.from(draft.numbers(3 * draft.channels, -100, 100));
      const tensor = {
        name: "w",
        dtype: "int8",
        shape: [3, draft.channels, 1, 1],
        bytes: new Uint8Array(bytes.buffer),
      } as const;
      const weights = draft.op("Constant", [], { value: { tensor } });
      const scale = draft.op("Constant", [], { value: { tensor: float32Tensor("s", [], [0.02]) } });
      return { value: draft.op("Conv", [x, draft.op("DequantizeLinear", [weights, scale])]), channels: 3 };
    },
  },
  BatchNormalization: {
    make: (draft, x) => {
      const ofChannels = (from: number, to: number) =>
        draft.constant([draft.channels], draft.numbers(draft.channels, from, to));
      const parameters = [ofChannels(-1, 1), ofChannels(-1, 1), ofChannels(-1, 1), ofChannels(0.1, 2)];
      const input = draft.pick([x, draft.op("Relu", [x])]);
      return draft.op("BatchNormalization", [input, ...parameters], { epsilon: { float: 0.001 } });
    },
  },
  Relu: unary("Relu"),
  LeakyRelu: unary("LeakyRelu", { alpha: { float: 0.2 } }),
  Sigmoid: unary("Sigmoid"),
  Tanh: unary("Tanh"),
  Elu: unary("Elu", { alpha: { float: 1 } }),
  HardSigmoid: unary("HardSigmoid"),
  HardSwish: unary("HardSwish"),
  Mish: unary("Mish"),
  Gelu: unary("Gelu"),
  PRelu: {
    make: (draft, x) => {
      const count = draft.pick([1, draft.channels]);
      return draft.op("PRelu", [x, draft.constant([count, 1, 1], draft.numbers(count, 0.05, 0.9))]);
    },
    kinds: ["activation"],
  },
  Clip: {
    make: (draft, x) => draft.op("Clip", [x, draft.constant([], [0]), draft.constant([], [0.6])]),
    kinds: ["activation"],
  },
  "Clip of old": {
    make: (draft, x) => draft.op("Clip", [x], { min: { float: 0 }, max: { float: 0.5 } }),
    operatorSet: 9,
    kinds: ["activation"],
  },
  "x·σ(x)": {
    make: (draft, x) =>
      draft.op(
        "Mul",
        draft.pick([
          [x, draft.op("Sigmoid", [x])],
          [draft.op("Sigmoid", [x]), x],
        ]),
      ),
    kinds: ["activation"],
  },
  "x·tanh(softplus(x))": {
    make: (draft, x) => draft.op("Mul", [x, draft.op("Tanh", [draft.op("Softplus", [x])])]),
    kinds: ["activation"],
  },
  "x·clip(x + 3)/6": {
    make: (draft, x) => {
      const sum = draft.op("Add", [x, draft.constant([1], [3])]);
      const gate = draft.op("Clip", [sum, draft.constant([], [0]), draft.constant([], [6])]);
      const six = draft.constant([1], [6]);
      const sixth = draft.constant([1], [1 / 6]);
      return draft.pick([
        () => draft.op("Div", [draft.op("Mul", [x, gate]), six]),
        () => draft.op("Mul", [x, draft.op("Div", [gate, six])]),
        () => draft.op("Mul", [draft.op("Mul", [gate, sixth]), x]),
        () => draft.op("Div", [gate, six]),
      ])();
    },
    kinds: ["activation"],
  },
  "x·(1 + erf(x/√2))/2": {
    make: (draft, x) => {
      const half = draft.constant([], [0.5]);
      const erf = draft.op("Erf", [draft.op("Div", [x, draft.constant([], [Math.SQRT2])])]);
      const sum = draft.op("Add", [erf, draft.constant([], [1])]);
      return draft.pick([
        () => draft.op("Mul", [draft.op("Mul", [x, sum]), half]),
        () => draft.op("Mul", [draft.op("Mul", [x, half]), sum]),
      ])();
    },
    kinds: ["activation"],
  },
  MaxPool: {
    make: (draft, x) => {
      const window = {
        kernel_shape: [draft.integer(2, 5), draft.integer(2, 5)],
        strides: [draft.integer(1, 3), draft.integer(1, 3)],
      };
      const more = draft.pick<OnnxNode["attributes"]>([
        {},
        { ceil_mode: 1 },
        { pads: [1, 0, 1, 1] },
        { pads: [1, 1, 0, 0], ceil_mode: 1 },
        { auto_pad: "SAME_UPPER" },
      ]);
      return draft.op("MaxPool", [x], { ...window, ...more });
    },
    kinds: ["maxPool"],
  },
  AveragePool: {
    make: (draft, x) => {
      const window = { kernel_shape: [3, draft.integer(2, 4)], strides: [draft.integer(1, 3), draft.integer(1, 3)] };
      const more = draft.pick<OnnxNode["attributes"]>([
        {},
        { ceil_mode: 1 },
        { pads: [1, 1, 1, 1] },
        { pads: [1, 1, 1, 1], count_include_pad: 1 },
      ]);
      return draft.op("AveragePool", [x], { ...window, ...more });
    },
    kinds: ["averagePool"],
  },
  "squeeze and excitation": {
    make: (draft, x) => {
      const mean = draft.pick([
        () => draft.op("GlobalAveragePool", [x]),
        () => draft.op("ReduceMean", [x], { axes: [2, 3], keepdims: 1 }),
        () => draft.op("ReduceMean", [x], { axes: [-1, -2], keepdims: 1 }),
      ])();
      const gate = draft.op("Sigmoid", [draft.mix(mean, draft.channels, draft.channels)]);
      return draft.op(
        "Mul",
        draft.pick([
          [x, gate],
          [gate, x],
        ]),
      );
    },
    kinds: ["averagePool", "activation", "island"],
  },
  "dense layers": {
    make: (draft, x) => {
      const flat = draft.pick([
        () => draft.op("Flatten", [draft.op("GlobalAveragePool", [x])]),
        () => draft.op("Reshape", [draft.op("GlobalAveragePool", [x]), draft.whole(1, -1)]),
        () => draft.op("ReduceMean", [x], { axes: [2, 3], keepdims: 0 }),
        () => draft.op("Squeeze", [draft.op("GlobalAveragePool", [x]), draft.whole(2, 3)]),
      ])();
      const first = draft.op("Gemm", [flat, draft.constant([4, draft.channels]), draft.constant([4])], {
        transB: 1,
        alpha: { float: 0.5 },
      });
      const second = draft.op("Add", [
        draft.op("MatMul", [draft.op("Relu", [first]), draft.constant([4, 5])]),
        draft.constant([5]),
      ]);
      const third = draft.op("Gemm", [second, draft.constant([5, 3])]);
      return { value: draft.op("Reshape", [third, draft.whole(1, 3, 1, 1)]), channels: 3 };
    },
    kinds: ["averagePool", "activation"],
  },
  "products and sums of signals": {
    make: (draft, x) => {
      const [a, b] = [draft.op("Relu", [x]), draft.mix(x, draft.channels, draft.channels)];
      return draft.op("Sub", [draft.op("Sum", [draft.op("Mul", [a, b]), x, draft.op("Add", [a, x])]), b]);
    },
    kinds: ["activation", "island", "sum"],
  },
  "products and sums with constants": {
    make: (draft, x) => {
      const value = draft.pick([x, draft.op("Relu", [x])]);
      const constant = () => {
        const shape = draft.pick([[], [1], [draft.channels, 1, 1], [1, draft.channels, 1, 1], [1, 1, 1, 1]]);
        const count = shape.reduce((a, b) => a * b, 1);
        return draft.constant(shape, draft.numbers(count, 0.5, 2));
      };
      const sum = draft.op(
        "Add",
        draft.pick([
          [value, constant()],
          [constant(), value],
        ]),
      );
      const product = draft.op(
        "Mul",
        draft.pick([
          [sum, constant()],
          [constant(), sum],
        ]),
      );
      const difference = draft.op(
        "Sub",
        draft.pick([
          [product, constant()],
          [constant(), product],
        ]),
      );
      const quotient = draft.op("Div", [difference, constant()]);
      // Read twice: what became of it before must not change.
      return draft.op("Add", [quotient, draft.op("Mul", [product, constant()])]);
    },
  },
  Resize: {
    make: (draft, x) => {
      const factor = draft.integer(1, 3);
      const mode = draft.pick<OnnxNode["attributes"]>([
        { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
        { coordinate_transformation_mode: "half_pixel", nearest_mode: "round_prefer_floor" },
        { coordinate_transformation_mode: "half_pixel" },
        { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
      ]);
      const how = { mode: "nearest", ...mode };
      if (draft.pick([true, false]))
        return draft.op("Resize", [x, "", draft.constant([4], [1, 1, factor, factor])], how);
      const sizes = draft.whole(1, draft.channels, draft.height * factor, draft.width * factor);
      return draft.op("Resize", [x, "", "", sizes], how);
    },
  },
  Upsample: {
    make: (draft, x) => draft.op("Upsample", [x, draft.constant([4], [1, 1, 2, 2])], { mode: "nearest" }),
    operatorSet: 9,
    kinds: ["upsample"],
  },
  "Concat, Split, Slice and Gather of channels": {
    make: (draft, x) => {
      const half = draft.channels / 2;
      const first = draft.op("Split", [x, draft.whole(half, half)], { axis: 1 }, 2);
      const odd = draft.op("Slice", [x, draft.whole(1), draft.whole(2 ** 31), draft.whole(1), draft.whole(2)]);
      const last = draft.op("Slice", [x, draft.whole(-1), draft.whole(2 ** 31), draft.whole(-3)]);
      const back = draft.op(
        "Gather",
        [x, draft.whole(...Array.from({ length: draft.channels }, (_, i) => draft.channels - 1 - i))],
        { axis: 1 },
      );
      const joined = draft.op("Concat", [`${first}_1`, odd, draft.op("Relu", [last]), back, first], { axis: 1 });
      return { value: joined, channels: 3 * half + 1 + draft.channels };
    },
  },
  "a channel shuffle": {
    make: (draft, x) => {
      const { channels, height, width } = draft;
      const apart = draft.op("Reshape", [x, draft.whole(1, 2, channels / 2, height, width)]);
      const turned = draft.op("Transpose", [apart], { perm: [0, 2, 1, 3, 4] });
      const shuffled = draft.op("Reshape", [turned, draft.whole(1, channels, height, width)]);
      // By whom it is read: any order, its own order, each channel by itself.
      const weights = draft.constant([channels, 1, 2, 2]);
      const depthwise = draft.op("Conv", [shuffled, weights, draft.constant([channels])], {
        group: channels,
        auto_pad: "SAME_UPPER",
      });
      return draft.op("Add", [draft.op("Relu", [shuffled]), depthwise]);
    },
  },
  "space to depth and back to a convolution": {
    make: (draft, x) => {
      const even = draft.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [1, 1], pads: draft.pads() });
      const deep = draft.op("SpaceToDepth", [even], { blocksize: 2 });
      const kernel = draft.constant([4, 4 * draft.channels, 3, 3]);
      const d = draft.integer(1, 2);
      const merged = draft.op("Conv", [deep, kernel], { pads: [d, d, d, d], dilations: [d, d] });
      const joined = draft.op("Concat", [merged, draft.op("Relu", [deep])], { axis: 1 });
      return { value: joined, channels: 4 + 4 * draft.channels };
    },
  },
  Pad: {
    make: (draft, x) => {
      const pads = draft.whole(0, 0, 1, 0, 0, 0, 2, 1);
      return draft.op("Pad", [x, pads, draft.constant([], [0])]);
    },
  },
  "Identity, Dropout, Cast": {
    make: (draft, x) => draft.op("Cast", [draft.op("Dropout", [draft.op("Identity", [x])])], { to: 1 }),
  },
  "an island of a transposed convolution": {
    make: (draft, x) => {
      const weights = draft.constant([draft.channels, 3, 2, 2]);
      return { value: draft.op("ConvTranspose", [x, weights], { strides: [2, 2] }), channels: 3 };
    },
    kinds: ["island"],
  },
  "an island of bilinear enlargement": {
    make: (draft, x) => draft.op("Resize", [x, "", draft.constant([4], [1, 1, 2, 2])], { mode: "linear" }),
    kinds: ["island"],
  },
  "an island of attention": {
    make: (draft, x) => {
      const { channels, height, width } = draft;
      const cells = draft.op("Reshape", [x, draft.whole(1, channels, height * width)]);
      const products = draft.op("MatMul", [draft.op("Transpose", [cells], { perm: [0, 2, 1] }), cells]);
      const weights = draft.op("Softmax", [products], { axis: 2 });
      const mixed = draft.op("MatMul", [cells, weights]);
      return draft.op("Add", [x, draft.op("Reshape", [mixed, draft.whole(1, channels, height, width)])]);
    },
    kinds: ["island", "sum"],
  },
};

/** A network of the case: picture, convolution, the case, convolution to a head of one class. */
function network(draft: Draft, { make, operatorSet = 17 }: Case): Uint8Array {
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

const heads: NonNullable<OnnxOptions["heads"]> = [{ kind: "region", classes: 1, anchors: [1, 1], softmax: false }];

async function expectEqual(bytes: Uint8Array, draft: Draft, what: string): Promise<Graph> {
  const graph = await importOnnx(bytes, { heads });
  const image = floatTensor([3, draft.height, draft.width], draft.numbers(3 * draft.height * draft.width, 0, 1));
  const original = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const feed = new ort.Tensor("float32", image.data as Float32Array<ArrayBuffer>, [1, ...image.shape]);
  const [expected] = Object.values(await original.run({ picture: feed }));
  const session = await openDnn(graph);
  const [found] = (
    await session.run({ ...image, data: image.data.map((value, i) => value - meanAt(graph, i, draft)) })
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

function meanAt({ preprocessing }: Graph, i: number, { height, width }: Draft): number {
  return preprocessing.mean?.[Math.floor(i / (height * width))] ?? 0;
}

test.each(Object.entries(cases))("%s", async (name, given) => {
  for (let seed = 1; seed <= 10; seed++) {
    const draft = new Draft(seededRandom(seed));
    const graph = await expectEqual(network(draft, given), draft, `${name}, seed ${seed}`);
    const kinds = new Set(graph.layers.map(({ kind }) => kind));
    for (const kind of given.kinds ?? []) expect(kinds, `seed ${seed}`).toContain(kind);
    if (!given.kinds?.includes("island")) expect(kinds).not.toContain("island");
  }
});

test("every operator that becomes a layer is in a case", async () => {
  const seen = new Set<string>();
  for (const given of Object.values(cases)) {
    for (let seed = 1; seed <= 10; seed++) {
      const draft = new Draft(seededRandom(seed));
      network(draft, given);
      for (const { op } of draft.nodes) seen.add(op);
    }
  }
  // Only the newest operator set has it, which ONNX Runtime here does not run; x·σ(x) stands for it.
  const missing = [...operators.keys()].filter((op) => !seen.has(op) && op !== "Swish" && op !== "Unsqueeze");
  expect(missing).toEqual([]);
});

/** What stands before the first convolution, on the picture itself. */
const onPicture: Readonly<Record<string, (draft: Draft, x: string) => Result>> = {
  "mean and deviation": (draft, x) => {
    const mean = draft.constant([1, 3, 1, 1], draft.numbers(3, 0.2, 0.6));
    const difference = draft.op("Sub", [x, mean]);
    return { value: draft.op("Div", [difference, draft.constant([3, 1, 1], draft.numbers(3, 0.2, 0.3))]), channels: 3 };
  },
  "another range, then a mean": (draft, x) => {
    const bytes = draft.op("Mul", [x, draft.constant([], [255])]);
    return { value: draft.op("Add", [bytes, draft.constant([1, 3, 1, 1], [-103, -116, -123])]), channels: 3 };
  },
  "channels turned round": (draft, x) => ({
    value: draft.op("Gather", [x, draft.whole(2, 1, 0)], { axis: 1 }),
    channels: 3,
  }),
  "Focus, as YOLOX and YOLOv5 have it": (draft, x) => {
    const cut = (value: string, axis: number, start: number) =>
      draft.op("Slice", [value, draft.whole(start), draft.whole(2 ** 40), draft.whole(axis), draft.whole(2)]);
    const parts = draft
      .pick([
        [0, 1, 2, 3],
        [0, 2, 1, 3],
      ])
      .map((i) => cut(cut(x, 2, i % 2), 3, Math.floor(i / 2)));
    return { value: draft.op("Concat", parts, { axis: 1 }), channels: 12 };
  },
};

test.each(Object.entries(onPicture))("before the first convolution: %s", async (name, make) => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = new Draft(seededRandom(seed));
    const draft = Object.assign(random, { height: 12, width: 10 });
    const { value, channels } = make(draft, "picture");
    const kernel = draft.integer(1, 4);
    const convolution = draft.op("Conv", [value, draft.constant([4, channels, kernel, kernel])], {
      pads: [1, 0, draft.integer(0, 2), 1],
      strides: [draft.integer(1, 2), draft.integer(1, 2)],
    });
    const last = draft.mix(convolution, 4, 6);
    const bytes = encodeOnnx({
      nodes: draft.nodes,
      constants: draft.constants,
      inputs: [{ name: "picture", shape: [1, 3, 12, 10] }],
      outputs: [{ name: last }],
    });
    const graph = await expectEqual(bytes, draft, `${name}, seed ${seed}`);
    // All of it is in the weights and in what is taken off the picture.
    expect(graph.layers.map(({ kind }) => kind)).toEqual(["input", "convolution", "convolution", "region"]);
  }
});

test("channels last, as TensorFlow's exports have them, and constants among the inputs", async () => {
  const draft = new Draft(seededRandom(1));
  const turned = draft.op("Transpose", ["picture"], { perm: [0, 3, 1, 2] });
  const last = draft.mix(turned, 3, 6);
  const bytes = encodeOnnx({
    nodes: draft.nodes,
    constants: draft.constants,
    inputs: [
      { name: "picture", shape: [1, draft.height, draft.width, 3] },
      ...draft.constants.map(({ name, shape }) => ({ name, shape })),
    ],
    outputs: [{ name: last }],
  });
  const graph = await importOnnx(bytes, { heads });
  expect(graph.layers.map(({ kind }) => kind)).toEqual(["input", "convolution", "region"]);
  expect(graph.layers[0]).toMatchObject({ shape: [3, draft.height, draft.width] });
});

test("an open size has to be given, and open extents become numbers", async () => {
  const draft = new Draft(seededRandom(1));
  const x = draft.mix("picture", 3, draft.channels);
  const shape = draft.op("Shape", [x]);
  const doubled = draft.op("Mul", [draft.op("Slice", [shape, draft.whole(2), draft.whole(4)]), draft.whole(2)]);
  const sizes = draft.op("Concat", [draft.op("Slice", [shape, draft.whole(0), draft.whole(2)]), doubled], { axis: 0 });
  const large = draft.op("Resize", [x, "", "", sizes], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
  const last = draft.mix(large, draft.channels, 6);
  const bytes = encodeOnnx({
    nodes: draft.nodes,
    constants: draft.constants,
    inputs: [{ name: "picture", shape: ["batch", 3, "height", "width"] }],
    outputs: [{ name: last }],
  });
  await expect(importOnnx(bytes, { heads })).rejects.toThrow(/leaves the size .* open.*--size/);
  const graph = await importOnnx(bytes, { heads, size: [24, 32] });
  expect(graph.layers.map(({ kind }) => kind)).toEqual(["input", "convolution", "upsample", "convolution", "region"]);
  expect(graph.layers[0]).toMatchObject({ shape: [3, 24, 32] });
});
