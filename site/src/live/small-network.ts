/** Two neurons that feed a third: the least network in which a neuron is reached by spikes. */
import {
  assignNeurons,
  explainNeuron,
  floatTensor,
  type Layer,
  type NeuronExplanation,
  type NeuronKind,
  referenceEngine,
  type SpikingGraph,
} from "../../../src/index.ts";

export interface SmallNetwork {
  readonly neuron: NeuronKind;
  /** Leading steps whose spikes weigh more; 1 where all weigh the same. */
  readonly phases: number;
  readonly timeSteps: number;
  /** What the two inputs stand for, in [0, 1]. */
  readonly values: readonly [number, number];
  /** Of their synapses, in thresholds. */
  readonly weights: readonly [number, number];
}

/** Below zero, as darknet's leaky ReLU has it; plain integrate-and-fire neurons follow a ReLU. */
export const slope = 0.1;

/** The third neuron, step by step, as the reference engine runs it. */
export async function explainSmall(network: SmallNetwork): Promise<NeuronExplanation> {
  const graph = graphOf(network);
  const session = await referenceEngine.open(graph);
  try {
    const image = floatTensor([2, 1, 1], Float32Array.from(network.values));
    const neuron = { layer: "third", channel: 0, y: 0, x: 0 };
    return await explainNeuron(graph, session, image, { ...graph.simulation, seed: 1 }, neuron);
  } finally {
    await session.dispose();
  }
}

function graphOf({ neuron, phases, timeSteps, weights }: SmallNetwork): SpikingGraph {
  const follower = (name: string, input: string, channels: number): Layer => ({
    ...{ kind: "activation", name, inputs: [input] },
    activation: neuron === "if" ? { fn: "relu" } : { fn: "leaky", slope },
    lambda: floatTensor([channels], new Float32Array(channels).fill(1)),
  });
  const layers: readonly Layer[] = [
    { kind: "input", name: "picture", inputs: [], shape: [2, 1, 1] },
    convolution("light", "picture", [2, 2, 1, 1], [1, 0, 0, 1]),
    follower("first", "light", 2),
    convolution("synapses", "first", [1, 2, 1, 1], weights),
    follower("third", "synapses", 1),
  ];
  // Trackers receive what is constant at once, for all units of a frame.
  const frame = neuron === "tracker" ? { frameUnits: phases > 1 ? 2 ** phases - 1 : timeSteps } : {};
  const simulation = { timeSteps, encoding: "constant", decode: "vmem", phases, ...frame } as const;
  const dnn = {
    layers,
    preprocessing: { fit: "stretch", filter: "bilinear" },
    classNames: [],
    provenance: [],
  } as const;
  const options = { neuron, pool: "delta", levels: 1, delay: 0, vInit: 0, firingThreshold: 0.5, simulation } as const;
  return { ...assignNeurons(dnn, options), simulation };
}

function convolution(name: string, input: string, shape: readonly number[], weights: readonly number[]): Layer {
  return {
    ...{ kind: "convolution", name, inputs: [input], groups: 1 },
    weights: floatTensor(shape, Float32Array.from(weights)),
    bias: floatTensor([shape[0]], new Float32Array(shape[0])),
    ...{ strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] },
  };
}
