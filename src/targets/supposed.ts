/** The spiking network that conversion would make, as far as its shape goes: for detectors that are not calibrated yet. */
import { foldBatchNorm } from "../convert/fold-batch-norm.ts";
import type { ConversionSettings } from "../convert/modes.ts";
import { placePopulations } from "../convert/place-populations.ts";
import { floatTensor } from "../core/tensor.ts";
import { consumersOf, type Graph, inferShapes } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { isHead, type Layer, type LayerOf } from "../graph/layers.ts";
import { bitsFor } from "../graph/weight-bits.ts";
import { type ChipNetwork, stagesOf } from "./stages.ts";

/** Stages of a DNN with the neurons, phases and bits that the settings name; λ is unknown and not needed. */
export function supposedStages(dnn: Graph, settings: ConversionSettings): ChipNetwork {
  const placed = placePopulations(foldBatchNorm(dnn));
  const shapes = inferShapes(placed);
  const consumers = consumersOf(placed);
  const layers = placed.layers.map((layer): Layer => {
    if (layer.kind !== "activation") return layer;
    const isReadout = consumers.get(layer.name)?.some(isHead) ?? false;
    return populationFor(layer, (shapes.get(layer.name) as Shape)[0], settings, isReadout);
  });
  const { bits, phases, timeSteps } = settings;
  const network = stagesOf({ ...placed, layers });
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
