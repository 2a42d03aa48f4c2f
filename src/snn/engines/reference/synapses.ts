/** Currents: what arrives at neurons when spikes [C, H, W] pass through a convolution or into a sum. */
import { sizeOf } from "../../../core/tensor.ts";
import type { Shape } from "../../../graph/layer-kinds.ts";
import { type ConvolutionLayer, type ProductLayer, type SumLayer, windowOf } from "../../../graph/layers.ts";
import { pixelCurrent } from "../../input-coding.ts";
import type { Frame } from "./frames.ts";

export interface Synapses {
  /** Σ w·s for every output neuron [C, H, W], without bias and shift; each spike goes to every synapse that it reaches. */
  accumulate(spikes: Frame): Frame;
  /** Accumulates so far: |s| for every synapse reached. */
  synOps(): number;
}

/**
 * The synapses of a convolution. Work is done in [H, W, C] order, where the outputs that one spike reaches lie side by
 * side; that is all the optimization here.
 */
export function convolutionSynapses(layer: ConvolutionLayer, input: Shape, output: Shape): Synapses {
  const { groups } = layer;
  const { size, strides, dilations, pads } = windowOf(layer);
  const [inC, inH, inW] = input;
  const [outC, outH, outW] = output;
  const inPerGroup = inC / groups;
  const outPerGroup = outC / groups;
  const byInput = weightsByInput(layer, inC);
  let synOps = 0;

  const accumulate = (spikes: Frame): Frame => {
    const currents = new Float64Array(outH * outW * outC);
    for (let c = 0; c < inC; c++) {
      const firstOut = Math.floor(c / inPerGroup) * outPerGroup;
      for (let y = 0; y < inH; y++) {
        for (let x = 0; x < inW; x++) {
          const spike = spikes[(c * inH + y) * inW + x];
          if (spike === 0) continue;
          for (let ky = 0; ky < size[0]; ky++) {
            const outY = (y + pads[0] - ky * dilations[0]) / strides[0];
            if (!Number.isInteger(outY) || outY < 0 || outY >= outH) continue;
            for (let kx = 0; kx < size[1]; kx++) {
              const outX = (x + pads[1] - kx * dilations[1]) / strides[1];
              if (!Number.isInteger(outX) || outX < 0 || outX >= outW) continue;
              const to = (outY * outW + outX) * outC + firstOut;
              const from = ((c * size[0] + ky) * size[1] + kx) * outPerGroup;
              for (let o = 0; o < outPerGroup; o++) currents[to + o] += byInput[from + o] * spike;
              synOps += Math.abs(spike) * outPerGroup;
            }
          }
        }
      }
    }
    return toPlanes(currents, output);
  };
  return { accumulate, synOps: () => synOps };
}

/** Weights [outC, inC / groups, kH, kW] as [inC, kH, kW, outC / groups]. */
function weightsByInput({ weights, groups }: ConvolutionLayer, inC: number): Float64Array {
  const [outC, inPerGroup, height, width] = weights.shape;
  const outPerGroup = outC / groups;
  const area = height * width;
  const out = new Float64Array(weights.data.length);
  for (let c = 0; c < inC; c++) {
    const firstOut = Math.floor(c / inPerGroup) * outPerGroup;
    for (let k = 0; k < area; k++) {
      for (let o = 0; o < outPerGroup; o++) {
        out[(c * area + k) * outPerGroup + o] =
          weights.data[((firstOut + o) * inPerGroup + (c % inPerGroup)) * area + k];
      }
    }
  }
  return out;
}

function toPlanes(values: Frame, [channels, height, width]: Shape): Frame {
  const area = height * width;
  const planes = new Float64Array(values.length);
  for (let i = 0; i < area; i++) for (let c = 0; c < channels; c++) planes[c * area + i] = values[i * channels + c];
  return planes;
}

/** Sums to currents: (Σ w·s)·2^shift, and the bias where it is part of every step. */
export function toCurrents(sums: Frame, layer: ConvolutionLayer, [, height, width]: Shape, isBiased: boolean): Frame {
  const area = height * width;
  const factor = 2 ** (layer.shift ?? 0);
  return sums.map((sum, i) => sum * factor + (isBiased ? (layer.bias?.data[Math.floor(i / area)] ?? 0) : 0));
}

/**
 * The constant current of a convolution that reads the picture, and its bias: pixels as they are, or as 16-bit fractions.
 * @param units that the picture counts for: 1 for a step's current, all of a frame's where it comes at once.
 */
export function pictureCurrents(sums: Frame, layer: ConvolutionLayer, shape: Shape, units: number): Frame {
  const { shift } = layer;
  const area = shape[1] * shape[2];
  return sums.map((sum, i) => {
    const current = shift === undefined ? sum * units : pixelCurrent(sum * units, shift);
    return current + (layer.bias?.data[Math.floor(i / area)] ?? 0);
  });
}

/** The synapses of a sum: currents are added as they are, spikes with their channel's scale. */
export function sumSynapses(
  layer: SumLayer,
  [channels, height, width]: Shape,
): { add(inputs: readonly Frame[]): Frame; synOps(): number } {
  const area = height * width;
  const factor = 2 ** (layer.shift ?? 0);
  let synOps = 0;
  const add = (inputs: readonly Frame[]): Frame => {
    const total = new Float64Array(channels * area);
    for (const [i, input] of inputs.entries()) {
      const scale = layer.scales?.[i];
      for (let j = 0; j < total.length; j++) {
        if (!scale) total[j] += input[j];
        else if (input[j] !== 0) {
          total[j] += input[j] * scale.data[Math.floor(j / area)] * factor;
          synOps += Math.abs(input[j]);
        }
      }
    }
    return total;
  };
  return { add, synOps: () => synOps };
}

/**
 * What two signals' product changes by, in units of the step's weight w: with counts n before and n' = n + w·s after a step,
 * (n'_a·n'_b − n_a·n_b)/w = s_a·n'_b + n_a·s_b. So each spike adds the other factor's count, and multiplies nothing.
 *
 * @param second shape of the second factor: the product's, or one value a channel or a position.
 * @param remembered counts are kept from frame to frame where others are.
 */
export function productSynapses(
  layer: ProductLayer,
  [channels, height, width]: Shape,
  second: Shape,
  remembered: <T>(name: string, make: () => T) => T,
): { multiply(a: Frame, b: Frame, weight: number): Frame; synOps(): number } {
  const area = height * width;
  const factor = 2 ** (layer.shift ?? 0);
  const [countsA, countsB] = remembered(layer.name, () => [
    new Float64Array(channels * area),
    new Float64Array(sizeOf(second)),
  ]);
  const isOfChannels = second[1] * second[2] === 1 && area > 1;
  const otherOf = (i: number) => (isOfChannels ? Math.floor(i / area) : second[0] === 1 ? i % area : i);
  let synOps = 0;
  const multiply = (a: Frame, b: Frame, weight: number): Frame => {
    for (const [j, spike] of b.entries()) countsB[j] += weight * spike;
    return a.map((spike, i) => {
      const j = otherOf(i);
      const change = spike * countsB[j] + countsA[i] * b[j];
      synOps += Math.abs(spike) + Math.abs(b[j]);
      countsA[i] += weight * spike;
      return change * (layer.factors?.data[Math.floor(i / area)] ?? 1) * factor;
    });
  };
  return { multiply, synOps: () => synOps };
}
