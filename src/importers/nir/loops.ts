/**
 * Neurons that are written as loops of NIR's parts, found by their membranes: I, what fires from it (Threshold), and what is given back
 * to it (Scale). Each becomes one node; a signed one has a second half that reads −V.
 */
import { ImportError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import type { Metadata, NirGraph, NirNode, Reals } from "../../nir/nodes.ts";

/** Neurons that reset by subtraction. */
export interface Neurons {
  readonly type: "neurons";
  readonly r: Reals;
  readonly vTh: Reals;
  /** Null where nothing negative is sent. */
  readonly vThNeg: Reals | null;
  /** Whether they say V > V_th − ½, which is V ≥ V_th for whole numbers only. */
  readonly isWhole: boolean;
  readonly metadata: Metadata;
}

export type Node = NirNode | Neurons;

export interface NodeGraph {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly edges: NirGraph["edges"];
}

interface Loop {
  readonly neurons: Neurons;
  /** What receives currents. */
  readonly membrane: string;
  /** What gives the spikes. */
  readonly output: string;
  /** Edges between its nodes; it has no others. */
  readonly wires: readonly (readonly [string, string])[];
}

type Fail = (what: string) => never;

/** @throws ImportError [E_NIR] for an integrator that is no such neuron. */
export function withLoopsAsNeurons(graph: Pick<NirGraph, "nodes" | "edges">, file: string): NodeGraph {
  const readers = new Map<string, string[]>([...graph.nodes.keys()].map((name) => [name, []]));
  for (const [from, to] of graph.edges) readers.get(from)?.push(to);
  const nodes = new Map<string, Node>(graph.nodes);
  const loopOf = new Map<string, Loop>();
  for (const [name, node] of graph.nodes) {
    if (node.type !== "I") continue;
    const fail = failAt(name, file);
    const loop = findLoop(
      name,
      node.r,
      { nodes: graph.nodes, readersOf: (each) => readers.get(each) as string[] },
      fail,
    );
    for (const part of new Set(loop.wires.flat())) {
      if (loopOf.has(part)) fail("it shares parts with another");
      loopOf.set(part, loop);
      nodes.delete(part);
    }
    nodes.set(loop.output, loop.neurons);
  }
  const edges = graph.edges.flatMap(([from, to]) => {
    const [left, entered] = [loopOf.get(from), loopOf.get(to)];
    if (left && left === entered && left.wires.some(([a, b]) => a === from && b === to)) return [];
    if (left && from !== left.output) failAt(left.membrane, file)(`${printable(to)} reads ${printable(from)}`);
    if (entered && to !== entered.membrane)
      failAt(entered.membrane, file)(`${printable(from)} reaches into it at ${printable(to)}`);
    return [[from, entered ? entered.output : to] as const];
  });
  return { nodes, edges };
}

function failAt(membrane: string, file: string): Fail {
  return (what) => {
    throw new ImportError(
      "E_NIR",
      `${file} has an integrator ${printable(membrane)} that is no neuron known here: ${what}`,
    );
  };
}

interface Facts {
  readonly nodes: ReadonlyMap<string, NirNode>;
  readonly readersOf: (name: string) => readonly string[];
}

function findLoop(membrane: string, r: Reals, { nodes, readersOf }: Facts, fail: Fail): Loop {
  const nodeOf = (name: string) => nodes.get(name) as NirNode;
  /** The threshold that reads this node, what it gives back to the membrane, and who else reads it. */
  const half = (name: string) => {
    const [fires, ...more] = readersOf(name).filter((reader) => nodeOf(reader).type === "Threshold");
    if (fires === undefined || more.length > 0)
      return fail(`${more.length + Number(fires !== undefined)} thresholds read ${printable(name)}`);
    const [back, ...others] = readersOf(fires).filter((reader) => readersOf(reader).includes(membrane));
    const [threshold, scale] = [nodeOf(fires), nodeOf(back ?? fires)];
    if (threshold.type !== "Threshold" || scale.type !== "Scale" || others.length > 0)
      return fail(`${printable(fires)} does not give back to it through one scale`);
    const wires = [
      [name, fires],
      [fires, back],
      [back, membrane],
    ] as const;
    const readers = readersOf(fires).filter((reader) => reader !== back);
    return { fires, threshold: threshold.threshold, given: scale.scale, readers, wires };
  };
  const up = half(membrane);
  const vTh = negated(up.given);
  const isUpWhole = checkThreshold(up.threshold, vTh, fail);
  const turned = readersOf(membrane).find((reader) => isScaleOf(nodeOf(reader), -1));
  if (turned === undefined) {
    // A scale of 1 may stand behind, which has the neurons' name.
    const [behind] = up.readers;
    const isNamed = up.readers.length === 1 && isScaleOf(nodeOf(behind), 1) && nodeOf(behind).metadata !== undefined;
    const [output, last] = isNamed ? [behind, [[up.fires, behind]] as const] : [up.fires, []];
    const metadata = nodeOf(output).metadata ?? {};
    const neurons = { type: "neurons", r, vTh, vThNeg: null, isWhole: isUpWhole, metadata } as const;
    return { neurons, membrane, output, wires: [...up.wires, ...last] };
  }
  const down = half(turned);
  const [negative = turned] = down.readers;
  const [output = membrane] = readersOf(negative);
  if (!isScaleOf(nodeOf(negative), -1) || !isScaleOf(nodeOf(output), 1) || !up.readers.includes(output))
    fail("its two thresholds do not meet, one turned, in a scale of 1");
  const isWhole = checkThreshold(down.threshold, down.given, fail) && isUpWhole;
  const metadata = nodeOf(output).metadata ?? {};
  const neurons = { type: "neurons", r, vTh, vThNeg: down.given, isWhole, metadata } as const;
  const ends = [
    [membrane, turned],
    [down.fires, negative],
    [negative, output],
    [up.fires, output],
  ] as const;
  return { neurons, membrane, output, wires: [...up.wires, ...down.wires, ...ends] };
}

function isScaleOf(node: NirNode, value: number): boolean {
  return node.type === "Scale" && node.scale.data.every((each) => each === value);
}

function negated({ dtype, shape, data }: Reals): Reals {
  return dtype === "float32"
    ? { dtype, shape, data: data.map((value) => -value) }
    : { dtype, shape, data: data.map((value) => -value) };
}

/**
 * Neurons here fire at V ≥ V_th and give up V_th. NIR's fire above a threshold: V_th itself (the same but for V that is exactly that), the
 * number before it, or V_th − ½ of whole numbers, which is said by the answer.
 */
function checkThreshold({ data }: Reals, given: Reals, fail: (what: string) => never): boolean {
  if (data.length !== given.data.length) fail("its thresholds and scales have different shapes");
  const [first, firstGiven] = [data[0], given.data[0]];
  const isWhole = first === firstGiven - 0.5;
  const wrong = data.findIndex((value, i) => {
    const full = given.data[i];
    return isWhole ? value !== full - 0.5 : Math.abs(value - full) > Math.abs(full) * 2 ** -23;
  });
  if (wrong >= 0)
    fail(
      `it fires above ${data[wrong]} and gives up ${given.data[wrong]}; reset by subtraction gives up the threshold`,
    );
  return isWhole;
}
