/**
 * The graph as fast engines see it: stages that run one after the other, and signals (spikes of a layer) between
 * them. A convolution is no stage: it is a term of the population that integrates it.
 */
import { EngineError } from "../../core/errors.ts";
import { type Encoding, type Graph, inferShapes, inputOf, layersByName } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import {
  type ConvolutionLayer,
  type InputLayer,
  type IntegrateFireLayer,
  type IslandLayer,
  isHead,
  isPopulation,
  type Layer,
  type ReadoutLayer,
  type SumLayer,
} from "../../graph/layers.ts";
import { phasesOf } from "../phases.ts";
import { type Segment, segmentsOf } from "./segments.ts";
import { type SquareConvolution, type SquarePool, squareConvolution, squarePool } from "./square.ts";

/** Spikes of a layer. */
export interface Signal {
  readonly name: string;
  readonly shape: Shape;
  /** Global step − own step: the delays on the longest way here. */
  readonly lag: number;
  /** Spikes are within ± this. */
  readonly greatestSpike: number;
}

/** A convolution of spikes. */
export interface ConvolutionTerm {
  readonly kind: "convolution";
  readonly layer: SquareConvolution;
  readonly input: Signal;
  readonly output: Shape;
  /** Whether this stage counts the layer's synaptic operations: one does where several integrate the same layer. */
  readonly counts: boolean;
}

/** Spikes that enter a sum, times a scale per channel (1 where there is none). */
export interface ScaleTerm {
  readonly kind: "scale";
  readonly layer: SumLayer;
  readonly branch: number;
  readonly input: Signal;
  readonly output: Shape;
  readonly counts: boolean;
}

export type Term = ConvolutionTerm | ScaleTerm;

export interface PopulationStage {
  readonly kind: "population";
  readonly layer: IntegrateFireLayer | ReadoutLayer;
  readonly signal: Signal;
  /** Lag of what is integrated. */
  readonly lagIn: number;
  readonly terms: readonly Term[];
  /** Convolutions of a picture that is a constant current. */
  readonly pictures: readonly SquareConvolution[];
  /** The island whose values these neurons receive. */
  readonly island: IslandLayer | undefined;
  /** A max-pool that alone reads these spikes, and whose windows lie side by side: it is run with the neurons. */
  readonly pool?: PoolStage;
}

export interface PoolStage {
  readonly kind: "pool";
  readonly layer: SquarePool;
  readonly signal: Signal;
  readonly input: Signal;
}

/** Channels from `from` of the input become channels from `to` of the signal, each position `factor`² positions. */
export interface MoveStage {
  readonly kind: "move";
  readonly signal: Signal;
  readonly input: Signal;
  readonly factor: number;
  readonly from: number;
  readonly to: number;
  readonly channels: number;
}

export interface PoissonStage {
  readonly kind: "poisson";
  readonly layer: InputLayer;
  readonly signal: Signal;
}

export type Stage = PopulationStage | PoolStage | MoveStage | PoissonStage;

export interface Network {
  readonly input: InputLayer;
  readonly stages: readonly Stage[];
  /** Leading steps whose spikes weigh more: see `src/snn/phases.ts`. */
  readonly phases: number;
  /** Unit steps of a frame whose constants come at once; absent: they come at every step. */
  readonly frameUnits: number | undefined;
  /** Whether neurons and pools keep their state from frame to frame. */
  readonly keepsState: boolean;
  /** Signals of earlier segments whose spikes are written into their frames before a tile. */
  readonly replays: readonly Signal[];
  /** By layer name; replays among them. */
  readonly signals: ReadonlyMap<string, Signal>;
  readonly segment: Segment;
}

export interface NetworkOptions {
  readonly encoding: Encoding;
  /** Layers whose single spikes must be there to be looked at. */
  readonly pinned: ReadonlySet<string>;
  readonly keepsState: boolean;
  /** Whether no pool is run together with the neurons before it. */
  readonly poolsApart?: boolean;
}

/** Signals of all segments so far, and what has been counted. */
interface Made {
  readonly signals: Map<string, Signal>;
  readonly counted: Set<Layer>;
}

/**
 * The networks of a graph's segments; one where it has no islands.
 * @throws EngineError [E_TOPOLOGY] where something other than a population or a sum reads a current.
 */
export function networksOf(graph: Graph, options: NetworkOptions): readonly Network[] {
  const { encoding, pinned } = options;
  const made: Made = { signals: new Map(), counted: new Set() };
  const networks = segmentsOf(graph).map((segment) => {
    return networkOf(graph, segment, made, { ...options, pinned: new Set([...pinned, ...segment.kept]) });
  });
  const byName = layersByName(graph);
  for (const layer of graph.layers) {
    if ((layer.kind === "convolution" && !readsPicture(byName, layer, encoding)) || layer.kind === "sum") {
      if (!made.counted.has(layer))
        throw new EngineError("E_TOPOLOGY", `${layer.name} [${layer.kind}] feeds no neurons`);
    }
  }
  return networks;
}

/** Whether a layer is a convolution of the picture as a constant current. */
function readsPicture(byName: ReadonlyMap<string, Layer>, layer: Layer, encoding: Encoding): boolean {
  return encoding === "constant" && layer.kind === "convolution" && byName.get(layer.inputs[0])?.kind === "input";
}

function networkOf(
  graph: Graph,
  segment: Segment,
  { signals: before, counted }: Made,
  { encoding, pinned, keepsState, poolsApart = false }: NetworkOptions,
): Network {
  const shapes = inferShapes(graph);
  const byName = layersByName(graph);
  const signals = new Map<string, Signal>();
  const stages: Stage[] = [];
  const replays: Signal[] = [];
  const shapeOf = (name: string) => shapes.get(name) as Shape;
  const isPicture = (layer: Layer) => readsPicture(byName, layer, encoding);

  function fail(layer: Layer, name: string): never {
    throw new EngineError(
      "E_TOPOLOGY",
      `${layer.name} [${layer.kind}] cannot take the current of ${name} [${byName.get(name)?.kind}]. Put neurons between them (placePopulations does)`,
    );
  }
  function spikesOf(name: string, reader: Layer): Signal {
    return signals.get(name) ?? replayed(name) ?? fail(reader, name);
  }
  function replayed(name: string): Signal | undefined {
    const earlier = before.get(name);
    if (!earlier) return undefined;
    const signal = { ...earlier, lag: 0 };
    signals.set(name, signal);
    replays.push(signal);
    return signal;
  }
  function countsOnce(layer: Layer): boolean {
    if (counted.has(layer)) return false;
    counted.add(layer);
    return true;
  }
  function add(layer: Layer, lag: number, greatestSpike: number): Signal {
    const signal = { name: layer.name, shape: shapeOf(layer.name), lag, greatestSpike };
    signals.set(layer.name, signal);
    return signal;
  }
  function termOf(layer: ConvolutionLayer): ConvolutionTerm {
    const input = spikesOf(layer.inputs[0], layer);
    const counts = countsOnce(layer);
    return { kind: "convolution", layer: squareConvolution(layer), input, output: shapeOf(layer.name), counts };
  }
  function branchOf(layer: SumLayer, branch: number, counts: boolean): Term | SquareConvolution {
    const name = layer.inputs[branch];
    const source = byName.get(name) as Layer;
    if (source.kind !== "convolution") {
      const input = spikesOf(name, layer);
      return { kind: "scale", layer, branch, input, output: shapeOf(layer.name), counts };
    }
    if (layer.scales?.[branch]) fail(layer, name);
    return isPicture(source) ? squareConvolution(source) : termOf(source);
  }
  /** What a population integrates. */
  function sourcesOf(layer: Layer): readonly (Term | SquareConvolution)[] {
    const source = byName.get(layer.inputs[0]) as Layer;
    if (source.kind === "island") return [];
    if (source.kind === "convolution") return [isPicture(source) ? squareConvolution(source) : termOf(source)];
    if (source.kind !== "sum") return fail(layer, source.name);
    const counts = countsOnce(source);
    return source.inputs.map((_, branch) => branchOf(source, branch, counts));
  }
  /** Spikes are needed of a picture that is not (only) a constant current. */
  const needsPictureSpikes = [...segment.layers].some(
    (layer) => !isPicture(layer) && layer.inputs.some((name) => byName.get(name)?.kind === "input"),
  );

  for (const layer of graph.layers) {
    if (layer.kind !== "input" && !segment.layers.has(layer)) continue;
    if (isPopulation(layer)) {
      const source = byName.get(layer.inputs[0]);
      const island = source?.kind === "island" ? source : undefined;
      const sources = sourcesOf(layer);
      const terms = sources.filter((source): source is Term => "input" in source);
      const pictures = sources.filter((source): source is SquareConvolution => !("input" in source));
      const lagIn = Math.max(0, ...terms.map(({ input }) => input.lag));
      const signal = add(layer, lagIn + (layer.kind === "integrateFire" ? layer.delay : 0), layer.levels);
      stages.push({ kind: "population", layer, signal, lagIn, terms, pictures, island });
    } else if (layer.kind === "input") {
      if (needsPictureSpikes) stages.push({ kind: "poisson", layer, signal: add(layer, 0, 1) });
    } else if (layer.kind === "maxPool") {
      const input = spikesOf(layer.inputs[0], layer);
      stages.push({
        kind: "pool",
        layer: squarePool(layer),
        input,
        signal: add(layer, input.lag, input.greatestSpike),
      });
    } else if (layer.kind === "upsample" || layer.kind === "slice" || layer.kind === "concat") {
      const inputs = layer.inputs.map((name) => spikesOf(name, layer));
      const greatest = (of: "lag" | "greatestSpike") => Math.max(...inputs.map((input) => input[of]));
      const signal = add(layer, greatest("lag"), greatest("greatestSpike"));
      const factor = layer.kind === "upsample" ? layer.factor : 1;
      const from = layer.kind === "slice" ? layer.start : 0;
      let to = 0;
      for (const input of inputs) {
        const channels = layer.kind === "slice" ? layer.count : input.shape[0];
        stages.push({ kind: "move", signal, input, factor, from, to, channels });
        to += channels;
      }
    } else if (layer.kind !== "convolution" && layer.kind !== "sum" && !isHead(layer)) {
      throw new EngineError("E_NOT_SPIKING", `${layer.name} [${layer.kind}] does not spike. Convert the graph first`);
    }
  }
  for (const [name, signal] of signals) before.set(name, signal);
  return {
    input: inputOf(graph),
    // A pool that tracks has counts of its own.
    stages: keepsState || poolsApart ? stages : withPools(stages, pinned),
    phases: phasesOf(graph),
    frameUnits: graph.simulation?.frameUnits,
    keepsState,
    signals,
    replays,
    segment,
  };
}

/** Pools that can be run with the neurons before them are, unless their input has to be seen; their stages go. */
function withPools(stages: readonly Stage[], pinned: ReadonlySet<string>): readonly Stage[] {
  const readers = stages.flatMap(inputsOf);
  const byInput = new Map<Signal, PoolStage>();
  for (const stage of stages) {
    if (stage.kind !== "pool" || stage.layer.size !== stage.layer.stride) continue;
    const isOnlyReader = readers.filter((signal) => signal === stage.input).length === 1;
    if (isOnlyReader && !pinned.has(stage.input.name)) byInput.set(stage.input, stage);
  }
  const merged = new Set<Stage>();
  const joined = stages.map((stage): Stage => {
    const pool = byInput.get(stage.signal);
    if (stage.kind !== "population" || !pool) return stage;
    merged.add(pool);
    return { ...stage, pool };
  });
  return joined.filter((stage) => !merged.has(stage));
}

/** Signals that a stage reads. */
export function inputsOf(stage: Stage): readonly Signal[] {
  if (stage.kind === "population") return stage.terms.map(({ input }) => input);
  return stage.kind === "poisson" ? [] : [stage.input];
}

/** The signal that others read of a stage. */
export function outputOf(stage: Stage): Signal {
  return stage.kind === "population" && stage.pool ? stage.pool.signal : stage.signal;
}
