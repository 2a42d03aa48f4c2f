import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { decodeImage, encodePng } from "#platform";
import { plainNetwork, randomPicture } from "../../../test/graphs.ts";
import { calibrate, toSpiking } from "../../convert/convert.ts";
import { conversionSettings } from "../../convert/modes.ts";
import { writeVocDataSet } from "../../data/voc.ts";
import { inputOf } from "../../graph/graph.ts";
import { encodeModel } from "../../graph/model-file.ts";
import { declare } from "./report.ts";

let root: string;
let spec: string;
let model: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "report-"));
  const graph = plainNetwork(1);
  const dnn = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  const snn = toSpiking(dnn, conversionSettings("fast", { timeSteps: 8 }));
  model = join(root, "small.safetensors");
  await writeFile(model, encodeModel({ dnn, snn }));
  await writeFile(join(root, "no-dnn.safetensors"), encodeModel({ snn }));
  const object = { classIndex: 0, xMin: 2, yMin: 2, xMax: 12, yMax: 12, difficult: false, crowd: false, area: 100 };
  const pictures = [1, 2].map(async (seed) => ({
    id: `picture${seed}`,
    bytes: await encodePng({
      width: 20,
      height: 16,
      data: Uint8Array.from(randomPicture([960], seed).data, (value) => 255 * value),
    }),
    extension: "png" as const,
    width: 20,
    height: 16,
    objects: [object, { ...object, classIndex: 1 }],
  }));
  await writeVocDataSet(await Promise.all(pictures), ["a", "b"], { root });
  spec = `voc:${root}`;
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
    // Threads are started from the built program only.
    await command.parseAsync([...args, "--threads", "1", "--paper-steps", "16"], { from: "user" });
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
  return written.join("");
}

async function contents(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.\w+$/.test(name)).sort();
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, (await readFile(join(folder, name))).toString("base64")] as const),
    ),
  );
}

test("writes the page with its drawings and data, names them, and the same bytes again", async () => {
  const [first, second] = [join(root, "first"), join(root, "second")];
  const { files } = JSON.parse(await run(model, "--dataset", spec, "-o", first, "--pictures", "2", "--png", "--json"));
  const written = await contents(first);
  expect([...files].sort()).toEqual([...written.keys()].map((name) => join(first, name)).sort());
  expect(files).toContain(join(first, "report.html"));
  expect(files.filter((file: string) => file.endsWith(".png"))).toHaveLength(11);

  await run(model, "--dataset", spec, "-o", second, "--pictures", "2", "--png");
  expect(await contents(second)).toEqual(written);

  const table = JSON.parse(await readFile(join(first, "data/table-1.json"), "utf8"));
  // Its classes are not the challenge's, so it does not bear the challenge's name.
  expect(table.caption).toMatch(/^Measured on \d+ pictures? of (?!VOC2007 test)/);
  expect(table.rows.map(({ configuration, timeSteps }: Record<string, unknown>) => [configuration, timeSteps])).toEqual(
    [
      ["layer, without IBT", 16],
      ["channel, without IBT", 16],
      ["layer, IBT", 16],
      ["channel, IBT", 16],
      ["fast", 8],
      ["DNN", null],
    ],
  );
});

test("another network than the fast mode's is called its own", async () => {
  const folder = join(root, "own");
  await run(model, "--dataset", spec, "-o", folder, "--levels", "3", "--steps", "4", "--pictures", "1", "--limit", "1");
  const { rows } = JSON.parse(await readFile(join(folder, "data/table-1.json"), "utf8"));
  expect(rows[4]).toMatchObject({ configuration: "own", timeSteps: 4 });
});

test("a single figure is written for a paper, alone, and replaces nothing of others", async () => {
  const folder = join(root, "paper");
  const figure = ["--dataset", spec, "-o", folder, "--pictures", "1", "--figure", "1,5"];
  const { files } = JSON.parse(await run(model, ...figure, "--width", "84mm", "--format", "svg", "--json"));
  expect(files).toEqual([join(folder, "figure-1.svg"), join(folder, "figure-5.svg")]);
  expect((await readdir(folder)).sort()).toEqual(["figure-1.svg", "figure-5.svg"]);
  expect(await readFile(files[1], "utf8")).toMatch(/^<svg[^>]* width="3.307\d*in"/);
  await run(model, ...figure, "--format", "png", "--font-size", "8");
  // 3.3 in at 600 dots an inch.
  expect((await decodeImage(await readFile(join(folder, "figure-5.png")), "figure-5.png")).width).toBe(1980);
  await writeFile(join(folder, "figure-1.pdf"), "my notes");
  await expect(run(model, ...figure)).rejects.toMatchObject({ code: "E_EXISTS" });
});

test.each([
  ["a model without its DNN", () => [join(root, "no-dnn.safetensors"), "--dataset", spec], "E_MODEL"],
  ["a data set that is none", () => [model, "--dataset", "nothing"], "E_DATASET"],
  ["prices that are not there", () => [model, "--dataset", spec, "--costs", join(root, "none.json")], "E_FILE"],
  ["a width without a figure", () => [model, "--dataset", spec, "--width", "3in"], "E_USAGE"],
  ["checkpoints beyond the run", () => [model, "--dataset", spec, "--at", "1000", "--steps", "8"], "E_USAGE"],
])("%s ends in an error before anything is written", async (_, args, code) => {
  const folder = join(root, "never");
  await expect(run(...args(), "-o", folder)).rejects.toMatchObject({ code });
  expect(existsSync(folder)).toBe(false);
});
