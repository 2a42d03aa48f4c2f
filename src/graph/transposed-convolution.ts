/**
 * A transposed convolution as layers that spikes pass through: each input spreads its value times a window of weights over the output,
 * which is a convolution of stride 1 by the window turned round, of the inputs with stride − 1 zeros between them
 * (Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", 2016, section 4).
 */
import { floatTensor } from "../core/tensor.ts";
import type { ConvolutionLayer } from "./layers.ts";
import type { Pads, Pair } from "./windows.ts";

/** As ONNX's `ConvTranspose` gives it. */
export interface TransposedConvolution {
  /** [inC, outC / groups, kH, kW]. */
  readonly shape: readonly [number, number, number, number];
  readonly weights: ArrayLike<number>;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Cells that are cut off at each edge. */
  readonly pads: Pads;
  /** Cells that are added below and to the right. */
  readonly outputPadding: Pair;
  readonly groups: number;
}

export interface SpreadConvolution {
  /** Of the `insertZeros` layer before; 1: there is none. */
  readonly factor: number;
  readonly convolution: Omit<ConvolutionLayer, "name" | "kind" | "inputs" | "bias">;
}

/** @returns in words why no convolution does the same. */
export function spreadConvolution(given: TransposedConvolution): SpreadConvolution | string {
  const { shape, weights, strides, dilations, pads, outputPadding, groups } = given;
  const [factor] = strides;
  if (strides[1] !== factor) return `its strides are ${strides.join(" and ")}`;
  const [inC, outPerGroup, kH, kW] = shape;
  const reach = [(kH - 1) * dilations[0], (kW - 1) * dilations[1]];
  const before = [reach[0] - pads[0], reach[1] - pads[1]];
  // Behind the last value stand factor − 1 zeros already.
  const after = [0, 1].map((axis) => reach[axis] - pads[axis + 2] + outputPadding[axis] - (factor - 1));
  if ([...before, ...after].some((cells) => cells < 0))
    return "it leaves gaps between its windows, or cuts off whole ones";
  const inPerGroup = inC / groups;
  const area = kH * kW;
  const turned = new Float32Array(weights.length);
  for (let i = 0; i < inC; i++) {
    const group = Math.floor(i / inPerGroup);
    for (let o = 0; o < outPerGroup; o++) {
      const from = (i * outPerGroup + o) * area;
      const to = ((group * outPerGroup + o) * inPerGroup + (i % inPerGroup)) * area;
      for (let k = 0; k < area; k++) turned[to + area - 1 - k] = weights[from + k];
    }
  }
  return {
    factor,
    convolution: {
      weights: floatTensor([groups * outPerGroup, inPerGroup, kH, kW], turned),
      strides: [1, 1],
      dilations,
      pads: [before[0], before[1], after[0], after[1]],
      groups,
      ...(factor === 1 ? {} : { insertedZeros: factor }),
    },
  };
}
