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

const nonsense: readonly (readonly [string, Partial<RunOptions>])[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, 0, -1, 2.5, 1e15].map(
    (timeSteps) => [`${timeSteps} steps`, { timeSteps, at: [] }] as const,
  ),
  ...[[Number.NaN], [0], [-1], [1.5], [6], [2, 1], [2, 2], [1, Number.NaN, 3]].map(
    (at) => [`checkpoints ${at.join()}`, { at }] as const,
  ),
  ["a seed of NaN", { seed: Number.NaN }],
  ["an encoding of another name", { encoding: "toString" as RunOptions["encoding"] }],
];

/** Nonsense is refused by its name; one run at a time; a session that was disposed of stays so, even within a run. */
export async function expectGuarded(engine: Engine, graph: Graph, image: FloatTensor): Promise<void> {
  const options: RunOptions = { timeSteps: 5, at: [1, 5], encoding: "constant", seed: 1 };
  const session = await engine.open(graph);
  const refused = (part: Partial<RunOptions>, code: string, what: string) =>
    expect(runOnce(session, image, { ...options, ...part }), what).rejects.toMatchObject({ code });
  for (const [what, part] of nonsense) await refused(part, "E_ARGUMENT", what);
  const layer = graph.layers.find(isPopulation)?.name ?? "";
  await refused({ record: { membranes: ["constructor"] } }, "E_RECORD", "neurons of no layer");
  for (const neuron of [-1, 0.5, Number.NaN, 2 ** 31])
    await refused({ record: { rasters: [{ layer, neurons: [neuron] }] } }, "E_RECORD", `neuron ${neuron}`);

  const first = session.run(image, options)[Symbol.asyncIterator]();
  await first.next();
  await refused({}, "E_BUSY", "a second run");
  await first.return?.();
  expect(await runOnce(session, image, options), "after a run that was left").toHaveLength(2);

  const last = session.run(image, options)[Symbol.asyncIterator]();
  await last.next();
  await session.dispose();
  await expect(last.next(), "a run that goes on").rejects.toMatchObject({ code: "E_DISPOSED" });
  await refused({}, "E_DISPOSED", "a run afterwards");
  await session.dispose();
  await refused({}, "E_DISPOSED", "a run after a second disposal");
}
