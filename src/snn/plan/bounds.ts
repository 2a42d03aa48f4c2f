/** What fast engines ask of a graph: integers throughout, and sums that cannot overflow. Checked once, when it is opened. */
import { EngineError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type Graph, isSpiking } from "../../graph/graph.ts";
import { type ConvolutionLayer, isPopulation, type Population, type SumLayer } from "../../graph/layers.ts";
import { membraneBound } from "../neuron.ts";
import { stepWeight, unitSteps } from "../phases.ts";
import type { Network, PoolStage, PopulationStage, Signal } from "./network.ts";
import { longestTile } from "./plan.ts";
import { weightFacts } from "./weight-facts.ts";

/**
 * @throws EngineError [E_NOT_SPIKING] for a graph without neurons, [E_FLOAT_GRAPH] for one that is not quantized.
 */
export function checkIntegers(graph: Graph): void {
  if (!isSpiking(graph)) throw new EngineError("E_NOT_SPIKING", "the graph has no neurons. Convert it first");
  for (const layer of graph.layers) {
    // As quantization makes them: weights that int16 holds, and what is added to their sums in int32.
    const isWeight = (tensor: Tensor) => tensor.dtype === "int8" || tensor.dtype === "int16";
    const isInt32 = (tensor: Tensor | null | undefined) => !tensor || tensor.dtype === "int32";
    const isFloat =
      (isPopulation(layer) && !(isInt32(layer.vTh) && isInt32(layer.vThNeg))) ||
      (layer.kind === "convolution" &&
        !(isWeight(layer.weights) && isInt32(layer.bias) && layer.shift !== undefined)) ||
      (layer.kind === "product" && layer.factors?.dtype !== "int8") ||
      (layer.kind === "sum" && layer.scales?.some((scale) => scale && !isWeight(scale)));
    if (isFloat) {
      throw new EngineError(
        "E_FLOAT_GRAPH",
        `${layer.name} [${layer.kind}] is not quantized; the event engine computes in integers. Convert with --bits 8 (to 16), or use --engine reference`,
      );
    }
  }
}

/**
 * Membranes saturate at ±2^30, so that V + I stays an int32 as long as a step's current does not exceed ±(2^30 − 1).
 * @throws EngineError [E_CURRENT] where a current might, [E_THRESHOLD] where a threshold lies outside 1 … 2^30,
 *   [E_PHASES] where counts may leave what pools compare them in, [E_TOPOLOGY] where a pooling window holds no neuron.
 */
export function checkBounds(network: Network): void {
  for (const stage of network.stages) {
    if (stage.kind === "population") {
      checkCurrents(stage, network);
      checkThresholds(stage.layer, stage.layer.neuron === "tracker" ? 1 : stepWeight(1, network.phases));
      checkCounts(stage.signal, network.phases);
      if (stage.pool) checkWindows(stage.pool);
    } else if (stage.kind === "pool") checkWindows(stage);
  }
}

function checkCurrents(stage: PopulationStage, { phases, frameUnits }: Network): void {
  if ((stage.layer.neuron === "tracker") !== (frameUnits !== undefined)) {
    throw new EngineError(
      "E_TOPOLOGY",
      `${stage.layer.name} [${stage.layer.kind}]: trackers, and only they, belong into a network whose frames are given as a whole. Convert the graph again`,
    );
  }
  const weight = frameUnits === undefined ? stepWeight(1, phases) : 1;
  const greatest = greatestCurrents(stage, frameUnits).map((current) => current * weight);
  const channel = greatest.findIndex((current) => current >= membraneBound);
  if (channel >= 0) {
    throw new EngineError(
      "E_CURRENT",
      `${stage.layer.name}: ${frameUnits === undefined ? "a step's current" : "a frame's charge"} into channel ${channel} may reach ${greatest[channel]}; at most 2^30 − 1 is exact. Convert with fewer bits, levels or phases`,
    );
  }
}

/**
 * The most that a current may be in a step of weight 1, for each channel; where a frame is given as a whole, all of its
 * charge: counts end a quarter beyond its units, and twice that is never reached.
 */
export function greatestCurrents(
  { terms, pictures, signal }: PopulationStage,
  frameUnits: number | undefined,
): Float64Array {
  const greatest = new Float64Array(signal.shape[0]);
  const inputOf = ({ greatestSpike }: Signal) => (frameUnits === undefined ? greatestSpike : 2 * frameUnits);
  const addConvolution = (convolution: ConvolutionLayer, spike: number) => {
    addRows(greatest, convolution.weights, spike * 2 ** (convolution.shift ?? 0));
    for (let c = 0; c < greatest.length; c++) greatest[c] += Math.abs(convolution.bias?.data[c] ?? 0);
  };
  for (const term of terms) {
    if (term.kind === "convolution") addConvolution(term.layer, inputOf(term.input));
    else if (term.kind === "product") {
      // All of a frame's charge, half by each factor's spikes: products are of networks whose frames are given as a whole.
      const product = 0.5 * inputOf(term.input) * inputOf(term.other) * 2 ** (term.layer.shift ?? 0);
      for (let c = 0; c < greatest.length; c++) greatest[c] += product;
    } else {
      const scale = scaleOf(term.layer, term.branch);
      if (scale) addRows(greatest, scale, inputOf(term.input) * 2 ** (term.layer.shift ?? 0));
      else for (let c = 0; c < greatest.length; c++) greatest[c] += inputOf(term.input);
    }
  }
  // Pixels lie in [−1, 1] (checked with each picture); the sum is rounded once.
  for (const picture of pictures) {
    addConvolution(picture, frameUnits ?? 1);
    for (let c = 0; c < greatest.length; c++) greatest[c] += 1;
  }
  return greatest;
}

function addRows(to: Float64Array, rows: Tensor, factor: number): void {
  for (const [row, sum] of weightFacts(rows).sums.entries()) to[row] += sum * factor;
}

/** Scale per channel of a branch; null where spikes count as they are. */
export function scaleOf(layer: SumLayer, branch: number): Tensor | null {
  return layer.scales?.[branch] ?? null;
}

function checkThresholds(layer: Population & { readonly name: string }, weight: number): void {
  for (const tensor of [layer.vTh, layer.vThNeg]) {
    const bad = tensor?.data.find((value) => value < 1 || value * weight > membraneBound);
    if (bad !== undefined) {
      throw new EngineError(
        "E_THRESHOLD",
        `${layer.name} has a threshold of ${bad}, and spikes that weigh up to ${weight}; their product must be from 1 to 2^30. Convert the graph again`,
      );
    }
  }
}

/** Pools compare the counts of a tile in int16 lanes (`kernels/stages/pool.ts`). */
function checkCounts({ name, greatestSpike }: Signal, phases: number): void {
  if (unitSteps(longestTile, phases) * greatestSpike >= 2 ** 14) {
    throw new EngineError(
      "E_PHASES",
      `${name} sends spikes of up to ${greatestSpike} in ${phases} phases: counts may change by 2^14 in a tile. Use fewer levels or phases`,
    );
  }
}

/** Every window of a pool must hold a neuron: more padding than the window is wide leaves some without. */
function checkWindows({ layer, input, signal }: PoolStage): void {
  const { name, size, stride, offset } = layer;
  for (const axis of [1, 2] as const) {
    const last = (signal.shape[axis] - 1) * stride - offset;
    if (size - offset <= 0 || last >= input.shape[axis]) {
      throw new EngineError(
        "E_TOPOLOGY",
        `${name} [maxPool] has windows that lie wholly in its padding of ${offset}. Use less padding`,
      );
    }
  }
}
