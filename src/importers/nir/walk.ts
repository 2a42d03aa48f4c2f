/** Nodes in order, each turned into what it gives: a row for each type. */
import { ImportError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import type { IntegrateFireLayer, Layer } from "../../graph/layers.ts";
import type { Metadata, NodeOf, Reals } from "../../nir/nodes.ts";
import { currentLayers, heldFactor, nameIn } from "./assemble.ts";
import { type Chain, chainFrom, convolvedBy, flattened, multiplied, pooled, scaled } from "./chain.ts";
import { inOrder } from "./in-order.ts";
import type { Neurons, Node, NodeGraph } from "./loops.ts";
import { neuronsOf, populationOf, type Reset } from "./neurons.ts";

/** What a node gives: chains that add up, each with the name of the node that it ends with. */
type Signal = readonly { readonly chain: Chain; readonly name: string }[];

interface Walk {
  readonly file: string;
  readonly reset: Reset | undefined;
  readonly isInteger: boolean;
  readonly layers: Layer[];
  /** A name for a layer, like this one. */
  readonly nameFor: (wanted: string) => string;
  /** r of all neurons. */
  readonly resistances: Set<number>;
  /** Whether outputs are spikes. */
  isCounted: boolean;
}

interface Place {
  readonly name: string;
  readonly incoming: Signal;
  readonly fail: (what: string) => never;
}

type Handler<N extends Node> = (node: N, place: Place, walk: Walk) => Signal;

/** A node that goes on with each chain. */
const goesOn =
  <N extends Node>(next: (chain: Chain, node: N, fail: Place["fail"], isFirst: boolean) => Chain): Handler<N> =>
  (node, { name, incoming, fail }) =>
    incoming.map(({ chain }, i) => ({ name, chain: next(chain, node, fail, i === 0) }));

/** Biases are added once, however many chains come in. */
const once = (bias: Reals, isFirst: boolean): Reals =>
  isFirst ? bias : { dtype: "float64", shape: bias.shape, data: new Float64Array(bias.data.length) };

const unexpected: Handler<Node> = (node, { fail }) =>
  fail(`${node.type} stands by itself here, and is known only as a part of neurons`);

const handlers: { readonly [T in Node["type"]]: Handler<Extract<Node, { type: T }>> } = {
  Input: (node, { name, fail }, { layers, nameFor }) => {
    const shape = mapShape(node.shape, fail);
    const input = { kind: "input", name: nameFor(nameIn(node.metadata, name)), inputs: [], shape } as const;
    layers.push(input);
    return [{ name, chain: chainFrom(input.name, shape) }];
  },
  Conv2d: goesOn((chain, node, fail, isFirst) => convolvedBy(chain, { ...node, bias: once(node.bias, isFirst) }, fail)),
  Affine: goesOn((chain, { weight, bias }, fail, isFirst) => multiplied(chain, weight, once(bias, isFirst), fail)),
  Linear: goesOn((chain, { weight }, fail) => multiplied(chain, weight, null, fail)),
  Scale: goesOn(scaled),
  SumPool2d: goesOn(pooled),
  AvgPool2d: goesOn(pooled),
  Flatten: goesOn(flattened),
  IF: (node, place, walk) => fire(neuronsOf(node, walk.reset, place.name, walk.file, place.fail), place, walk),
  neurons: (node, place, walk) => fire(node, place, walk),
  I: unexpected,
  Threshold: unexpected,
  Output: writeReadout,
};

function fire(
  neurons: Neurons,
  { name, incoming, fail }: Place,
  { layers, nameFor, isInteger, resistances }: Walk,
): Signal {
  // Two are one too many; a hostile file has millions.
  for (const r of neurons.r.data) if (resistances.size < 2) resistances.add(r);
  const { shape } = incoming[0].chain;
  const factor = incoming.length === 1 ? heldFactor(incoming[0].chain) : undefined;
  const population = populationOf(neurons, shape, factor, isInteger, fail);
  const own = nameFor(nameIn(neurons.metadata, name));
  const currents = currentLayers(incoming, own, shape, isInteger, nameFor, fail);
  const inputs = [(currents.at(-1) as Layer).name];
  layers.push(...currents, { kind: "integrateFire", name: own, inputs, ...population, delay: 0 });
  return [{ name, chain: chainFrom(own, shape) }];
}

/** An output that gives spikes makes their neurons a readout; one that gives currents has a readout that adds them up. */
function writeReadout(node: NodeOf<"Output">, { name, incoming, fail }: Place, walk: Walk): Signal {
  const { layers, nameFor, isInteger } = walk;
  const [{ chain }] = incoming;
  const sender = layers.findIndex((layer) => layer.name === chain.source && layer.kind === "integrateFire");
  const isSpikes = incoming.length === 1 && !chain.kernel && !chain.pool && !chain.scale && sender >= 0;
  if (isSpikes) {
    const { delay: _, ...population } = layers[sender] as IntegrateFireLayer;
    layers[sender] = { ...population, kind: "readout" };
    walk.isCounted = true;
    return [];
  }
  const own = nameFor(nameIn(node.metadata, name));
  const currents = currentLayers(incoming, own, chain.shape, isInteger, nameFor, fail);
  const inputs = [(currents.at(-1) as Layer).name];
  const neurons = outputNeurons(node.metadata ?? {}, fail);
  layers.push(...currents, {
    kind: "readout",
    name: own,
    inputs,
    ...populationOf(neurons, chain.shape, undefined, isInteger, fail),
  });
  return [];
}

/** What reads charge has neurons, too; V_th is what a reading is divided by. */
function outputNeurons(metadata: Metadata, fail: Place["fail"]): Neurons {
  const { v_th: given = one, neuron } = metadata;
  if (typeof given === "string") return fail("its v_th is no number");
  return { type: "neurons", r: one, vTh: given, vThNeg: neuron === "if" ? null : given, isWhole: false, metadata };
}

const one: Reals = { dtype: "float64", shape: [1], data: Float64Array.of(1) };

/** @throws ImportError [E_NIR] naming the node that has no place here. */
export function walk(
  { nodes, edges }: NodeGraph,
  file: string,
  reset: Reset | undefined,
): Pick<Walk, "layers" | "isCounted"> {
  const state: Walk = {
    file,
    reset,
    isInteger: [...nodes.values()].some(({ metadata }) => metadata?.dtype === "int32"),
    layers: [],
    nameFor: freeNames(),
    resistances: new Set(),
    isCounted: false,
  };
  const sources = new Map<string, string[]>();
  for (const [from, to] of edges) sources.set(to, [...(sources.get(to) ?? []), from]);
  const signals = new Map<string, Signal>();
  let held = 0;
  for (const name of inOrder({ nodes, edges }, file)) {
    const node = nodes.get(name) as Node;
    const fail = (what: string): never => {
      throw new ImportError("E_NIR", `${file}, node ${printable(name)}: ${what}`);
    };
    const incoming = (sources.get(name) ?? []).flatMap((from) => signals.get(from) as Signal);
    if (incoming.length === 0 && node.type !== "Input") fail("nothing comes in");
    if (incoming.length > maxIncoming)
      fail(`${incoming.length} signals meet there; at most ${maxIncoming} are supported`);
    if ("weight" in node && incoming.length * node.weight.data.length > maxHeld)
      fail("too many signals read its weights");
    const signal = (handlers[node.type] as Handler<Node>)(node, { name, incoming, fail }, state);
    if (signal.some(({ chain }) => sizeOf(chain.shape) > maxValues))
      fail(`it would give more than ${maxValues} values`);
    held += signal.reduce((total, { chain }) => total + heldBy(chain, node), 0);
    if (held > maxHeld) fail("what neurons read comes to too many weights up to there");
    signals.set(name, signal);
  }
  const [r = 1, other] = state.resistances;
  if (!(r > 0) || other !== undefined)
    throw new ImportError(
      "E_NIR",
      `${file} has neurons with r = ${other === undefined ? r : `${r} and ${other}`}; one positive r for all is supported, a step being 1/r long`,
    );
  return state;
}

/** Chains multiply where several meet and go on, and with them what convolutions hold; no detector comes near. */
const maxIncoming = 64;
const maxHeld = 2 ** 27;
const maxValues = 2 ** 26;

/** Numbers that a chain has of its own since this node. */
function heldBy({ scale, gain, kernel }: Chain, node: Node): number {
  return 1 + (scale?.length ?? 0) + (gain?.length ?? 0) + ("weight" in node ? (kernel?.data.length ?? 0) : 0);
}

/** [C, H, W]; a vector is so many channels of one pixel. */
function mapShape(shape: readonly number[], fail: Place["fail"]): Shape {
  const [channels, height = 1, width = 1] = shape;
  if (channels > 65_536) fail(`it has ${channels} channels; at most 65536 are supported`);
  return shape.length === 1 || shape.length === 3
    ? [channels, height, width]
    : fail(`it has shape [${shape.join(", ")}]; [channels, height, width] expected`);
}

function freeNames(): (wanted: string) => string {
  const taken = new Set<string>();
  return (wanted) => {
    const name = wanted.replace(/[^\w-]/g, "_").slice(0, 100) || "node";
    let free = name;
    for (let i = 2; taken.has(free); i++) free = `${name}_${i}`;
    taken.add(free);
    return free;
  };
}
