/** What shaders read and nothing changes: weights, thresholds, tables. A vector is four words, and everything begins at one. */
import type { Tensor } from "../../../core/tensor.ts";
import type { Population } from "../../../graph/layers.ts";
import { membraneBound } from "../../neuron.ts";
import { integerTargetConstants, tableSteps, targetBits } from "../../neurons/integer-target.ts";
import { neuronParameters } from "../../neurons/threshold-parameters.ts";
import { distanceBeforeFiring } from "../../neurons/tracker.ts";
import { scaleOf } from "../../plan/bounds.ts";
import { isDepthwise } from "../../plan/decisions.ts";
import type { ConvolutionTerm, Network, PopulationStage, ProductTerm, ScaleTerm, Term } from "../../plan/network.ts";
import type { SquareConvolution } from "../../plan/square.ts";
import { weightFacts } from "../../plan/weight-facts.ts";
import type { GatherKind } from "./shaders/gather.ts";

export interface Constants {
  /** Appends words; gives the vector at which they begin. */
  put(words: Int32Array): number;
  /** All of them. */
  words(): Int32Array<ArrayBuffer>;
}

export function constantsWriter(): Constants {
  const parts: Int32Array[] = [];
  let vectors = 0;
  return {
    put(words) {
      const at = vectors;
      parts.push(words);
      vectors += Math.ceil(words.length / 4);
      return at;
    },
    words() {
      const all = new Int32Array(Math.max(4, 4 * vectors));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += 4 * Math.ceil(part.length / 4);
      }
      return all;
    },
  };
}

export function gatherKindOf(term: Term): GatherKind {
  if (term.kind !== "convolution") return term.kind;
  if (isDepthwise(term)) return "depthwise";
  return weightFacts(term.layer.weights).greatest <= 127 ? "int8" : "int16";
}

export interface LoadedWeights {
  readonly weights: number;
  readonly shift: number;
  /** Quads of a group's input and output channels: all, where groups do not end with quads, and weights of 0 stand for what is not connected. */
  readonly inQuads: number;
  readonly outQuads: number;
}

export function loadWeights(term: Term, constants: Constants): LoadedWeights {
  const quads = Math.ceil(term.output[0] / 4);
  if (term.kind === "scale") return { ...loadScale(term, constants), inQuads: 1, outQuads: quads };
  if (term.kind === "product") return { ...loadFactors(term, constants), inQuads: 1, outQuads: quads };
  const { layer, input } = term;
  const shift = layer.shift ?? 0;
  if (isDepthwise(term))
    return { weights: constants.put(byChannel(layer.weights)), shift, inQuads: 1, outQuads: quads };
  const [outC, inPerGroup] = layer.weights.shape;
  const outPerGroup = outC / layer.groups;
  const groups = inPerGroup % 4 === 0 && outPerGroup % 4 === 0 ? layer.groups : 1;
  const inQuads = Math.ceil(input.shape[0] / groups / 4);
  return {
    weights: constants.put(packedWeights(term, groups, inQuads, quads)),
    shift,
    inQuads,
    outQuads: Math.ceil(outC / groups / 4),
  };
}

function loadScale({ layer, branch, output }: ScaleTerm, constants: Constants) {
  const scale = scaleOf(layer, branch);
  const rows = Int32Array.from({ length: output[0] }, (_, c) => scale?.data[c] ?? 1);
  return { weights: constants.put(rows), shift: scale ? (layer.shift ?? 0) : 0 };
}

function loadFactors({ layer: { factors, shift = 0 }, output }: ProductTerm, constants: Constants) {
  const rows = Int32Array.from({ length: output[0] }, (_, c) => factors?.data[c] ?? 1);
  return { weights: constants.put(rows), shift };
}

/** Weights [channels, 1, k, k] as int32 [k][k][channel], whole quads. */
function byChannel({ shape, data }: Tensor): Int32Array {
  const area = shape[2] * shape[3];
  const channels = 4 * Math.ceil(shape[0] / 4);
  const rows = new Int32Array(area * channels);
  for (let c = 0; c < shape[0]; c++) for (let k = 0; k < area; k++) rows[k * channels + c] = data[c * area + k];
  return rows;
}

/** As shaders/gather.ts has it. */
function packedWeights(term: ConvolutionTerm, groups: number, inQuads: number, quads: number): Int32Array {
  const { weights, groups: layerGroups } = term.layer;
  const { data, shape } = weights;
  const [outC, inPerGroup, size] = shape;
  const area = size * size;
  const outPerGroup = outC / layerGroups;
  const isWide = gatherKindOf(term) === "int16";
  const vectors = isWide ? 2 : 1;
  const bytes = new Int8Array(area * inQuads * quads * vectors * 16);
  // What is not connected has weights of 0 = 256·0 − 128 + 128.
  if (isWide) for (let at = 0; at < bytes.length; at += 32) bytes.fill(-128, at, at + 16);
  for (let out = 0, i = 0; out < outC; out++) {
    // Of a convolution that is run as a whole one, channels count through all groups.
    const firstIn = groups === layerGroups ? 0 : Math.floor(out / outPerGroup) * inPerGroup;
    for (let c = 0; c < inPerGroup; c++) {
      const channel = firstIn + c;
      for (let k = 0; k < area; k++, i++) {
        const vector = ((k * inQuads + (channel >> 2)) * quads + (out >> 2)) * vectors;
        const at = 16 * vector + 4 * (out & 3) + (channel & 3);
        if (isWide) {
          bytes[at] = (data[i] & 255) - 128;
          bytes[at + 16] = data[i] >> 8;
        } else bytes[at] = data[i];
      }
    }
  }
  return new Int32Array(bytes.buffer);
}

/** Weights [outC, channels, k, k] of a picture as int32 [k][k][channel][output channel], whole quads. */
export function pictureWeights({ weights, groups }: SquareConvolution, channels: number): Int32Array {
  const { data, shape } = weights;
  const [outC, inPerGroup, size] = shape;
  const area = size * size;
  const outs = 4 * Math.ceil(outC / 4);
  const rows = new Int32Array(area * channels * outs);
  for (let out = 0, i = 0; out < outC; out++) {
    const firstIn = Math.floor(out / (outC / groups)) * inPerGroup;
    for (let c = firstIn; c < firstIn + inPerGroup; c++)
      for (let k = 0; k < area; k++) rows[(k * channels + c) * outs + out] = data[i++];
  }
  return rows;
}

/** Σ of what convolutions add to each channel, whole quads. */
export function biasOf({ signal, terms, pictures }: PopulationStage): Int32Array {
  const bias = new Int32Array(signal.shape[0]);
  for (const layer of [...terms.map((term) => term.layer), ...pictures]) {
    if (layer.kind === "convolution") for (const [c, value] of (layer.bias?.data ?? []).entries()) bias[c] += value;
  }
  return bias;
}

/** A cost that no membrane reaches. */
const never = membraneBound + 1;

/** [log₂ of the weight][quad][what shaders/neurons.ts says][4]. */
export function thresholdRows(layer: Population, phases: number): Int32Array {
  const parameters = neuronParameters(layer);
  const quads = Math.ceil(parameters.length / 4);
  const rows = new Int32Array(phases * quads * 16);
  for (let shift = 0; shift < phases; shift++) {
    for (let c = 0; c < 4 * quads; c++) {
      const { vTh = never, vThNeg = never, fireAt = never, fireAtNeg = never } = parameters[c] ?? {};
      const [up, down] = layer.neuron === "takeback" ? [fireAt, fireAtNeg] : [vTh, vThNeg];
      const [fire, fireNeg, cost, costNeg] = [up, down, vTh, vThNeg].map((value) =>
        Math.min(never, value * 2 ** shift),
      );
      const at = 16 * (shift * quads + (c >> 2)) + (c & 3);
      rows.set([fire - 1], at);
      rows.set([fireNeg - fire], at + 4);
      rows.set([cost], at + 8);
      rows.set([costNeg - cost], at + 12);
    }
  }
  return rows;
}

export function startOf(layer: Population): Int32Array {
  return Int32Array.from(neuronParameters(layer), ({ vStart }) => vStart);
}

export interface LoadedTracker {
  readonly tracking: number;
  readonly distances: number;
  readonly targets: number;
  readonly beforeShift: number;
  readonly behindShift: number;
}

/** Trackers' constants and the table of their function, whose entries are values and the ways to the next. */
export function loadTracker(
  layer: Population,
  { frameUnits = 1, phases }: Network,
  constants: Constants,
): LoadedTracker {
  const { before, greatestCharge, greatestValue, behind, table, beforeShift, behindShift } = integerTargetConstants(
    layer,
    frameUnits,
  );
  const tracking = new Int32Array(16 * Math.ceil(before.length / 4));
  for (const [number, row] of [before, greatestCharge, greatestValue, behind].entries())
    for (const [c, value] of row.entries()) tracking[16 * (c >> 2) + 4 * number + (c & 3)] = value;
  const distances = Int32Array.from(
    { length: phases + 1 },
    (_, shift) => distanceBeforeFiring(layer, 2 ** shift) * 2 ** targetBits,
  );
  const targets = new Int32Array(2 * tableSteps);
  for (let i = 0; i < tableSteps; i++) targets.set([table[i], table[i + 1] - table[i]], 2 * i);
  return {
    tracking: constants.put(tracking),
    distances: constants.put(distances),
    targets: constants.put(targets),
    beforeShift,
    behindShift,
  };
}
