/**
 * One neuron, step by step: what reached it, the charge that this made, what the neuron held it against, what it sent, and what it
 * gave up. The picture is run once more with the spikes of the neuron's inputs recorded; then the neuron's own function
 * (`src/snn/neurons`) is applied to them, so that what is shown is what was computed.
 */
import { EngineError } from "../../core/errors.ts";
import type { FloatTensor } from "../../core/tensor.ts";
import { type Graph, layersByName } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import { isPopulation, type LayerOf, type Population, windowOf } from "../../graph/layers.ts";
import type { RunOptions, Session } from "../engine.ts";
import { poolState } from "../engines/reference/rearrange.ts";
import { poissonSpikes } from "../input-coding.ts";
import { integrate, neuronModels } from "../neuron.ts";
import type { ChannelNeuron } from "../neurons/neuron-model.ts";
import { isIntegerTensor } from "../neurons/threshold-parameters.ts";
import { distanceBeforeFiring } from "../neurons/tracker.ts";
import { phasesOf, stepWeight } from "../phases.ts";
import {
  type Cell,
  inputsOfNeuron,
  type NeuronInputs,
  type Synapse,
  spikingCell,
  type Wiring,
  wiringOf,
} from "./neuron-inputs.ts";

/** All charges and potentials are in the graph's units: V_th is the population's `vTh` of the neuron's channel. */
export interface NeuronStep {
  /** The neuron's own step, from 1 on. */
  readonly t: number;
  /** What a spike of this step counts. */
  readonly weight: number;
  /** V once everything up to this step has been received, before the neuron fires. */
  readonly charge: number;
  /** Potentials from which it sends +1 and −1 in this step, after what it has sent; null where it sends no such spike, or follows a target. */
  readonly firesFrom: number | null;
  readonly firesFromNeg: number | null;
  /** Of neurons that follow any function: the net count that the charge calls for, and how far what was sent must be from it to fire. */
  readonly target: number | null;
  readonly reach: number | null;
  /** Net count before this step. */
  readonly sent: number;
  /** −levels … levels. */
  readonly spike: number;
  /** Potential that the spike gives up. */
  readonly given: number;
}

export interface Arrival extends Synapse {
  /** What it sent at each of its steps: [T]. */
  readonly spikes: Int8Array;
}

export interface NeuronExplanation {
  readonly neuron: Cell;
  readonly population: Population;
  readonly arrivals: readonly Arrival[];
  readonly inputs: Pick<NeuronInputs, "perStep" | "once">;
  /** Steps of its inputs that it waits for before each of its own. */
  readonly delay: number;
  readonly steps: readonly NeuronStep[];
}

/** Spikes that are kept for an explanation, at most: inputs times steps. */
const maxRecorded = 2 ** 26;

/** How many steps of so many inputs can be explained. */
export function explainableSteps(synapses: number): number {
  return Math.floor(maxRecorded / Math.max(1, synapses));
}

/**
 * Runs the picture from rest and explains one neuron of it.
 * @param options as the run that is to be explained was given; T is cut to what can be kept ({@link explainableSteps}).
 * @throws EngineError [E_EXPLAIN] for a neuron behind a dense island; whatever `session.run` throws.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { conversionSettings, decodeModel, eventEngine, explainNeuron, generateScene, inputOf, preprocess, renderScene, toSpiking } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const snn = toSpiking(dnn, conversionSettings("paper", { timeSteps: 12 }));
 * const layer = snn.layers.filter(({ kind }) => kind === "integrateFire")[2].name;
 * const { image } = preprocess(await renderScene(generateScene(5, 0)), inputOf(snn).shape, snn.preprocessing);
 * const session = await eventEngine().open(snn);
 * const cell = { layer, channel: 5, y: 10, x: 20 };
 * const { steps, arrivals } = await explainNeuron(snn, session, image, { ...snn.simulation, seed: 1 }, cell);
 * console.log(steps.length, arrivals.length); // 12 282
 * await session.dispose();
 * ```
 */
export async function explainNeuron(
  graph: Graph,
  session: Session,
  image: FloatTensor,
  options: Pick<RunOptions, "timeSteps" | "encoding" | "seed">,
  neuron: Cell,
): Promise<NeuronExplanation> {
  const layer = layersByName(graph).get(neuron.layer) as LayerOf<"integrateFire" | "readout">;
  const inputs = inputsOfNeuron({ graph, image, encoding: options.encoding }, neuron);
  const timeSteps = Math.min(options.timeSteps, explainableSteps(inputs.synapses.length));
  const trains = new Trains(graph, image, options.seed, timeSteps);
  for (const { from } of inputs.synapses) trains.want(from);
  const record = { rasters: trains.rasters() };
  for await (const { recorded } of session.run(image, { ...options, timeSteps, at: [timeSteps], record }))
    trains.take(recorded.rasters);
  const arrivals = inputs.synapses.map((synapse): Arrival => ({ ...synapse, spikes: trains.of(synapse.from) }));
  const delay = layer.kind === "integrateFire" ? layer.delay : 0;
  const steps = stepsOf(graph, layer, neuron.channel, { ...inputs, arrivals, delay, timeSteps });
  const { perStep, once } = inputs;
  return { neuron, population: layer, arrivals, inputs: { perStep, once }, delay, steps };
}

interface Received extends Pick<NeuronInputs, "perStep" | "once"> {
  readonly arrivals: readonly Arrival[];
  readonly delay: number;
  readonly timeSteps: number;
}

function stepsOf(graph: Graph, population: Population, channel: number, received: Received): readonly NeuronStep[] {
  const { perStep, once, arrivals, delay, timeSteps } = received;
  const neuron = neuronModels[population.neuron].neurons(population, graph.simulation?.frameUnits ?? 1)[channel];
  const isInteger = isIntegerTensor(population.vTh);
  const weightOf = (t: number) => stepWeight(t, phasesOf(graph));
  const steps: NeuronStep[] = [];
  let v = integrate(neuron.start, once, isInteger);
  let sent = 0;
  let integrated = 0;
  for (let t = 1; t <= timeSteps; t++) {
    while (integrated < Math.min(t + delay, timeSteps)) {
      const current = arrivals.reduce((sum, { charge, spikes }) => sum + charge * spikes[integrated], perStep);
      integrated++;
      v = integrate(v, weightOf(integrated) * current, isInteger);
    }
    const weight = weightOf(t);
    const spike = neuron.fire(v, sent, weight);
    const given = spike === 0 ? 0 : neuron.given(sent, spike, weight);
    const against = neuron.target
      ? { ...none, target: neuron.target(v), reach: distanceBeforeFiring(population, weight) }
      : { ...none, ...thresholdsOf(neuron, sent, weight, isInteger) };
    steps.push({ t, weight, charge: v, ...against, sent, spike, given });
    v -= given;
    sent += weight * spike;
  }
  return steps;
}

const none = { firesFrom: null, firesFromNeg: null, target: null, reach: null };

function thresholdsOf(neuron: ChannelNeuron, sent: number, weight: number, isInteger: boolean) {
  const below = firesFrom((potential) => neuron.fire(-potential, sent, weight) < 0, isInteger);
  return {
    firesFrom: firesFrom((potential) => neuron.fire(potential, sent, weight) > 0, isInteger),
    firesFromNeg: below === null ? null : 0 - below,
  };
}

/** No membrane of an integer graph, or of V_th = 1, comes beyond. */
const farthest = 2 ** 31;

/** The least potential at which something fires that fires at all greater ones; whole in integer graphs; null where nothing does. */
function firesFrom(fires: (potential: number) => boolean, isInteger: boolean): number | null {
  if (!fires(farthest)) return null;
  let [silent, firing] = [-farthest, farthest];
  const tolerance = isInteger ? 1 : 2 ** -20;
  while (firing - silent > tolerance) {
    const middle = isInteger ? Math.floor((silent + firing) / 2) : (silent + firing) / 2;
    if (fires(middle)) firing = middle;
    else silent = middle;
  }
  return firing;
}

/** What single cells send, step by step: recorded of neurons, made of these where a max-pool or a pixel sends. */
class Trains {
  readonly #graph: Graph;
  readonly #image: FloatTensor;
  readonly #seed: number;
  readonly #timeSteps: number;
  readonly #wiring: Wiring;
  readonly #wanted = new Map<string, Set<number>>();
  readonly #known = new Map<string, Int8Array>();
  #pixels: readonly Float64Array[] | undefined;

  constructor(graph: Graph, image: FloatTensor, seed: number, timeSteps: number) {
    this.#graph = graph;
    this.#image = image;
    this.#seed = seed;
    this.#timeSteps = timeSteps;
    this.#wiring = wiringOf(graph);
  }

  /** A cell of a population, a max-pool or the picture. */
  want(cell: Cell): void {
    const layer = this.#wiring.layers.get(cell.layer);
    if (layer?.kind === "maxPool") for (const member of this.#members(layer, cell)) this.want(member);
    else if (layer && isPopulation(layer)) {
      const wanted = this.#wanted.get(layer.name) ?? new Set();
      this.#wanted.set(layer.name, wanted.add(this.#indexOf(cell)));
    }
  }

  /** Neurons to be recorded. */
  rasters(): readonly { readonly layer: string; readonly neurons: readonly number[] }[] {
    return [...this.#wanted].map(([layer, neurons]) => ({ layer, neurons: [...neurons].sort((a, b) => a - b) }));
  }

  take(recorded: ReadonlyMap<string, Int8Array>): void {
    for (const { layer, neurons } of this.rasters()) {
      const raster = recorded.get(layer) as Int8Array;
      for (const [column, neuron] of neurons.entries()) {
        const train = Int8Array.from({ length: this.#timeSteps }, (_, step) => raster[step * neurons.length + column]);
        this.#known.set(`${layer} ${neuron}`, train);
      }
    }
  }

  of(cell: Cell): Int8Array {
    const key = `${cell.layer} ${this.#indexOf(cell)}`;
    const train = this.#known.get(key) ?? this.#made(cell);
    this.#known.set(key, train);
    return train;
  }

  #made(cell: Cell): Int8Array {
    const layer = this.#wiring.layers.get(cell.layer);
    if (layer?.kind !== "maxPool") return this.#poisson(this.#indexOf(cell));
    const members = this.#members(layer, cell).map((member) => this.of(member));
    const line: Shape = [1, 1, members.length];
    const window = { size: [1, members.length], strides: [1, 1], pads: [0, 0, 0, 0] } as const;
    const pool = poolState({ ...layer, ...window }, line, [1, 1, 1]);
    const phases = phasesOf(this.#graph);
    return Int8Array.from({ length: this.#timeSteps }, (_, step) => {
      const spikes = Float64Array.from(members, (train) => train[step]);
      return pool.pool(spikes, stepWeight(step + 1, phases))[0];
    });
  }

  #poisson(pixel: number): Int8Array {
    this.#pixels ??= Array.from({ length: this.#timeSteps }, (_, step) =>
      poissonSpikes(this.#image, this.#seed, step + 1),
    );
    return Int8Array.from(this.#pixels, (frame) => frame[pixel]);
  }

  /** What a max-pool's output has its spikes from; cells beyond the edges are none. */
  #members(layer: LayerOf<"maxPool">, { channel, y, x }: Cell): readonly Cell[] {
    const { size, strides, pads } = windowOf(layer);
    const [input] = layer.inputs;
    const [, inH, inW] = this.#wiring.shapes.get(input) as Shape;
    const members: Cell[] = [];
    for (let ky = 0; ky < size[0]; ky++) {
      for (let kx = 0; kx < size[1]; kx++) {
        const at = { y: y * strides[0] - pads[0] + ky, x: x * strides[1] - pads[1] + kx };
        if (at.y < 0 || at.y >= inH || at.x < 0 || at.x >= inW) continue;
        const member = spikingCell(this.#wiring, { layer: input, channel, ...at });
        if (member) members.push(member);
        else
          throw new EngineError("E_EXPLAIN", `${layer.name} [maxPool] pools inserted zeros: it cannot be taken apart`);
      }
    }
    return members;
  }

  #indexOf({ layer, channel, y, x }: Cell): number {
    const [, height, width] = this.#wiring.shapes.get(layer) as Shape;
    return (channel * height + y) * width + x;
  }
}
