import { expect, test } from "vitest";
import { runOnce } from "../../../../test/engine-contract.ts";
import { randomPicture } from "../../../../test/graphs.ts";
import { smallSpikingGraph } from "../../../../test/random-spiking.ts";
import { inferShapes } from "../../../graph/graph.ts";
import { plainOptions, plansOf } from "../../plan/plan.ts";
import { eventEngine } from "./event-engine.ts";
import { writeField } from "./records.ts";
import { wasmDevice } from "./wasm-device.ts";

const graph = smallSpikingGraph();
const image = randomPicture(inferShapes(graph).get("input")!, 1);
const options = { timeSteps: 4, at: [4], encoding: "constant", seed: 1 } as const;

test("a thread that dies ends the run with an error, while its fellow waits for it; afterwards the error stays", async () => {
  const [plan] = plansOf(graph, plainOptions(graph));
  const loaded = await wasmDevice(2).load(plan);
  const { layout, views } = loaded;
  await loaded.begin(image, { longestTile: plan.tileSteps, timeSteps: 4, seed: 1, goesOn: false, charges: new Map() });
  // A population of one work item only, which reads beyond the memory: one thread takes it, the other waits.
  const stage = plan.network.stages.find((candidate) => candidate.kind === "population")!;
  const { record } = layout.populations.get(stage)!;
  const frame = layout.frames.get(stage.signal)!.record;
  writeField(views.words, frame, "frame", "height", 1);
  writeField(views.words, record, "population", "blocks", 1);
  writeField(views.words, record, "population", "parameters", -4096);
  await expect(loaded.run({ g0: 0, length: 4, readAt: new Set() })).rejects.toMatchObject({ code: "E_ENGINE" });
  await expect(loaded.run({ g0: 0, length: 4, readAt: new Set() })).rejects.toMatchObject({ code: "E_ENGINE" });
  await loaded.dispose();
});

test("a session can be disposed of twice", async () => {
  const session = await eventEngine({ threads: 2 }).open(graph);
  await runOnce(session, image, options);
  await session.dispose();
  await session.dispose();
});

test("by default there is a thread for every core, and another number is refused by its range", async () => {
  expect(() => eventEngine({ threads: 0 })).toThrow(expect.objectContaining({ code: "E_ARGUMENT" }));
  const session = await eventEngine().open(graph);
  expect(await runOnce(session, image, options)).toHaveLength(1);
  await session.dispose();
});
