/** Writes the weights of what a population integrates: rows of convolutions of spikes, and of the picture. */
import type { ConvolutionLayer } from "../../../graph/layers.ts";
import { scaleOf } from "../../plan/bounds.ts";
import { gathers, roundUp, type TermDecision } from "../../plan/decisions.ts";
import type { Network, Signal, Term } from "../../plan/network.ts";
import { fanOutOf, reach } from "../../plan/reach.ts";
import type { SquareConvolution } from "../../plan/square.ts";
import { weightFacts } from "../../plan/weight-facts.ts";
import { stageKind } from "./kernel-records.ts";
import type { Layout, PictureLayout, PopulationLayout, TermLayout } from "./layout.ts";
import { convolutionFacts } from "./layout-population.ts";
import type { Views } from "./memory.ts";
import { isDense } from "./passing-areas.ts";
import { spreads, termKernels, writeRecord } from "./records.ts";

/** Numbers of the bits that are set, of eight. */
export function lanesOf(bits: number): number[] {
  return [0, 1, 2, 3, 4, 5, 6, 7].filter((lane) => bits & (1 << lane));
}

/** How many channels a block and a position's state have. */
interface BlockShape {
  readonly block: number;
  readonly stateStride: number;
}

export function loadTerm(
  term: Term,
  decision: TermDecision,
  place: TermLayout,
  { block, stateStride }: BlockShape,
  layout: Layout,
  views: Views,
  counter: number,
): void {
  const { words } = views;
  const { gather, groups, budget } = decision;
  const { rows, isSplit, isPaired } = gathers[gather];
  const { size, stride, inPerGroup } = convolutionFacts(term, gather, groups);
  const isConvolution = term.kind === "convolution";
  const scale = term.kind === "scale" ? scaleOf(term.layer, term.branch) : null;
  const padding = isConvolution ? term.layer.padding : 0;
  const [outC] = term.output;
  const isProduct = term.kind === "product";
  const shift = term.kind !== "scale" || scale ? (term.layer.shift ?? 0) : 0;
  writeRecord(words, place.record, "term", {
    ...place,
    kernel: termKernels[rows],
    groups,
    budget,
    isSplit: isSplit ? 1 : 0,
    isPaired: isPaired ? 1 : 0,
    frame: layout.frames.get(term.input)!.record,
    size,
    stride,
    padding,
    inPerGroup,
    outPerGroup: outC / groups,
    fanOut: fanOutOf(term),
    shift,
    counter,
    spread: isProduct ? spreads[term.spread] : 0,
    other: isProduct ? layout.frames.get(term.other)!.record : 0,
    otherSpread: isProduct ? spreads[term.otherSpread] : 0,
    isSecond: isProduct && term.isSecond ? 1 : 0,
  });
  for (let bits = 0; bits < (place.offsets ? 256 : 0); bits++) {
    const offsets = lanesOf(bits).map((lane) => lane * place.rowBytes);
    words.set(offsets, place.offsets / 4 + 8 * bits);
  }
  words.set(reach(term, 1), place.reachX / 4);
  words.set(reach(term, 0), place.reachY / 4);
  if (isDense(gather)) {
    const area = size * size;
    for (let c = 0; c < outC; c++) {
      for (let k = 0; k < area; k++) {
        const weight = isConvolution
          ? term.layer.weights.data[c * area + k]
          : ((isProduct ? term.layer.factors : scale)?.data[c] ?? 1);
        views.shorts[place.weights / 2 + k * stateStride + c] = weight;
      }
    }
  } else if (isConvolution) loadRows(term.layer, decision, place, block, term.input.shape[0], views);
}

/** Where channel c of a block has its byte, and what is added to it: see kernels/gather/bytes.ts. */
function byteOf(c: number, block: number): { readonly at: number; readonly bias: number } {
  const first = c - (c % 16);
  if (first + 16 > block) return { at: c, bias: 0 };
  return c % 16 < 8 ? { at: first + 2 * (c % 8), bias: 128 } : { at: first + 2 * (c % 8) + 1, bias: 0 };
}

/**
 * Weights [outC, inC / groups, k, k] as rows: [block][k][k][sign][input channel][channel of the block]; where two outputs are
 * worked on as one, [k][k + stride] and [output][channel of the block].
 */
function loadRows(
  layer: SquareConvolution,
  { gather, groups }: TermDecision,
  place: TermLayout,
  block: number,
  inC: number,
  views: Views,
): void {
  const [outC, inPerGroup, size] = layer.weights.shape;
  const { data } = layer.weights;
  const outPerGroup = outC / layer.groups;
  const facts = gathers[gather];
  const isInt8 = facts.rows === "int8";
  const signs = facts.rows === "wide" || facts.isSplit ? 1 : 2;
  const rows = isInt8 ? views.bytes : views.shorts;
  const start = place.weights / (isInt8 ? 1 : 2);
  const blockLength = place.blockBytes / (isInt8 ? 1 : 2);
  const outputs = facts.isPaired ? 2 : 1;
  const rowLength = outputs * block;
  const columns = size + (outputs - 1) * layer.stride;
  // A grouped convolution that is run as a whole one has rows for all channels; those of other groups stay 0.
  const isExpanded = layer.groups > 1 && groups === 1;
  const rowsPerTap = isExpanded ? inC : inPerGroup;
  const channels = Array.from({ length: block }, (_, c) => (isInt8 ? byteOf(c, block) : { at: c, bias: 0 }));
  if (isInt8) {
    // Weights of 0: where a block has channels that the layer has not, of other groups, and outside of one output's kernel.
    const none = new Int8Array(block);
    for (const { at, bias } of channels) none[at] = bias;
    const end = start + blockLength * Math.ceil(outC / block);
    for (let at = start; at < end; at += block) rows.set(none, at);
  }
  const area = size * size;
  const taps = Array.from({ length: area }, (_, k) => Math.floor(k / size) * columns + (k % size));
  const negated = rowsPerTap * rowLength;
  for (let out = 0; out < outC; out++) {
    const { at: byte, bias } = channels[out % block];
    const at = start + Math.floor(out / block) * blockLength + byte;
    const firstIn = isExpanded ? Math.floor(out / outPerGroup) * inPerGroup : 0;
    for (let output = 0; output < outputs; output++) {
      for (const [k, tap] of taps.entries()) {
        let to = at + ((tap + output * layer.stride) * signs * rowsPerTap + firstIn) * rowLength + output * block;
        for (let from = out * inPerGroup * area + k, end = from + inPerGroup * area; from < end; from += area) {
          const weight = data[from];
          rows[to] = weight + bias;
          if (signs === 2) rows[to + negated] = bias - weight;
          to += rowLength;
        }
      }
    }
  }
}

/** Two int16 in a word, the first in the lower half. */
function pairOf(low: number, high: number): number {
  return (low & 0xffff) | (high << 16);
}

/**
 * Whether 4·W is an int16, and any sum of weights times pixels (at most 2^16) an int32, with half a unit to round by where the current
 * comes at every step.
 */
export function hasSmallWeights({ weights, shift }: ConvolutionLayer, { frameUnits }: Network): boolean {
  if (shift === undefined || (frameUnits === undefined && shift > 15)) return false;
  const { sums, greatest } = weightFacts(weights);
  return greatest <= 8191 && sums.every((sum) => sum <= 32_000);
}

export function loadPicture(
  layer: SquareConvolution,
  place: PictureLayout & { readonly adds: number },
  { constant, stateStride }: Pick<PopulationLayout, "constant" | "stateStride">,
  { shape: [outC, outHeight, outWidth] }: Signal,
  layout: Layout,
  { words, doubles }: Views,
  network: Network,
): void {
  const { input, frameUnits } = network;
  const [channels, height, width] = input.shape;
  const [, inPerGroup, size] = layer.weights.shape;
  const outChannels = roundUp(outC, 16);
  const outPerGroup = outC / layer.groups;
  const area = size * size;
  const isSmall = hasSmallWeights(layer, network);
  for (let out = 0; out < outC; out++) {
    const firstIn = Math.floor(out / outPerGroup) * inPerGroup;
    for (let c = 0; c < inPerGroup; c++) {
      for (let k = 0; k < area; k++) {
        const weight = layer.weights.data[(out * inPerGroup + c) * area + k];
        const at = (k * channels + firstIn + c) * outChannels + out;
        if (isSmall) words[place.weights / 4 + at] = pairOf(4 * weight, weight);
        else doubles[place.weights / 8 + at] = weight;
      }
    }
  }
  writeRecord(words, place.record, "picture", {
    kind: stageKind.picture,
    isSmall: isSmall ? 1 : 0,
    pixels: isSmall ? layout.pairs : layout.pixels,
    channels,
    height,
    width,
    size,
    stride: layer.stride,
    padding: layer.padding,
    weights: place.weights,
    outChannels,
    outHeight,
    outWidth,
    shift: layer.shift ?? 0,
    units: frameUnits ?? 1,
    current: constant,
    currentStride: stateStride,
    adds: place.adds,
  });
}
