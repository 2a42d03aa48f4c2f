/** What commands do with files that are there already. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { encodePng } from "#platform";
import { darknetCfg, scenesHead } from "../../../test/darknet-cfg.ts";
import { declare as declareDetect } from "./detect.ts";
import { declare as declareReport } from "./report.ts";
import { declare as declareScenes } from "./scenes.ts";
import { declare as declareTrain } from "./train.ts";

const roots: string[] = [];
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "replace-"));
  roots.push(root);
});
afterAll(() => {
  for (const folder of roots) rmSync(folder, { recursive: true, force: true });
});

async function run(declare: (command: Command) => void, ...args: readonly string[]): Promise<void> {
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation(() => true),
  );
  try {
    const command = new Command().exitOverride();
    declare(command);
    await command.parseAsync(args, { from: "user" });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Every file below a folder with its content. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "latin1")]),
  );
}

const exists = { code: "E_EXISTS" };
const size = ["--width", "64", "--height", "64"];

describe("scenes", () => {
  const write = (...args: readonly string[]) => run(declareScenes, ...size, "-o", join(root, "set"), ...args);

  test("writes into no folder that holds anything", async () => {
    await write("--count", "3");
    const before = contents(join(root, "set"));
    for (const format of ["voc", "coco"])
      await expect(write("--count", "2", "--format", format)).rejects.toMatchObject(exists);
    expect(contents(join(root, "set"))).toEqual(before);
  });

  test("--force leaves exactly the new set, whatever the format and number before, and what was somebody's", async () => {
    writeFileSync(join(root, "note.txt"), "mine");
    const sets: readonly (readonly [readonly string[], number])[] = [
      [["--count", "4"], 2],
      [["--count", "2", "--split", "train", "--seed", "3"], 2],
      [["--count", "3", "--format", "coco"], 1],
      [["--count", "1"], 2],
    ];
    for (const [args, more] of sets) {
      await write("--force", ...args);
      writeFileSync(join(root, "set/note.txt"), "mine");
      await run(declareScenes, ...size, "-o", join(root, "fresh"), ...args);
      const files = contents(join(root, "set"));
      expect(files).toEqual({ ...contents(join(root, "fresh")), "note.txt": "mine" });
      expect(Object.keys(files)).toHaveLength(Number(args[1]) * (args.includes("coco") ? 1 : 2) + more + 2);
      rmSync(join(root, "fresh"), { recursive: true });
    }
  });

  test("--force does not replace a file that scenes did not write", async () => {
    mkdirSync(join(root, "set/VOC2007/JPEGImages"), { recursive: true });
    writeFileSync(join(root, "set/VOC2007/JPEGImages/000001.png"), "mine");
    await expect(write("--count", "3", "--force")).rejects.toThrow(/000001\.png is there, and scenes did not write it/);
    // A list that names other folders gives no right to them.
    writeFileSync(
      join(root, "set/scenes.json"),
      '{"kind":"spiking-yolo scenes 1","format":"voc","count":1,"split":"../x"}',
    );
    await expect(write("--count", "1", "--force")).rejects.toMatchObject(exists);
    expect(readFileSync(join(root, "set/VOC2007/JPEGImages/000001.png"), "utf8")).toBe("mine");
  });

  test("a file in the place of the folder is one line", async () => {
    writeFileSync(join(root, "set"), "mine");
    await expect(write("--count", "1")).rejects.toMatchObject(exists);
    await expect(run(declareScenes, "--count", "1", "-o", join(root, "set/below"))).rejects.toMatchObject(exists);
  });
});

const cfg = darknetCfg(
  "net width=32 height=32 channels=3",
  "convolutional filters=26 size=3 stride=4 pad=1 activation=leaky",
  ...scenesHead,
);

describe("train", () => {
  async function train(...args: readonly string[]) {
    if (!existsSync(join(root, "set"))) await run(declareScenes, ...size, "--count", "4", "-o", join(root, "set"));
    writeFileSync(join(root, "net.cfg"), cfg);
    const plan = ["--steps", "3", "--batch", "2", "--every", "1"];
    await run(declareTrain, "--dataset", `voc:${root}/set`, "--cfg", join(root, "net.cfg"), ...plan, ...args);
  }

  test.each(["--checkpoint", "out.weights", "out.safetensors", "out.checkpoint"])(
    "neither replaces nor removes a file that is something else: %s",
    async (name) => {
      const path = join(root, name === "--checkpoint" ? "thesis.txt" : name);
      writeFileSync(path, "mine");
      const options = ["-o", join(root, "out"), ...(name === "--checkpoint" ? [name, path] : [])];
      await expect(train(...options)).rejects.toMatchObject(exists);
      expect(readFileSync(path, "utf8")).toBe("mine");
      await train(...options, "--force");
      expect(existsSync(join(root, "out.weights"))).toBe(true);
    },
  );

  test("replaces its own results, but not the weights that it starts from", async () => {
    const out = join(root, "out");
    await train("-o", out);
    const first = readFileSync(`${out}.weights`);
    await train("-o", out, "--seed", "2");
    expect(readFileSync(`${out}.weights`)).not.toEqual(first);
    await expect(train("-o", out, "--weights", `${out}.weights`)).rejects.toMatchObject(exists);
    await train("-o", out, "--weights", `${out}.weights`, "--force");
  });

  test("one file for two things, or a folder for a file, is refused", async () => {
    const out = join(root, "out");
    await expect(train("-o", out, "--checkpoint", `${out}.weights`)).rejects.toMatchObject({ code: "E_USAGE" });
    for (const folder of [`${root}/`, `${root}/.weights`, ".safetensors"])
      await expect(train("-o", folder)).rejects.toMatchObject({ code: "E_USAGE" });
  });
});

describe("detect", () => {
  test("writes a file for each picture, also where names are the same", async () => {
    const picture = await encodePng({ width: 8, height: 8, data: new Uint8Array(192) });
    mkdirSync(join(root, "b"));
    const names = ["a.png", "a.PNG", "b/a.png", "a-2.png"].map((name) => join(root, name));
    for (const name of names) writeFileSync(name, picture);
    const detect = (...args: readonly string[]) =>
      run(declareDetect, ...names, "--model", "scenes", "--at", "1", "--out", join(root, "out"), ...args);
    await detect();
    const written = ["a-2-2-detections.png", "a-2-detections.png", "a-3-detections.png", "a-detections.png"];
    expect(readdirSync(join(root, "out")).sort()).toEqual(written);
    await detect();
    writeFileSync(join(root, "out", written[0]), "mine");
    await expect(detect()).rejects.toMatchObject(exists);
    await detect("--force");
    expect(readdirSync(join(root, "out")).sort()).toEqual(written);
  });
});

describe("report", () => {
  test("writes among nobody's drawings and data", async () => {
    const report = () => run(declareReport, "scenes", "--dataset", `voc:${root}/none`, "-o", join(root, "out"));
    mkdirSync(join(root, "out/data"), { recursive: true });
    await expect(report()).rejects.not.toMatchObject(exists);
    writeFileSync(join(root, "out/data/table-1.csv"), "mine");
    await expect(report()).rejects.toMatchObject(exists);
    rmSync(join(root, "out/data"), { recursive: true });
    writeFileSync(join(root, "out/report.html"), "mine");
    await expect(report()).rejects.toMatchObject(exists);
  });
});
