import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { encodePng } from "#platform";
import { dataPath, describeWithData } from "../../../test/data.ts";
import { plainNetwork, randomPicture } from "../../../test/graphs.ts";
import { calibrate, toSpiking } from "../../convert/convert.ts";
import { conversionSettings } from "../../convert/modes.ts";
import { inputOf } from "../../graph/graph.ts";
import { encodeModel } from "../../graph/model-file.ts";
import { declare } from "./energy.ts";

let root: string;
let model: string;
let picture: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "energy-"));
  model = join(root, "small.safetensors");
  picture = join(root, "picture.png");
  const graph = plainNetwork(1);
  const dnn = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  await writeFile(model, encodeModel({ dnn, snn: toSpiking(dnn, conversionSettings("fast", { timeSteps: 8 })) }));
  const data = Uint8Array.from({ length: 960 }, (_, i) => (i * 37) % 256);
  await writeFile(picture, await encodePng({ width: 20, height: 16, data }));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** What the command prints to stdout. */
async function run(...args: readonly string[]): Promise<string> {
  const written: string[] = [];
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  const err = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  try {
    const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    declare(command);
    await command.parseAsync(args, { from: "user" });
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
  return written.join("");
}

test("--json: counts, energies that follow from them, and break-even steps that lie where energies meet", async () => {
  const { dnn, snn, breakEvenSteps, costs, paper } = JSON.parse(await run(model, picture, "--json"));
  expect(dnn.macs).toBe(6 * 27 * 99 + 10 * 54 * 30 + 7 * 10 * 30);
  expect(snn).toMatchObject({ timeSteps: 8, pictures: { source: "the pictures named", count: 1 }, macs: 6 * 27 * 99 });
  expect(snn.neuronUpdates).toBe((6 * 99 + 10 * 30 + 7 * 30) * 8);
  expect(snn.acs).toBeGreaterThan(0);
  for (const { name, macPicojoules, acPicojoules } of costs) {
    const spent = (at: { acs: number; macs: number; neuronUpdates: number }) =>
      at.macs * macPicojoules + (at.acs + at.neuronUpdates) * acPicojoules;
    expect(snn.energy[name].totalPicojoules).toBeCloseTo(spent(snn), 3);
    expect(dnn.energy[name]).toBeCloseTo(dnn.macs * macPicojoules, 3);
    for (const at of snn.at) {
      if (at.t <= breakEvenSteps[name]) expect(spent(at)).toBeLessThanOrEqual(dnn.energy[name]);
      else expect(spent(at)).toBeGreaterThan(dnn.energy[name]);
    }
  }
  expect(costs.map(({ name }: { name: string }) => name)).toEqual(["float32", "int32", "int8"]);
  expect(paper.table2.map(({ paperJoules }: { paperJoules: number }) => paperJoules)).toEqual([0.12, 1.06e-3, 4.29e-4]);
});

test("for people: both ways to compute Table 2 stand side by side", async () => {
  const printed = await run(model, picture);
  expect(printed).toMatch(/Tiny YOLO .* 0\.12 J .* 0\.1245 J/);
  expect(printed).toMatch(/Spiking-YOLO, layer .* 1\.06e-3 J +113× +1\.056 J/);
  expect(printed).toMatch(/Spiking-YOLO, channel .* 4\.29e-4 J +280× +0\.429 J/);
});

test("a user's prices are added, and replace those of the same name", async () => {
  const file = join(root, "costs.json");
  const price = { label: "7 nm", macPicojoules: 1.5, acPicojoules: 0.5, source: "a measurement" };
  await writeFile(
    file,
    JSON.stringify([
      { name: "n7", ...price },
      { name: "int8", ...price },
    ]),
  );
  const { costs, breakEvenAcsPerMac } = JSON.parse(await run(model, picture, "--costs", file, "--json"));
  expect(costs.map(({ name }: { name: string }) => name)).toEqual(["float32", "int32", "n7", "int8"]);
  expect(breakEvenAcsPerMac.n7).toBe(3);
});

test("a user's own model: docs/energy.md's example, priced as it says", async () => {
  const docs = await readFile(join(import.meta.dirname, "../../../docs/energy.md"), "utf8");
  const [, example] = docs.match(/```json\n([\s\S]*?)```/) as RegExpMatchArray;
  const file = join(root, "own.json");
  await writeFile(file, example);
  const { models, dnn, snn } = JSON.parse(await run(model, picture, "--costs", file, "--json"));
  const own = models.at(-1);
  expect(own).toMatchObject({ name: "my-chip", label: "My chip, 22 nm", remark: "" });
  expect(own.picojoules.dnn.operations).toBeCloseTo(1.1 * dnn.macs, 6);
  expect(own.picojoules.snn.operations).toBeCloseTo(1.1 * snn.macs + 0.05 * snn.acs + 0.1 * snn.neuronUpdates, 6);
  expect(own.picojoules.snn.states).toBeCloseTo(1.4 * snn.neuronUpdates, 6);
});

const naming = { name: "a", label: "a", source: "s" };
test.each([
  ["no object", [1], "entry 1: "],
  ["a missing price", [{ ...naming, snn: { mac: 1, ac: 1 } }], "entry 1.snn.update: "],
  ["a misspelt price", [{ ...naming, snn: { mac: 1, ac: 1, update: 1, spikesent: 2 } }], "spikesent"],
  ["a wrong access", [{ ...naming, snn: { mac: 1, ac: 1, update: 1, updateState: { base: 1 } } }], "{base, perByte}"],
  [
    "one DNN without the other",
    [{ ...naming, dnn: { mac: 1 }, snn: { mac: 1, ac: 1, update: 1 } }],
    "Give both, or none",
  ],
])("a model with %s is refused in one line that says where", async (_, entries, said) => {
  const file = join(root, "bad.json");
  await writeFile(file, JSON.stringify(entries));
  const refused = run(model, picture, "--costs", file);
  await expect(refused).rejects.toMatchObject({ code: "E_COSTS", message: expect.stringContaining(said) });
  await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining("\n") });
});

test.each([
  ["not JSON", "{"],
  ["an unknown field", JSON.stringify([{ name: "a", label: "a", mac: 1, ac: 1, source: "s" }])],
  ["a negative price", JSON.stringify([{ name: "a", label: "a", macPicojoules: -1, acPicojoules: 1, source: "s" }])],
  [
    "the same name twice",
    JSON.stringify([1, 2].map(() => ({ name: "a", label: "a", macPicojoules: 1, acPicojoules: 1, source: "s" }))),
  ],
])("prices with %s are refused", async (_, text) => {
  const file = join(root, "bad.json");
  await writeFile(file, text);
  await expect(run(model, picture, "--costs", file)).rejects.toMatchObject({ code: "E_COSTS" });
});

test("without pictures it counts on generated scenes and says so", async () => {
  const { snn } = JSON.parse(await run(model, "--limit", "1", "--json"));
  expect(snn.pictures).toEqual({ source: "generated scenes", count: 1 });
});

test("pictures and a data set at once are refused", async () => {
  await expect(run(model, picture, "--dataset", "voc:x")).rejects.toMatchObject({ code: "E_USAGE" });
});

describeWithData("energy of darknet's Tiny YOLO", () => {
  test("a cfg without weights tells the DNN's operations", async () => {
    const { dnn, snn } = JSON.parse(await run(dataPath("models/yolov2-tiny-voc.cfg"), "--json"));
    expect(dnn).toMatchObject({ macs: 3_485_520_896 });
    expect(snn).toBeNull();
  });
});

test("--neurobench: a row of the leaderboard, and the metrics under NeuroBench's names", async () => {
  const { neurobench, pictures } = JSON.parse(await run(model, picture, "--neurobench", "--json"));
  expect(pictures).toEqual({ source: "the pictures named", count: 1 });
  const { Dense, Effective_ACs, Effective_MACs } = neurobench.SynapticOperations;
  expect(Dense).toBeGreaterThan(Effective_ACs + Effective_MACs);
  const printed = await run(model, picture, "--neurobench");
  expect(printed).toContain(`| ${neurobench.Footprint} | – | ${neurobench.ConnectionSparsity} |`);
  expect(printed).toContain(`| ${Dense} | ${Effective_MACs} | ${Effective_ACs} |`);
  await expect(run(model, "street.mp4", "--neurobench")).rejects.toThrow("counts on pictures");
  await expect(run("yolo.cfg", "--neurobench")).rejects.toThrow("needs weights");
});

test("a cfg without weights: the DNN's side of every model, and where it would turn were all layers alike busy", async () => {
  const cfg = join(import.meta.dirname, "../../../models/scenes.cfg");
  const { dnn, models, supposed } = JSON.parse(await run(cfg, "--json"));
  expect(models).toBeNull();
  const [float32] = supposed.models;
  expect(float32.dnnJoules).toBeCloseTo(4.6e-12 * dnn.macs, 12);
  expect(float32.breakEvenRatio).toBeLessThan(4.6 / 0.9);
  expect(float32.breakEvenRatio).toBeGreaterThan(4);
  expect(await run(cfg)).toContain("No weights, so nobody knows how many spikes there are");
});
