/** Which kernel runs each term, and how many channels of a population are worked on at a time. */

import type { Tensor } from "../../../core/tensor.ts";
import { neuronParameters } from "../../neurons/threshold-parameters.ts";
import type { ConvolutionTerm, PopulationStage, Term } from "./network.ts";
import type { Kernel } from "./records.ts";

export interface TermChoice {
  readonly kernel: Kernel;
  /** Groups that the kernel sees: 1 where a grouped convolution is run as a whole one with zeros in it. */
  readonly groups: number;
  /** Rows that int16 lanes can add up before they may overflow; 0 where the kernel has none. */
  readonly budget: number;
}

/** Narrow kernels empty their lanes after so many rows; with fewer, wide ones are faster. */
const leastBudget = 8;
const int16Bound = 2 ** 15 - 1;
/** Eight accumulators, which is what 16 vector registers leave room for. */
export const widestBlock = 64;

export function chooseKernel(term: Term): TermChoice {
  if (term.kind === "scale") return { kernel: "scale", groups: 1, budget: 0 };
  const { groups, weights } = term.layer;
  const [outC, inPerGroup] = weights.shape;
  if (groups > 1 && inPerGroup === 1 && outC === groups) return { kernel: "depthwise", groups: 1, budget: 0 };
  const isGrouped = groups > 1 && (outC / groups) % 8 === 0;
  return { ...eventKernel(term), groups: isGrouped ? groups : 1 };
}

function eventKernel({ input, layer }: ConvolutionTerm): Pick<TermChoice, "kernel" | "budget"> {
  const greatest = greatestMagnitude(layer.weights.data);
  const budget = Math.floor(int16Bound / Math.max(1, greatest));
  if (input.greatestSpike > 1 || budget < leastBudget) return { kernel: "wide", budget: 0 };
  return { kernel: greatest <= 127 ? "narrow8" : "narrow16", budget };
}

/** Whether int16 holds whatever a narrow term may sum up, and the unit that it is shifted to. */
export function fitsShort(term: Term, { kernel }: TermChoice): boolean {
  if (kernel !== "narrow8" || term.kind !== "convolution" || (term.layer.shift ?? 0) > 14) return false;
  return sumsOf(term.layer.weights).every((sum) => sum <= int16Bound);
}

/** Σ|W| of each output channel. */
function sumsOf({ shape, data }: Tensor): number[] {
  const length = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, c) => {
    let sum = 0;
    for (let i = c * length; i < (c + 1) * length; i++) sum += Math.abs(data[i]);
    return sum;
  });
}

/**
 * Whether neurons can be run in int16 (kernels/quotient.ts): what a spike costs is a multiple of the weights' unit, no bias
 * (or, where sums are int16, no step's current) leaves int16, and no spike takes Q over its end.
 */
export function fitsQuotients(
  { layer, terms, pictures, signal, lagIn }: PopulationStage,
  phases: number,
  isShort: boolean,
): boolean {
  const [term] = terms;
  if (layer.kind === "readout" || layer.neuron === "tracker" || layer.levels > 1 || pictures.length > 0) return false;
  if (terms.length !== 1 || term.kind !== "convolution" || (phases > 1 && layer.vInit !== 0)) return false;
  const { weights, bias, shift = 0 } = term.layer;
  // Room for Q below the bound of the membrane: 2^12, so that few neurons have to be run again.
  if (shift + phases - 1 > 18 || shift > 15) return false;
  const unit = 2 ** shift;
  /** How much more a spike may weigh on the way out than on the way in. */
  const raises = Array.from({ length: 1 + Math.min(phases - 1, signal.lag - lagIn) }, (_, e) => 2 ** e);
  const sums = isShort ? sumsOf(weights) : undefined;
  return neuronParameters(layer).every(({ vTh, vThNeg, fireAt, fireAtNeg }, c) => {
    const fits = (cost: number, fires: number) =>
      raises.every(
        (raise) =>
          (fires * raise) / unit > int16Bound ||
          (cost % unit === 0 && ((cost - fires) * raise) / unit <= int16Bound && (cost * raise) / unit < 2 ** 16),
      );
    const [fireUp, fireDown] = layer.neuron === "takeback" ? [fireAt, fireAtNeg] : [vTh, vThNeg];
    const current = (sums?.[c] ?? 0) + Math.abs(bias?.data[c] ?? 0) / unit + 2;
    return (
      current <= int16Bound && fits(vTh, fireUp) && (fireDown === Number.POSITIVE_INFINITY || fits(vThNeg, fireDown))
    );
  });
}

export function greatestMagnitude(values: ArrayLike<number>): number {
  let greatest = 0;
  for (let i = 0; i < values.length; i++) greatest = Math.max(greatest, Math.abs(values[i]));
  return greatest;
}

/**
 * Channels of a block, a multiple of 8: the split of the population's channels that wastes least, where each block costs
 * its rows and about one row more (the list that it walks).
 */
export function chooseBlock(stage: PopulationStage, choices: readonly TermChoice[]): number {
  const channels = roundUp(stage.signal.shape[0], 8);
  const widest = choices.some(({ kernel }) => kernel === "wide") ? widestBlock / 2 : widestBlock;
  const perGroup = choices.flatMap(({ groups }) => (groups > 1 ? [stage.signal.shape[0] / groups] : []));
  let best = 8;
  const cost = (block: number) => Math.ceil(channels / block) * (block / 8 + 1);
  for (let block = 8; block <= Math.min(widest, channels); block += 8) {
    if (perGroup.every((count) => count % block === 0) && cost(block) <= cost(best)) best = block;
  }
  return best;
}

export function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
