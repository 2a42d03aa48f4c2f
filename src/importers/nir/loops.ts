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

/** @throws ImportError [E_NIR] for an integrator that is no such neuron. */
export function withLoopsAsNeurons(graph: Pick<NirGraph, "nodes" | "edges">, file: string): NodeGraph {
  const nodes = new Map<string, Node>(graph.nodes);
  let { edges } = graph;
  for (const [name, node] of graph.nodes) {
    if (node.type !== "I") continue;
    const fail = (what: string): never => {
      throw new ImportError(
        "E_NIR",
        `${file} has an integrator ${printable(name)} that is no neuron known here: ${what}`,
      );
    };
    const loop = findLoop(name, node.r, graph, fail);
    const inner = new Set([name, ...loop.parts]);
    for (const part of inner) nodes.delete(part);
    nodes.set(loop.output, loop.neurons);
    // What came to the membrane comes to the neurons.
    edges = edges.flatMap(([from, to]) => {
      const isWithin = inner.has(from) || (from === loop.output && inner.has(to));
      if (isWithin) return [];
      if (to === name) return [[from, loop.output] as const];
      return inner.has(to) || to === loop.output ? fail(`${printable(from)} reaches into it`) : [[from, to] as const];
    });
  }
  return { nodes, edges };
}

interface Loop {
  readonly neurons: Neurons;
  /** Node whose output is the spikes. */
  readonly output: string;
  /** The others but the membrane. */
  readonly parts: readonly string[];
}

function findLoop(
  membrane: string,
  r: Reals,
  { nodes, edges }: Pick<NirGraph, "nodes" | "edges">,
  fail: (what: string) => never,
): Loop {
  const readers = (name: string) => edges.flatMap(([from, to]) => (from === name ? [to] : []));
  const nodeOf = (name: string) => nodes.get(name) as NirNode;
  /** The threshold that reads this node, and what it gives back to the membrane. */
  const half = (name: string) => {
    const fires = readers(name).filter((reader) => nodeOf(reader).type === "Threshold");
    if (fires.length !== 1) fail(`${fires.length} thresholds read ${printable(name)}`);
    const back = readers(fires[0]).filter((reader) => readers(reader).includes(membrane));
    const scale = back.length === 1 ? nodeOf(back[0]) : undefined;
    const threshold = nodeOf(fires[0]);
    if (scale?.type !== "Scale" || readers(back[0]).length !== 1 || threshold.type !== "Threshold")
      return fail(`${printable(fires[0])} does not give back to it through one scale`);
    const others = readers(fires[0]).filter((reader) => reader !== back[0]);
    return { fires: fires[0], back: back[0], threshold: threshold.threshold, scale: scale.scale, others };
  };
  const up = half(membrane);
  const turned = readers(membrane).filter((reader) => isScaleOf(nodeOf(reader), -1));
  if (readers(membrane).length !== 1 + turned.length || turned.length > 1) fail("others read it than its thresholds");
  const vTh = negated(up.scale);
  const up1 = checkThreshold(up.threshold, vTh, fail);
  if (turned.length === 0) {
    // A scale of 1 may stand behind, which has the neurons' name.
    const [behind, ...more] = up.others;
    const isNamed =
      more.length === 0 &&
      behind !== undefined &&
      isScaleOf(nodeOf(behind), 1) &&
      nodeOf(behind).metadata !== undefined;
    const metadata = (isNamed ? nodeOf(behind) : nodeOf(up.fires)).metadata ?? {};
    const neurons = { type: "neurons", r, vTh, vThNeg: null, isWhole: up1, metadata } as const;
    return isNamed
      ? { neurons, output: behind, parts: [up.fires, up.back] }
      : { neurons, output: up.fires, parts: [up.back] };
  }
  const down = half(turned[0]);
  const [negative] = down.others;
  const [output] = negative === undefined ? [] : readers(negative);
  const isSigned =
    down.others.length === 1 &&
    isScaleOf(nodeOf(negative), -1) &&
    readers(negative).length === 1 &&
    up.others.length === 1 &&
    up.others[0] === output &&
    isScaleOf(nodeOf(output), 1) &&
    readers(turned[0]).length === 1;
  if (!isSigned) fail("its two thresholds do not meet, one turned, in a scale of 1");
  const isWhole = checkThreshold(down.threshold, down.scale, fail) && up1;
  const neurons = {
    type: "neurons",
    r,
    vTh,
    vThNeg: down.scale,
    isWhole,
    metadata: nodeOf(output).metadata ?? {},
  } as const;
  return { neurons, output, parts: [up.fires, up.back, turned[0], down.fires, down.back, negative] };
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
