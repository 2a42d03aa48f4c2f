/** The spiking network that conversion would make, as far as its shape goes: for detectors that are not calibrated yet. */
import { foldBatchNorm } from "../convert/fold-batch-norm.ts";
import type { ConversionSettings } from "../convert/modes.ts";
import { placePopulations } from "../convert/place-populations.ts";
import { floatTensor } from "../core/tensor.ts";
import { consumersOf, type Graph, inferShapes, type SpikingGraph } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { isHead, type Layer, type LayerOf } from "../graph/layers.ts";
import { bitsFor } from "../graph/weight-bits.ts";
import { neuronModels } from "../snn/neuron.ts";
import { frameUnitsOf } from "../snn/phases.ts";
import { type ChipNetwork, stagesOf } from "./stages.ts";

/** The DNN with the neurons that the settings name in the place of activations: a spiking network by its shape, not one to be run. λ is unknown and not needed. */
export function supposedGraph(dnn: Graph, settings: ConversionSettings): SpikingGraph {
  const placed = placePopulations(foldBatchNorm(dnn));
  const shapes = inferShapes(placed);
  const consumers = consumersOf(placed);
  const layers = placed.layers.map((layer): Layer => {
    if (layer.kind !== "activation") return layer;
    const isReadout = consumers.get(layer.name)?.some(isHead) ?? false;
    return populationFor(layer, (shapes.get(layer.name) as Shape)[0], settings, isReadout);
  });
  const { timeSteps, encoding, decode, phases } = settings;
  const units = neuronModels[settings.neuron].receivesAtOnce ? { frameUnits: frameUnitsOf(timeSteps, phases) } : {};
  return { ...placed, layers, simulation: { timeSteps, encoding, decode, phases, ...units } };
}

/** Stages of that network, with the bits that the settings name. */
export function supposedStages(dnn: Graph, settings: ConversionSettings): ChipNetwork {
  const { bits, phases, timeSteps } = settings;
  const network = stagesOf(supposedGraph(dnn, settings));
  const stages = network.stages.map((stage) => ({
    ...stage,
    weightBits: stage.kind === "sum" ? 0 : bits === "float" ? 32 : bitsFor(stage.sources.length === 0, bits),
  }));
  const weightBits = Math.max(0, ...stages.map((stage) => stage.weightBits));
  return { ...network, stages, phases, timeSteps, weightBits };
}

function populationFor(
  { name, inputs, activation }: LayerOf<"activation">,
  channels: number,
  { neuron, levels, vInit, firingThreshold, delay }: ConversionSettings,
  isReadout: boolean,
): Layer {
  const ones = floatTensor([channels], new Float32Array(channels).fill(1));
  const facts = {
    name,
    inputs,
    activation,
    neuron,
    levels,
    vInit,
    firingThreshold,
    lambda: ones,
    vTh: ones,
    vThNeg: null,
  };
  return isReadout ? { kind: "readout", ...facts } : { kind: "integrateFire", delay, ...facts };
}
