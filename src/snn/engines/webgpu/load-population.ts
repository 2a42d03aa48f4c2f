/** Writes a population's constants; what its shaders are told of them. */
import type { NeuronKind } from "../../../graph/layers.ts";
import type { Network, PopulationStage } from "../../plan/network.ts";
import { isCounted, reach } from "../../plan/reach.ts";
import {
  biasOf,
  type Constants,
  gatherKindOf,
  loadTracker,
  loadWeights,
  pictureWeights,
  startOf,
  thresholdRows,
} from "./constants.ts";
import type { NeuronCode } from "./shaders/neurons.ts";
import type { PopulationTraits } from "./shaders/population.ts";

export interface LoadedPopulation {
  readonly traits: PopulationTraits;
  readonly numbers: Readonly<Record<string, number>>;
  readonly terms: readonly LoadedTerm[];
  /** Of the terms that are counted. */
  readonly reaches: readonly ({ readonly reachX: number; readonly reachY: number } | undefined)[];
  /** Weights of the picture's convolutions. */
  readonly pictures: readonly number[];
}

interface LoadedTerm {
  readonly weights: number;
  readonly shift: number;
  readonly inQuads: number;
  readonly outQuads: number;
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

/** Kinds that differ in their constants only have one code. */
const neuronCodes: { readonly [K in NeuronKind]: NeuronCode } = {
  takeback: "takeback",
  ibt: "threshold",
  signed: "threshold",
  if: "threshold",
  tracker: "tracker",
};

export function loadPopulation(stage: PopulationStage, network: Network, constants: Constants): LoadedPopulation {
  const { layer, terms, pictures, island } = stage;
  const isTracker = layer.neuron === "tracker";
  const neurons = isTracker
    ? { ...loadTracker(layer, network, constants) }
    : { rows: constants.put(thresholdRows(layer, network.phases)), start: constants.put(startOf(layer)) };
  return {
    traits: {
      gathers: terms.map(gatherKindOf),
      neuron: neuronCodes[layer.neuron],
      isReadout: layer.kind === "readout",
      hasConstant: pictures.length > 0 || island !== undefined,
    },
    numbers: { ...neurons, bias: constants.put(biasOf(stage)) },
    terms: terms.map((term): LoadedTerm => {
      const window =
        term.kind === "convolution"
          ? { size: term.layer.weights.shape[2], stride: term.layer.stride, padding: term.layer.padding }
          : { size: 1, stride: 1, padding: 0 };
      return { ...loadWeights(term, constants), ...window };
    }),
    reaches: terms.map((term) =>
      isCounted(term) ? { reachX: constants.put(reach(term, 1)), reachY: constants.put(reach(term, 0)) } : undefined,
    ),
    pictures: pictures.map((picture) => constants.put(pictureWeights(picture, network.input.shape[0]))),
  };
}
