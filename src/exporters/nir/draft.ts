/** A NIR graph that is being written: nodes and edges so far, what stands for each layer's output, and what got lost. */
import { ConversionError } from "../../core/errors.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import type { Layer, Population } from "../../graph/layers.ts";
import type { NirNode, Reals } from "../../nir/nodes.ts";
import type { ExportOptions } from "../exporter.ts";

/** Channels from `start` on of what the nodes give together: edges that meet add up. */
export interface Piece {
  readonly from: readonly string[];
  /** Channels that the nodes give; `count` of them belong to the layer's output. */
  readonly channels: number;
  readonly start: number;
  readonly count: number;
}

export interface Draft {
  readonly options: ExportOptions;
  readonly shapeOf: (name: string) => Shape;
  /** The layers that read this one. */
  readonly readersOf: (name: string) => readonly Layer[];
  readonly nodes: ReadonlyMap<string, NirNode>;
  readonly edges: readonly (readonly [string, string])[];
  /** What is not the same, and the layers of which that is true. */
  readonly losses: ReadonlyMap<string, readonly string[]>;
  /** Adds a node under this name, or one like it that is free; returns the name. */
  readonly add: (name: string, node: NirNode, from: readonly string[]) => string;
  readonly connect: (from: string, to: string) => void;
  /** What a layer's output is made of, in the order of its channels. */
  readonly pieces: Map<string, readonly Piece[]>;
  /** Notes what is not the same; without `lossy`, refuses. */
  readonly lose: (layer: Layer, what: string, instead: string) => void;
}

export function newDraft(options: ExportOptions, facts: Pick<Draft, "shapeOf" | "readersOf">): Draft {
  const nodes = new Map<string, NirNode>();
  const edges: (readonly [string, string])[] = [];
  const losses = new Map<string, string[]>();
  return {
    ...facts,
    options,
    nodes,
    edges,
    losses,
    pieces: new Map(),
    add: (wanted, node, from) => {
      const name = freeName(wanted, nodes);
      nodes.set(name, node);
      edges.push(...from.map((source) => [source, name] as const));
      return name;
    },
    connect: (from, to) => {
      edges.push([from, to]);
    },
    lose: (layer, what, instead) => {
      if (!options.lossy) refuse(layer, `${what}. --lossy writes ${instead}`);
      const loss = `${what}; written as ${instead}`;
      losses.set(loss, [...(losses.get(loss) ?? []), layer.name]);
    },
  };
}

/** @throws ConversionError [E_NOT_PORTABLE] naming the layer. */
export function refuse({ name, kind }: Layer, reason: string): never {
  throw new ConversionError("E_NOT_PORTABLE", `${name} [${kind}] has no word in NIR: ${reason}`);
}

/** Readers make the names of attributes of them: letters, digits and underscores. */
function freeName(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  const name = wanted.replace(/\W/g, "_");
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}_${i}`;
  return free;
}

/** The whole output of a layer, from the nodes that give it. */
export function whole(from: readonly string[], [channels]: Shape): readonly Piece[] {
  return [{ from, channels, start: 0, count: channels }];
}

/** The nodes that together give a layer's output. @throws ConversionError where they give more than that. */
export function nodesOf(draft: Draft, reader: Layer, input: string): readonly string[] {
  const pieces = draft.pieces.get(input) as readonly Piece[];
  const [{ from, channels, count }] = pieces;
  if (pieces.length > 1 || channels !== count)
    refuse(reader, `it reads ${input}, which is put together of channels; only convolutions can take that apart`);
  return from;
}

/** Whether such neurons send nothing negative, and so are NIR's IF but for the reset. */
export function isPlain({ vThNeg }: Population): boolean {
  return vThNeg === null;
}

/** A value for every neuron, from one for each channel. */
export function perNeuron(values: ArrayLike<number>, [channels, height, width]: Shape): Reals {
  const area = height * width;
  const data = new Float64Array(channels * area);
  for (let c = 0; c < channels; c++) data.fill(values[c], c * area, (c + 1) * area);
  return reals([channels, height, width], data);
}

/** In float32 where that holds all values exactly. */
export function reals(shape: readonly number[], values: Float64Array): Reals {
  const single = Float32Array.from(values);
  const isExact = single.every((value, i) => value === values[i]);
  return isExact ? { dtype: "float32", shape, data: single } : { dtype: "float64", shape, data: values };
}

export function same(value: number, shape: Shape): Reals {
  return perNeuron(new Float64Array(shape[0]).fill(value), shape);
}
