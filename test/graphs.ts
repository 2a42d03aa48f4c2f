/** Small networks for tests, seeded: every layer kind of a detector, sizes that are multiples of nothing. */

import { gaussian, type Random, seededRandom } from "../src/core/random.ts";
import { type FloatTensor, floatTensor } from "../src/core/tensor.ts";
import { twoSloped } from "../src/functions/two-sloped.ts";
import type { Graph } from "../src/graph/graph.ts";
import type { ConvolutionLayer, Layer } from "../src/graph/layers.ts";
import { darknetPool, evenWindow } from "../src/graph/windows.ts";

export function randomTensor(shape: readonly number[], random: Random, scale = 1): FloatTensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return floatTensor(
    shape,
    Float32Array.from({ length: size }, () => scale * gaussian(random)),
  );
}

/** A picture: values in [0, 1]. */
export function randomPicture(shape: readonly number[], seed: number): FloatTensor {
  const random = seededRandom(seed);
  return floatTensor(shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, random));
}

export function convolution(
  name: string,
  input: string,
  [outC, inC, kH, kW = kH]: readonly [outC: number, inC: number, kH: number, kW?: number],
  random: Random,
  options: { readonly stride?: number; readonly padding?: number } & Partial<
    Pick<ConvolutionLayer, "groups" | "strides" | "dilations" | "pads">
  > = {},
): ConvolutionLayer {
  const { groups = 1, stride = 1, padding = Math.floor(kH / 2), ...window } = options;
  const fanIn = (inC / groups) * kH * kW;
  const weights = randomTensor([outC, inC / groups, kH, kW], random, Math.sqrt(2 / fanIn));
  return {
    kind: "convolution",
    name,
    inputs: [input],
    weights,
    bias: randomTensor([outC], random, 0.1),
    ...evenWindow(stride, padding),
    ...window,
    groups,
  };
}

function activation(name: string, input: string, slope: number): Layer {
  return { kind: "activation", name, inputs: [input], activation: twoSloped(slope) };
}

export function graphOf(layers: readonly Layer[]): Graph {
  return { layers, preprocessing: { fit: "stretch", filter: "darknet" }, classNames: ["a", "b"], provenance: ["test"] };
}

const head = { kind: "region", classes: 2, anchors: [1, 1], softmax: true } as const;

/** Convolution, leaky, max-pool, twice, and a head: a Tiny YOLO in small. */
export function plainNetwork(seed: number, slope = 0.1): Graph {
  const random = seededRandom(seed);
  return graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 11, 9] },
    convolution("conv0", "input", [6, 3, 3], random),
    activation("act0", "conv0", slope),
    { kind: "maxPool", name: "pool1", inputs: ["act0"], ...darknetPool(2, 2, 1) },
    convolution("conv2", "pool1", [10, 6, 3], random),
    activation("act2", "conv2", slope),
    { kind: "maxPool", name: "pool3", inputs: ["act2"], ...darknetPool(2, 1, 1) },
    convolution("conv4", "pool3", [7, 10, 1], random),
    { ...head, name: "region5", inputs: ["conv4"] },
  ]);
}

/** Residual sum, depthwise and grouped convolutions, linear ones, slices, concatenation, upsampling, two heads. */
export function branchingNetwork(seed: number): Graph {
  const random = seededRandom(seed);
  return graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 13, 10] },
    convolution("conv0", "input", [6, 3, 3], random, { stride: 2 }),
    activation("act0", "conv0", 0.1),
    convolution("expand", "act0", [8, 6, 1], random),
    activation("act1", "expand", 0),
    convolution("depthwise", "act1", [8, 8, 3], random, { groups: 8 }),
    activation("act2", "depthwise", 0.1),
    convolution("project", "act2", [6, 8, 1], random),
    { kind: "sum", name: "sum", inputs: ["project", "act0"] },
    convolution("linear", "sum", [8, 6, 1], random),
    convolution("grouped", "linear", [4, 8, 3], random, { groups: 2, stride: 2 }),
    activation("act3", "grouped", 0.1),
    convolution("head1", "act3", [7, 4, 1], random),
    { ...head, name: "region", inputs: ["head1"] },
    { kind: "upsample", name: "up", inputs: ["act3"], factor: 2 },
    { kind: "slice", name: "part", inputs: ["act2"], start: 3, count: 4 },
    { kind: "maxPool", name: "pool", inputs: ["part"], ...darknetPool(3, 1, 2) },
    { kind: "maxPool", name: "crop", inputs: ["pool"], ...darknetPool(4, 1, 3) },
    convolution("fit", "up", [5, 4, 1], random),
    { kind: "maxPool", name: "wide", inputs: ["crop"], ...darknetPool(2, 2, 1) },
    { kind: "upsample", name: "wide2", inputs: ["wide"], factor: 2 },
    { kind: "concat", name: "concat", inputs: ["fit", "wide2"] },
    convolution("head2", "concat", [7, 9, 1], random),
    { kind: "yolo", name: "yolo", inputs: ["head2"], classes: 2, anchors: [4, 4], scaleXY: 1 },
  ]);
}
