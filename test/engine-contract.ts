/** What every engine owes to the reference engine on the same quantized graph: the same result, to the last bit. */
import { expect } from "vitest";
import type { FloatTensor } from "../src/core/tensor.ts";
import type { Graph } from "../src/graph/graph.ts";
import { isPopulation } from "../src/graph/layers.ts";
import type { Checkpoint, Engine, Recording, RunOptions, Session } from "../src/snn/engine.ts";
import { referenceEngine } from "../src/snn/engines/reference/reference-engine.ts";

/** Everything that can be recorded: counts and membranes of all layers, and every seventh neuron's spikes. */
export function recordAll(graph: Graph, neuronsOf: (layer: string) => number): Recording {
  const names = graph.layers.filter(isPopulation).map(({ name }) => name);
  return {
    counts: names,
    membranes: names,
    rasters: names.map((layer) => ({
      layer,
      neurons: Array.from({ length: Math.ceil(neuronsOf(layer) / 7) }, (_, i) => 7 * i),
    })),
  };
}

export async function runOnce(session: Session, image: FloatTensor, options: RunOptions): Promise<Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  for await (const checkpoint of session.run(image, options)) checkpoints.push(checkpoint);
  return checkpoints;
}

/** Runs the graph in both engines and compares everything; gives the checkpoints. */
export async function expectSameAsReference(
  engine: Engine,
  graph: Graph,
  image: FloatTensor,
  options: RunOptions,
): Promise<Checkpoint[]> {
  const session = await engine.open(graph);
  try {
    const actual = await runOnce(session, image, options);
    const expected = await runOnce(await referenceEngine.open(graph), image, options);
    expectSameCheckpoints(actual, expected);
    return actual;
  } finally {
    await session.dispose();
  }
}

/** Names the first thing that differs. */
export function expectSameCheckpoints(actual: readonly Checkpoint[], expected: readonly Checkpoint[]): void {
  expect(actual.map(({ t }) => t)).toEqual(expected.map(({ t }) => t));
  for (const [i, checkpoint] of expected.entries()) {
    const { t } = checkpoint;
    const other = actual[i];
    // In the order of the graph, membranes first: the first difference is where things went wrong.
    expectSameArrays(`membranes at ${t}`, other.recorded.membranes, checkpoint.recorded.membranes);
    expectSameArrays(`counts at ${t}`, other.recorded.counts, checkpoint.recorded.counts);
    expectSameArrays(`rasters at ${t}`, other.recorded.rasters, checkpoint.recorded.rasters);
    expect([...other.activity], `activity at ${t}`).toEqual([...checkpoint.activity]);
    for (const reading of ["vmem", "count"] as const) {
      const data = ({ heads }: Checkpoint) => new Map([...heads].map(([name, head]) => [name, head[reading].data]));
      expectSameArrays(`${reading} at ${t}`, data(other), data(checkpoint));
    }
  }
}

function expectSameArrays(
  what: string,
  actual: ReadonlyMap<string, ArrayLike<number>>,
  expected: ReadonlyMap<string, ArrayLike<number>>,
): void {
  expect([...actual.keys()], what).toEqual([...expected.keys()]);
  for (const [name, values] of expected) {
    const others = actual.get(name) as ArrayLike<number>;
    expect(others.length, `${what} of ${name}`).toBe(values.length);
    for (let i = 0; i < values.length; i++) {
      if (others[i] !== values[i])
        expect.fail(`${what} of ${name}: [${i}] is ${others[i]}; the reference engine has ${values[i]}`);
    }
  }
}
