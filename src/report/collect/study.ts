/** The study behind the figures: the DNN and its spiking networks on a few pictures. */
import type { Detection } from "../../core/box.ts";
import { type Random, seededRandom } from "../../core/random.ts";
import type { FloatTensor } from "../../core/tensor.ts";
import { displayThresholds, readDetections } from "../../detections/detections.ts";
import { openDnn } from "../../dnn/dnn-session.ts";
import { type Graph, headsOf, type SpikingGraph } from "../../graph/graph.ts";
import type { NetworkInput } from "../../image/preprocess.ts";
import { type DnnOperations, dnnOperations } from "../../metrics/operations.ts";
import type { Session } from "../../snn/engine.ts";
import type { LayerActivation } from "../figures/channel-activation.ts";
import { chooseFocus, type FocusChannel, hiddenActivations, layerActivations } from "./activations.ts";
import { type Focus, type SimulatedFacts, type StudiedPicture, simulateFacts } from "./simulated-facts.ts";

/** A spiking network made of the DNN. */
export interface StudiedNetwork {
  readonly name: string;
  readonly graph: SpikingGraph;
  /** Rising, the last is T. */
  readonly at: readonly number[];
}

export interface Study {
  readonly percentile: number;
  readonly layers: readonly LayerActivation[];
  readonly focusChannel: FocusChannel;
  readonly focus: Focus;
  readonly dnn: DnnOperations;
  /** By population. */
  readonly neurons: ReadonlyMap<string, number>;
  /** By picture. */
  readonly dnnDetections: readonly (readonly Detection[])[];
  readonly networks: readonly SimulatedFacts[];
}

export interface StudyOptions {
  readonly openSession: (graph: Graph) => Promise<Session>;
  /** λ's, 0 to 100; one of those that calibration stored. */
  readonly percentile: number;
  /** Of the choice of neurons, and of Poisson input. */
  readonly seed: number;
  readonly threads?: number;
  /** Called after each picture of each network. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Neurons of the raster, as in the paper. */
const rasterNeurons = 20;

/**
 * @param dnn calibrated: its statistics are figure 1, and its activations are what spiking layers are measured against.
 * @param inputs at least one picture.
 */
export async function study(
  dnn: Graph,
  networks: readonly StudiedNetwork[],
  inputs: readonly NetworkInput[],
  { openSession, percentile, seed, threads = 1, onProgress }: StudyOptions,
): Promise<Study> {
  const layers = layerActivations(dnn, percentile);
  const focusChannel = chooseFocus(layers);
  const { pictures, dnnDetections } = await runDnn(dnn, inputs, threads);
  // In the middle of the network: neither the picture's constant current nor the head's drives it.
  const { layer: rasterLayer } = layers[Math.floor(layers.length / 2)];
  const activations = pictures[0].activations.get(rasterLayer) as FloatTensor;
  const focus: Focus = {
    ratesLayer: layers[0].layer,
    channel: focusChannel,
    raster: { layer: rasterLayer, neurons: chooseNeurons(activations, rasterNeurons, seededRandom(seed)) },
  };
  const facts: SimulatedFacts[] = [];
  for (const [index, { name, graph, at }] of networks.entries()) {
    const session = await openSession(graph);
    try {
      const onPicture = (done: number) =>
        onProgress?.(index * pictures.length + done, networks.length * pictures.length);
      facts.push(await simulateFacts(graph, session, pictures, { configuration: name, at, focus, seed, onPicture }));
    } finally {
      await session.dispose();
    }
  }
  const neurons = new Map([...pictures[0].activations].map(([name, { data }]) => [name, data.length]));
  for (const { name } of headsOf(dnn)) neurons.delete(name);
  return { percentile, layers, focusChannel, focus, dnn: dnnOperations(dnn), neurons, dnnDetections, networks: facts };
}

async function runDnn(dnn: Graph, inputs: readonly NetworkInput[], threads: number) {
  // A head's input in the calibrated DNN is its readout: the population that stands for it.
  const readouts = headsOf(dnn).map(({ inputs }) => inputs[0]);
  const outputs = [...hiddenActivations(dnn).map(({ name }) => name), ...readouts];
  const session = await openDnn(dnn, { outputs, threads });
  try {
    const pictures: StudiedPicture[] = [];
    const dnnDetections: (readonly Detection[])[] = [];
    for (const input of inputs) {
      const activations = await session.run(input.image);
      pictures.push({ input, activations });
      dnnDetections.push(await readDetections(dnn, activations, input, displayThresholds));
    }
    return { pictures, dnnDetections };
  } finally {
    await session.dispose();
  }
}

/** Neurons drawn from those that are active in the DNN, in rising order; all of these where there are fewer. */
function chooseNeurons({ data }: FloatTensor, count: number, random: Random): readonly number[] {
  const active = Array.from(data.keys()).filter((i) => data[i] > 0);
  for (let i = 0; i < Math.min(count, active.length - 1); i++) {
    const other = i + Math.floor(random() * (active.length - i));
    [active[i], active[other]] = [active[other], active[i]];
  }
  // A silent layer has none: its first neuron shows that.
  return active.length === 0 ? [0] : active.slice(0, count).sort((a, b) => a - b);
}
