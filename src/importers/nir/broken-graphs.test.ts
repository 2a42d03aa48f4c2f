/** Graphs that a file may hold and no program writes: each ends in a network that is one, or in one line. */
import { expect, test } from "vitest";
import { plainSpiking, pooledNetwork, portable } from "../../../test/portable-networks.ts";
import { SpikingYoloError } from "../../core/errors.ts";
import { type Random, seededRandom } from "../../core/random.ts";
import { sizeOf } from "../../core/tensor.ts";
import { nirGraphOf } from "../../exporters/nir/export-nir.ts";
import { checkLayers } from "../../graph/check-meaning.ts";
import { type FieldKind, type FieldValue, fieldsOf, type NirGraph, type NirNode, type Reals } from "../../nir/nodes.ts";
import { spikingGraphOf } from "./import-nir.ts";

const below = (random: Random, count: number) => Math.floor(random() * count);
const pick = <T>(random: Random, choices: readonly T[]): T => choices[below(random, choices.length)];
const whole = (random: Random, least: number) => pick(random, [least, 1, 2, 3, 7, 64, 4097, 2 ** 16, 2 ** 20, 2 ** 24]);

function reals(random: Random): Reals {
  const shape = Array.from({ length: below(random, 5) }, () => 1 + below(random, 6));
  const value = () => pick(random, [0, 1, -1, 0.5, -0, 1e-320, 3e38, 1e300, 127.5, 2 ** 30]);
  return { dtype: "float64", shape, data: Float64Array.from({ length: sizeOf(shape) }, value) };
}

/** Any value that the file's reader lets through, by the kind of field. */
const anything: { readonly [K in FieldKind]: (random: Random) => FieldValue } = {
  reals,
  "reals?": (random) => (random() < 0.3 ? undefined : reals(random)),
  extents: (random) => Array.from({ length: 1 + below(random, 4) }, () => whole(random, 0)),
  "extents?": () => undefined,
  integer: (random) => pick(random, [-8, -1, 0, 1, 2, 3, 5, 2 ** 24]),
  pair: (random) => [whole(random, 1), whole(random, 1)],
  padding: (random) => pick<FieldValue>(random, ["same", "valid", [whole(random, 0), whole(random, 0)], [1, 1]]),
};

const metadata = (random: Random) =>
  pick(random, [
    {},
    { reset: "subtract" },
    { reset: "zero" },
    { reset: "subtract", dtype: "int32", lambda: reals(random), activation: '{"fn":"relu"}' },
    { reset: "subtract", activation: '{"fn":"leaky","slope":7}' },
    {
      dtype: "int8",
      shift: pick(random, ["0", "3", "-1", "x", "31"]),
      groups: pick(random, ["2", "0", "-1", "3.5", "1e9"]),
    },
    { where: "v_threshold", factor: reals(random) },
    { layer: pick(random, ["", "__proto__", "a b", "input", "\u001b[2J"]), v_th: reals(random), neuron: "tracker" },
  ]);

function brokenNode(node: NirNode, random: Random): NirNode {
  const fields = fieldsOf(node.type);
  if (random() < 0.3) return { ...node, metadata: metadata(random) };
  const [name, kind] = pick(random, fields);
  return { ...node, [name]: anything[kind](random) } as NirNode;
}

function broken(graph: NirGraph, random: Random): NirGraph {
  const names = [...graph.nodes.keys()];
  const name = pick(random, names);
  const change = pick<() => Partial<NirGraph>>(random, [
    () => ({ nodes: new Map([...graph.nodes, [name, brokenNode(graph.nodes.get(name) as NirNode, random)]]) }),
    () => ({ nodes: new Map([...graph.nodes, [name, graph.nodes.get(pick(random, names)) as NirNode]]) }),
    () => ({ edges: graph.edges.filter(() => random() > 0.1) }),
    () => ({ edges: [...graph.edges, [name, pick(random, names)]] }),
    () => ({ edges: graph.edges.map(([from, to]) => (random() < 0.1 ? [from, name] : [from, to])) }),
    () => ({
      metadata: {
        ...graph.metadata,
        [pick(random, Object.keys(graph.metadata))]: pick(random, [
          "",
          "{",
          "[]",
          "{}",
          "null",
          '[{"kind":"yolo"}]',
          '{"timeSteps":-1}',
          "7",
        ]),
      },
    }),
  ]);
  return { ...graph, ...change() };
}

test("3,000 broken graphs", async () => {
  const random = seededRandom(5);
  const graphs = [
    ...portable({ ...plainSpiking, layers: 3 }, 2),
    ...portable({ ...plainSpiking, layers: 3, neuron: "ibt" }, 2),
    await pooledNetwork({ bits: 8 }),
    await pooledNetwork({ bits: "float" }),
  ].map((graph) => nirGraphOf(graph).graph);
  const outcomes = { read: 0, refused: 0 };
  for (let i = 0; i < 3000; i++) {
    let graph = pick(random, graphs);
    for (let changes = 1 + below(random, 3); changes > 0; changes--) graph = broken(graph, random);
    try {
      checkLayers(spikingGraphOf(graph, { fileName: "x.nir" }));
      outcomes.read++;
    } catch (error) {
      if (!(error instanceof SpikingYoloError)) throw error;
      expect(error.message).toMatch(/^x\.nir\P{Cc}*$/u);
      outcomes.refused++;
    }
  }
  expect(outcomes.read).toBeGreaterThan(200);
  expect(outcomes.refused).toBeGreaterThan(1000);
});
