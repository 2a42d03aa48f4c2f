/**
 * The contract of engines for every kernel: plans are told to take each of them wherever it fits, in blocks of every width, and
 * all must equal the reference engine to the last bit. A kernel that no graph here reaches fails the last test.
 */
import { expect, test } from "vitest";
import { type Graph, inferShapes } from "../src/graph/graph.ts";
import type { Checkpoint, Engine, RunOptions } from "../src/snn/engine.ts";
import { wasmDevice } from "../src/snn/engines/event/wasm-device.ts";
import { referenceEngine } from "../src/snn/engines/reference/reference-engine.ts";
import { type Force, type Gather, gathers, neuronKernels } from "../src/snn/plan/decisions.ts";
import { plainOptions, plansOf } from "../src/snn/plan/plan.ts";
import { sessionOf } from "../src/snn/plan/session.ts";
import { expectSameCheckpoints, recordAll, runOnce } from "./engine-contract.ts";
import { randomPicture } from "./graphs.ts";
import { randomSpikingGraph, type SpikingOptions } from "./random-spiking.ts";
import { type StackOptions, spikingStack } from "./spiking-stack.ts";

const plain: SpikingOptions = {
  ...{ seed: 1, layers: 7, neuron: "takeback", pool: "delta", levels: 1, phases: 1, delay: 0 },
  ...{ vInit: 0, firingThreshold: 0.5, bits: 8 },
};
const stacked: StackOptions = {
  ...{
    seed: 1,
    channels: 24,
    outChannels: 64,
    size: 3,
    side: 5,
    pool: "delta",
    neuron: "takeback",
    shift: 5,
    scale: 1,
  },
  ...{ negative: 2, isWhole: true, vInit: 0, firingThreshold: 0.5, delay: 0, phases: 1, greatestWeight: 127 },
};

/** Every kind of neuron, with weighted steps and without, delayed or not; random topologies have every kind of term. */
const graphs: Readonly<Record<string, () => Graph>> = {
  "take-back": () => randomSpikingGraph(plain),
  "take-back in phases": () => randomSpikingGraph({ ...plain, seed: 2, phases: 5, delay: 1 }),
  "several levels": () => randomSpikingGraph({ ...plain, seed: 3, levels: 7, phases: 4 }),
  "thresholds, 12 bits": () => randomSpikingGraph({ ...plain, seed: 4, neuron: "ibt", pool: "winner", bits: 12 }),
  trackers: () => randomSpikingGraph({ ...plain, seed: 5, neuron: "tracker", phases: 8, delay: 3 }),
  "trackers of many functions": () =>
    randomSpikingGraph({ ...plain, seed: 6, layers: 12, neuron: "tracker", phases: 8 }),
  "trackers in nine phases": () => randomSpikingGraph({ ...plain, seed: 8, neuron: "tracker", phases: 9, delay: 1 }),
  "a stack": () => spikingStack(stacked),
  "a stack in phases": () => spikingStack({ ...stacked, seed: 2, phases: 6, delay: 1, pool: "winner" }),
  "a stack of few channels": () => spikingStack({ ...stacked, seed: 3, channels: 13, neuron: "signed", pool: "none" }),
};

const widths = [8, 16, 24, 32, 40, 48, 56, 64];
const widestOf: { readonly [G in Gather]: readonly number[] } = {
  pairs8: [16, 32],
  merged8: widths,
  short8: widths,
  shortSplit8: widths,
  long8: widths,
  longSplit8: widths,
  passes8: widths,
  passesSplit8: widths,
  long16: widths,
  passes16: widths,
  wide16: widths.filter((block) => block <= 32),
  // The same code for all widths.
  depthwise: [],
  shortDepthwise: [],
  scale: [],
  product: [],
};
const names = Object.keys(gathers) as readonly Gather[];

/** What has been run, as `gather`, `gather ×block` and the names of neurons. */
const reached = new Set<string>();

function forced(graph: Graph, force: Force): Engine {
  const [plan] = plansOf(graph, { ...plainOptions(graph), force });
  for (const { terms, block, neurons } of plan.decisions.values()) {
    for (const { gather } of terms) reached.add(gather).add(`${gather} ×${block}`);
    reached.add(neurons);
  }
  return { name: "forced", open: (opened) => sessionOf(opened, wasmDevice(1), force) };
}

/** Which kernels a plan has, as one string: what is forced may change nothing. */
function planned(graph: Graph, force: Force): string {
  return plansOf(graph, { ...plainOptions(graph), force })
    .map(({ decisions }) => JSON.stringify([...decisions.values()]))
    .join();
}

async function compare(graph: Graph, forces: readonly Force[]): Promise<void> {
  const shapes = inferShapes(graph);
  const image = randomPicture(shapes.get("input")!, 3);
  // Rasters would have spikes kept that pools take at once.
  const { rasters: _, ...record } = recordAll(graph, () => 1);
  const options: RunOptions = { timeSteps: 11, at: [2, 7, 11], encoding: "constant", seed: 1, record };
  const expected: readonly Checkpoint[] = await runOnce(await referenceEngine.open(graph), image, options);
  const seen = new Set<string>();
  for (const force of forces) {
    const plan = planned(graph, force);
    const isNew = force.tileSteps !== undefined || force.pools !== undefined || !seen.has(plan);
    seen.add(plan);
    if (!isNew) continue;
    const session = await forced(graph, force).open(graph);
    try {
      expectSameCheckpoints(await runOnce(session, image, options), expected);
    } catch (error) {
      (error as Error).message = `${JSON.stringify(force)}: ${(error as Error).message}`;
      throw error;
    } finally {
      await session.dispose();
    }
  }
}

test.each(Object.entries(graphs))("every kernel that fits: %s", async (_name, make) => {
  const forces: Force[] = [
    {},
    ...names.map((gather) => ({ gather })),
    { neurons: "steps" },
    { neurons: "steps", gather: "long8" },
    { neurons: "tracker" },
    { pools: "apart" },
    ...[1, 3, 8].map((tileSteps) => ({ tileSteps })),
  ];
  await compare(make(), forces);
});

test.each(names.filter((gather) => widestOf[gather].length > 0))("blocks of every width: %s", async (gather) => {
  // Few channels, where that is what the kernel is for.
  const small = { channels: 13, side: 4, pool: "none" } as const;
  const graph = spikingStack({ ...stacked, ...small, seed: 7 });
  await compare(
    graph,
    widestOf[gather].map((block) => ({ gather, block })),
  );
});

test("no kernel is left out", () => {
  const all = [
    ...names,
    ...Object.keys(neuronKernels),
    ...names.flatMap((gather) => widestOf[gather].map((block) => `${gather} ×${block}`)),
  ];
  expect(all.filter((name) => !reached.has(name))).toEqual([]);
});
