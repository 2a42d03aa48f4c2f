/**
 * Makes networks of a graph: each layer's stages by its kind, and what populations integrate by walking back through their currents.
 */
import { EngineError } from "../../core/errors.ts";
import { type Encoding, type Graph, inferShapes, inputOf, layersByName } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import type { ConvolutionLayer, Layer, LayerKind, LayerOf, ProductLayer, SumLayer } from "../../graph/layers.ts";
import { phasesOf } from "../phases.ts";
import {
  type ConvolutionTerm,
  inputsOf,
  type MoveStage,
  type Network,
  type PoolStage,
  type ProductTerm,
  type Signal,
  type Spread,
  type Stage,
  type Term,
} from "./network.ts";
import { type Segment, segmentsOf } from "./segments.ts";
import { type SquareConvolution, squareConvolution, squarePool } from "./square.ts";

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
    const seen = { ...options, pinned: new Set([...pinned, ...segment.kept]) };
    return new NetworkBuilder(graph, segment, made, seen).network();
  });
  const byName = layersByName(graph);
  for (const layer of graph.layers) {
    const isCurrent = layer.kind === "sum" || layer.kind === "product";
    if (isCurrent || (layer.kind === "convolution" && !readsPicture(byName, layer, encoding))) {
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

/** The stages of a layer, appended to what comes before it. */
type StagesOf<K extends LayerKind> = (layer: LayerOf<K>, builder: NetworkBuilder) => void;

const stagesOf: { readonly [K in LayerKind]: StagesOf<K> } = {
  input: (layer, builder) => builder.picture(layer),
  integrateFire: (layer, builder) => builder.population(layer),
  readout: (layer, builder) => builder.population(layer),
  maxPool: (layer, builder) => builder.pool(layer),
  insertZeros: (layer, builder) =>
    builder.moved(layer, ([channels]) => ({ from: 0, channels, factor: layer.factor, insertsZeros: true })),
  upsample: (layer, builder) => builder.moved(layer, ([channels]) => ({ from: 0, channels, factor: layer.factor })),
  slice: (layer, builder) => builder.moved(layer, () => ({ from: layer.start, channels: layer.count, factor: 1 })),
  concat: (layer, builder) => builder.moved(layer, ([channels]) => ({ from: 0, channels, factor: 1 })),
  // Currents are part of the populations that integrate them, and islands of those that receive their values.
  convolution: () => {},
  sum: () => {},
  product: () => {},
  island: () => {},
  region: () => {},
  yolo: () => {},
  gaussianYolo: () => {},
  dfl: () => {},
  tail: () => {},
  batchNorm: refused,
  activation: refused,
  averagePool: refused,
};

function refused({ name, kind }: Layer): never {
  throw new EngineError("E_NOT_SPIKING", `${name} [${kind}] does not spike. Convert the graph first`);
}

/** One segment's network. */
class NetworkBuilder {
  readonly #graph: Graph;
  readonly #segment: Segment;
  readonly #made: Made;
  readonly #options: NetworkOptions;
  readonly #shapes: ReadonlyMap<string, Shape>;
  readonly #byName: ReadonlyMap<string, Layer>;
  readonly #signals = new Map<string, Signal>();
  readonly #stages: Stage[] = [];
  readonly #replays: Signal[] = [];

  constructor(graph: Graph, segment: Segment, made: Made, options: NetworkOptions) {
    this.#graph = graph;
    this.#segment = segment;
    this.#made = made;
    this.#options = options;
    this.#shapes = inferShapes(graph);
    this.#byName = layersByName(graph);
  }

  network(): Network {
    const { pinned, keepsState, poolsApart = false } = this.#options;
    for (const layer of this.#graph.layers) {
      if (layer.kind !== "input" && !this.#segment.layers.has(layer)) continue;
      (stagesOf[layer.kind] as StagesOf<LayerKind>)(layer, this);
    }
    for (const [name, signal] of this.#signals) this.#made.signals.set(name, signal);
    return {
      input: inputOf(this.#graph),
      // A pool that tracks has counts of its own.
      stages: keepsState || poolsApart ? this.#stages : withPools(this.#stages, pinned),
      phases: phasesOf(this.#graph),
      frameUnits: this.#graph.simulation?.frameUnits,
      keepsState,
      signals: this.#signals,
      replays: this.#replays,
      segment: this.#segment,
    };
  }

  /** Spikes of a picture, where it is not (only) a constant current. */
  picture(layer: LayerOf<"input">): void {
    const needsSpikes = [...this.#segment.layers].some(
      (reader) => !this.#isPicture(reader) && reader.inputs.some((name) => this.#byName.get(name)?.kind === "input"),
    );
    if (needsSpikes) this.#stages.push({ kind: "poisson", layer, signal: this.#add(layer, 0, 1) });
  }

  population(layer: LayerOf<"integrateFire" | "readout">): void {
    const source = this.#byName.get(layer.inputs[0]);
    const sources = this.#sourcesOf(layer);
    const terms = sources.filter((source): source is Term => "input" in source);
    const pictures = sources.filter((source): source is SquareConvolution => !("input" in source));
    const lagIn = Math.max(0, ...terms.map(({ input }) => input.lag));
    const signal = this.#add(layer, lagIn + (layer.kind === "integrateFire" ? layer.delay : 0), layer.levels);
    const island = source?.kind === "island" ? source : undefined;
    this.#stages.push({ kind: "population", layer, signal, lagIn, terms, pictures, island });
  }

  pool(layer: LayerOf<"maxPool">): void {
    const input = this.#spikesOf(layer.inputs[0], layer);
    const signal = this.#add(layer, input.lag, input.greatestSpike);
    this.#stages.push({ kind: "pool", layer: squarePool(layer), input, signal });
  }

  /** Channels of each input, one after the other. */
  moved(
    layer: LayerOf<"upsample" | "insertZeros" | "slice" | "concat">,
    part: (shape: Shape) => Pick<MoveStage, "from" | "channels" | "factor"> & { readonly insertsZeros?: true },
  ): void {
    const inputs = layer.inputs.map((name) => this.#spikesOf(name, layer));
    const greatest = (of: "lag" | "greatestSpike") => Math.max(...inputs.map((input) => input[of]));
    const signal = this.#add(layer, greatest("lag"), greatest("greatestSpike"));
    let to = 0;
    for (const input of inputs) {
      const { from, channels, factor, insertsZeros = false } = part(input.shape);
      this.#stages.push({ kind: "move", signal, input, factor, insertsZeros, from, to, channels });
      to += channels;
    }
  }

  /** What a population integrates. */
  #sourcesOf(layer: Layer): readonly (Term | SquareConvolution)[] {
    const source = this.#byName.get(layer.inputs[0]) as Layer;
    if (source.kind === "island") return [];
    if (source.kind === "convolution") return [this.#convolution(source)];
    if (source.kind === "product") return this.#product(source);
    if (source.kind !== "sum") return this.#fail(layer, source.name);
    const counts = this.#countsOnce(source);
    return source.inputs.map((_, branch) => this.#branchOf(source, branch, counts));
  }

  #branchOf(layer: SumLayer, branch: number, counts: boolean): Term | SquareConvolution {
    const name = layer.inputs[branch];
    const source = this.#byName.get(name) as Layer;
    if (source.kind !== "convolution") {
      const input = this.#spikesOf(name, layer);
      return { kind: "scale", layer, branch, input, output: this.#shapeOf(layer), counts };
    }
    if (layer.scales?.[branch]) this.#fail(layer, name);
    return this.#convolution(source);
  }

  #convolution(layer: ConvolutionLayer): ConvolutionTerm | SquareConvolution {
    if (this.#isPicture(layer)) return squareConvolution(layer);
    const input = this.#spikesOf(layer.inputs[0], layer);
    const counts = this.#countsOnce(layer);
    return { kind: "convolution", layer: squareConvolution(layer), input, output: this.#shapeOf(layer), counts };
  }

  #product(layer: ProductLayer): readonly ProductTerm[] {
    const factors = layer.inputs.map((name) => this.#spikesOf(name, layer));
    const output = this.#shapeOf(layer);
    const spreads = factors.map(({ shape }) => spreadOf(shape, output));
    const counts = this.#countsOnce(layer);
    return [0, 1].map((side) => ({
      ...{ kind: "product", layer, input: factors[side], spread: spreads[side], other: factors[1 - side] },
      ...{ otherSpread: spreads[1 - side], isSecond: side === 1, output, counts },
    }));
  }

  #isPicture(layer: Layer): boolean {
    return readsPicture(this.#byName, layer, this.#options.encoding);
  }

  #shapeOf({ name }: Layer): Shape {
    return this.#shapes.get(name) as Shape;
  }

  #add(layer: Layer, lag: number, greatestSpike: number): Signal {
    const signal = { name: layer.name, shape: this.#shapeOf(layer), lag, greatestSpike };
    this.#signals.set(layer.name, signal);
    return signal;
  }

  #spikesOf(name: string, reader: Layer): Signal {
    return this.#signals.get(name) ?? this.#replayed(name) ?? this.#fail(reader, name);
  }

  #replayed(name: string): Signal | undefined {
    const earlier = this.#made.signals.get(name);
    if (!earlier) return undefined;
    const signal = { ...earlier, lag: 0 };
    this.#signals.set(name, signal);
    this.#replays.push(signal);
    return signal;
  }

  #countsOnce(layer: Layer): boolean {
    const { counted } = this.#made;
    if (counted.has(layer)) return false;
    counted.add(layer);
    return true;
  }

  #fail(layer: Layer, name: string): never {
    throw new EngineError(
      "E_TOPOLOGY",
      `${layer.name} [${layer.kind}] cannot take the current of ${name} [${this.#byName.get(name)?.kind}]. Put neurons between them (placePopulations does)`,
    );
  }
}

function spreadOf(factor: Shape, product: Shape): Spread {
  if (factor.join() === product.join()) return "alike";
  return factor[0] === product[0] ? "channels" : "positions";
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
