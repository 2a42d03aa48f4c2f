/** Every layer as a stream of frames: what each kind produces at its step t from what it reads. */
import { EngineError } from "../../../core/errors.ts";
import { type FloatTensor, sizeOf } from "../../../core/tensor.ts";
import { type Graph, inferShapes, inputOf, layersByName } from "../../../graph/graph.ts";
import type { Shape } from "../../../graph/layer-kinds.ts";
import {
  type ConvolutionLayer,
  type IntegrateFireLayer,
  isPopulation,
  type Layer,
  type LayerKind,
  type LayerOf,
  type Population,
  type ReadoutLayer,
} from "../../../graph/layers.ts";
import type { RunOptions } from "../../engine.ts";
import { poissonSpikes, quantizePixels } from "../../input-coding.ts";
import { islandCharges } from "../../islands.ts";
import { phasesOf, stepWeight } from "../../phases.ts";
import { type Frame, type FrameStream, frameStream } from "./frames.ts";
import { type PopulationState, populationState, type Snapshot } from "./population.ts";
import { concat, insertZeros, poolState, upsample } from "./rearrange.ts";
import { convolutionSynapses, pictureCurrents, productSynapses, sumSynapses, toCurrents } from "./synapses.ts";

/** What a layer shows of itself at a step: filled while frames are produced. */
export interface Observation {
  readonly snapshots: Map<number, Snapshot>;
  readonly synOps: Map<number, number>;
  readonly raster: number[];
  /** Of a readout: all charge received, in units of its V_th. */
  readonly charges: Map<number, Float64Array>;
}

export interface Streams {
  readonly streams: ReadonlyMap<string, FrameStream>;
  readonly observations: ReadonlyMap<string, Observation>;
  /** To be filled, before anything behind an island is asked for. */
  readonly islandValues: Map<string, FloatTensor>;
}

/** What a layer's stream may look at. */
interface Context {
  readonly image: FloatTensor;
  readonly options: RunOptions;
  /** Unit steps of a frame whose constants come at once; absent: they come a part at every step. */
  readonly frameUnits: number | undefined;
  readonly observation: Observation;
  readonly weightOf: (t: number) => number;
  readonly layerOf: (name: string) => Layer;
  readonly shapeOf: (name: string) => Shape;
  /** What a layer's last frame has left under this name; made where there is none. */
  readonly remembered: <T>(name: string, make: () => T) => T;
  /** Greatest spike of neurons and pools that keep their state; absent where nothing is kept. */
  readonly keptLevels: number | undefined;
  /** The values of a layer before, at step t. */
  readonly frame: (name: string, t: number) => Frame;
  /** What a current before brings these neurons once, before the first step; null where it brings nothing. */
  readonly constants: (name: string, population: IntegrateFireLayer | ReadoutLayer) => Frame | null;
}

/** The frame of step t ≥ 1; called once for each t, in order. */
type Producer = (t: number) => Frame;

const producers: { readonly [K in LayerKind]: (layer: LayerOf<K>, context: Context) => Producer } = {
  input:
    (_, { image, options }) =>
    (t) =>
      poissonSpikes(image, options.seed, t),
  convolution: (layer, context) => {
    const [input] = layer.inputs;
    const shape = context.shapeOf(layer.name);
    const isOnce = context.frameUnits !== undefined;
    if (isPictureConvolution(layer, context)) {
      const current = isOnce ? new Float64Array(sizeOf(shape)) : pictureConstants(layer, context);
      return (t) => {
        observe(context, t, () => 0);
        return current;
      };
    }
    const synapses = convolutionSynapses(layer, context.shapeOf(input), shape);
    return (t) => {
      const sums = synapses.accumulate(context.frame(input, t));
      observe(context, t, synapses.synOps);
      return toCurrents(sums, layer, shape, !isOnce);
    };
  },
  sum: (layer, context) => {
    const synapses = sumSynapses(layer, context.shapeOf(layer.name));
    return (t) => {
      const currents = synapses.add(layer.inputs.map((name) => context.frame(name, t)));
      observe(context, t, synapses.synOps);
      return currents;
    };
  },
  product: (layer, context) => {
    const { shapeOf, weightOf, remembered, frame } = context;
    const synapses = productSynapses(layer, shapeOf(layer.name), shapeOf(layer.inputs[1]), remembered);
    return (t) => {
      const [first, second] = layer.inputs.map((name) => frame(name, t));
      const currents = synapses.multiply(first, second, weightOf(t));
      observe(context, t, synapses.synOps);
      return currents;
    };
  },
  maxPool: (layer, { shapeOf, frame, weightOf, remembered, keptLevels }) => {
    const [input] = layer.inputs;
    const state = remembered(layer.name, () => poolState(layer, shapeOf(input), shapeOf(layer.name), keptLevels));
    return (t) => state.pool(frame(input, t), weightOf(t));
  },
  upsample: (layer, { shapeOf, frame }) => {
    const shape = shapeOf(layer.name);
    return (t) => upsample(frame(layer.inputs[0], t), layer.factor, shape);
  },
  insertZeros: (layer, { shapeOf, frame }) => {
    const shape = shapeOf(layer.name);
    return (t) => insertZeros(frame(layer.inputs[0], t), layer.factor, shape);
  },
  concat:
    (layer, { frame }) =>
    (t) =>
      concat(layer.inputs.map((name) => frame(name, t))),
  slice: (layer, { shapeOf, frame }) => {
    const [, height, width] = shapeOf(layer.name);
    const area = height * width;
    return (t) => frame(layer.inputs[0], t).subarray(layer.start * area, (layer.start + layer.count) * area);
  },
  integrateFire: (layer, context) => {
    const { options, weightOf, frame, constants, observation } = context;
    const [source] = layer.inputs;
    const state = stateOf(layer, context);
    let integrated = 0;
    return (t) => {
      while (integrated < Math.min(t + layer.delay, options.timeSteps)) {
        integrated++;
        if (integrated === 1) state.receive(constants(source, layer));
        state.integrate(frame(source, integrated), weightOf(integrated));
      }
      return record(layer.name, options, observation, t, state, state.fire(weightOf(t)));
    };
  },
  readout: (layer, context) => {
    const { options, weightOf, frame, constants, observation } = context;
    const [source] = layer.inputs;
    const state = stateOf(layer, context);
    const charge = context.remembered(
      `${layer.name}.charge`,
      () => new Float64Array(sizeOf(context.shapeOf(layer.name))),
    );
    const add = (currents: Frame, weight: number) => {
      for (let i = 0; i < charge.length; i++) charge[i] += weight * currents[i];
    };
    return (t) => {
      const once = t === 1 ? constants(source, layer) : null;
      if (once) add(once, 1);
      add(frame(source, t), weightOf(t));
      if (options.at.includes(t)) observation.charges.set(t, charge.slice());
      state.receive(once);
      state.integrate(frame(source, t), weightOf(t));
      return record(layer.name, options, observation, t, state, state.fire(weightOf(t)));
    };
  },
  // All that it brings comes once.
  island: (layer) => {
    const nothing = new Float64Array(sizeOf(layer.shape));
    return () => nothing;
  },
  region: passedOn,
  yolo: passedOn,
  gaussianYolo: passedOn,
  dfl: passedOn,
  tail: passedOn,
  batchNorm: refused,
  activation: refused,
  averagePool: refused,
};

function passedOn(layer: Layer, { frame }: Context): Producer {
  return (t) => frame(layer.inputs[0], t);
}

function refused({ name, kind }: Layer): never {
  throw new EngineError("E_NOT_SPIKING", `${name} [${kind}] does not spike. Convert the graph first`);
}

function stateOf(layer: LayerOf<"integrateFire" | "readout">, context: Context): PopulationState {
  const { shapeOf, frameUnits, remembered } = context;
  const state = remembered(layer.name, () => populationState(layer, shapeOf(layer.name), frameUnits ?? 1));
  state.begin();
  return state;
}

function observe({ options, observation }: Context, t: number, synOps: () => number): void {
  if (options.at.includes(t)) observation.synOps.set(t, synOps());
}

function record(
  name: string,
  options: RunOptions,
  { raster, snapshots }: Observation,
  t: number,
  state: PopulationState,
  spikes: Frame,
): Frame {
  const neurons = options.record?.rasters?.find(({ layer }) => layer === name)?.neurons ?? [];
  for (const neuron of neurons) raster.push(spikes[neuron]);
  if (options.at.includes(t)) snapshots.set(t, state.snapshot());
  return spikes;
}

type PictureFacts = Pick<Context, "image" | "options" | "frameUnits" | "layerOf" | "shapeOf">;
interface Facts extends PictureFacts {
  /** Of islands that have been computed. */
  readonly islandValues: ReadonlyMap<string, FloatTensor>;
}

function isPictureConvolution(layer: ConvolutionLayer, { options, layerOf }: PictureFacts): boolean {
  return options.encoding === "constant" && layerOf(layer.inputs[0]).kind === "input";
}

/** The picture's current and the bias: of a step, or of a whole frame. */
function pictureConstants(layer: ConvolutionLayer, { image, shapeOf, frameUnits }: PictureFacts): Frame {
  const shape = shapeOf(layer.name);
  const synapses = convolutionSynapses(layer, shapeOf(layer.inputs[0]), shape);
  const pixels = layer.shift === undefined ? Float64Array.from(image.data) : quantizePixels(image);
  return pictureCurrents(synapses.accumulate(pixels), layer, shape, frameUnits ?? 1);
}

/** What a layer's current brings of a whole frame besides what spikes bring. */
function constantsOf(name: string, population: Population, facts: Facts): Frame | null {
  const layer = facts.layerOf(name);
  const island = facts.islandValues.get(name);
  if (island) return islandCharges(island, population, facts.frameUnits ?? 1);
  if (layer.kind === "convolution") {
    if (isPictureConvolution(layer, facts)) return pictureConstants(layer, facts);
    const shape = facts.shapeOf(name);
    return toCurrents(new Float64Array(sizeOf(shape)), layer, shape, true);
  }
  if (layer.kind !== "sum") return null;
  const parts = layer.inputs.flatMap((input) => constantsOf(input, population, facts) ?? []);
  if (parts.length === 0) return null;
  return parts.reduce((total, part) => total.map((value, i) => value + part[i]));
}

/** What a session keeps from frame to frame, by layer. */
export type Memory = Map<string, unknown>;

/**
 * @param keep steps of a layer that others may still ask for.
 * @param memory empty at a first frame; filled here.
 */
export function openStreams(
  graph: Graph,
  image: FloatTensor,
  options: RunOptions,
  keep: number,
  memory: Memory,
): Streams {
  const shapes = inferShapes(graph);
  const byName = layersByName(graph);
  const streams = new Map<string, FrameStream>();
  const observations = new Map<string, Observation>();
  const islandValues = new Map<string, FloatTensor>();
  const frameUnits = graph.simulation?.frameUnits;
  inputOf(graph);
  const remembered = <T>(name: string, make: () => T): T => {
    const value = memory.has(name) ? (memory.get(name) as T) : make();
    memory.set(name, value);
    return value;
  };
  /** Of a frame that goes on: what is new since the last one, since all else has been received. */
  const constants = (name: string, population: IntegrateFireLayer | ReadoutLayer): Frame | null => {
    const now = frameUnits === undefined ? null : constantsOf(name, population, facts);
    if (!now) return null;
    const last = memory.get(`${population.name}.constants`) as Frame | undefined;
    memory.set(`${population.name}.constants`, now);
    return last ? now.map((value, i) => value - last[i]) : now;
  };
  const facts = {
    image,
    options,
    frameUnits,
    weightOf: (t: number) => stepWeight(t, phasesOf(graph)),
    layerOf: (name: string) => byName.get(name) as Layer,
    shapeOf: (name: string) => shapes.get(name) as Shape,
    frame: (name: string, t: number) => (streams.get(name) as FrameStream).frame(t),
    islandValues,
    constants,
    remembered,
    keptLevels: options.state === undefined ? undefined : greatestLevels(graph),
  };
  for (const layer of graph.layers) {
    const observation: Observation = { snapshots: new Map(), synOps: new Map(), raster: [], charges: new Map() };
    const produce = producers[layer.kind] as (layer: Layer, context: Context) => Producer;
    observations.set(layer.name, observation);
    streams.set(layer.name, frameStream(produce(layer, { ...facts, observation }), keep));
  }
  return { streams, observations, islandValues };
}

function greatestLevels(graph: Graph): number {
  return graph.layers.reduce((most, layer) => (isPopulation(layer) ? Math.max(most, layer.levels) : most), 1);
}
