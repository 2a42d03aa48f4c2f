import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { plainNetwork, randomPicture } from "../../../test/graphs.ts";
import { calibrate, toSpiking } from "../../convert/convert.ts";
import { conversionSettings } from "../../convert/modes.ts";
import { inputOf } from "../../graph/graph.ts";
import { encodeModel } from "../../graph/model-file.ts";
import { declare } from "./export.ts";

let root: string;
const at = (name: string) => join(root, name);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "export-"));
  const graph = plainNetwork(1);
  const dnn = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  const snn = toSpiking(dnn, conversionSettings("fast", { timeSteps: 8 }));
  writeFileSync(at("both.safetensors"), encodeModel({ dnn, snn }));
  writeFileSync(at("spiking.safetensors"), encodeModel({ snn }));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What the command prints to stdout. */
async function run(...args: readonly string[]): Promise<string> {
  const written: string[] = [];
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  try {
    const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    declare(command);
    await command.parseAsync(args, { from: "user" });
  } finally {
    out.mockRestore();
  }
  return written.join("");
}

test("writes a model file's DNN, says what is not in the file, and writes over its own file only", async () => {
  const args = [at("both.safetensors"), "--to", "onnx", "-o", at("both.onnx")];
  const text = await run(...args);
  expect(text).toMatch(/the picture: given as .* 0 to 1/);
  expect(text.split("\n").filter((line) => !line.startsWith(root) && line.length > 80)).toEqual([]);
  const first = readFileSync(at("both.onnx"));
  const { files, format, notPortable } = JSON.parse(await run(...args, "--json"));
  expect([files, format]).toEqual([[at("both.onnx")], "onnx"]);
  expect(notPortable.length).toBeGreaterThan(2);
  expect(readFileSync(at("both.onnx"))).toEqual(first);

  writeFileSync(at("mine.onnx"), "\x08\x07\x12\x07pytorch");
  await expect(run(...args.slice(0, 4), at("mine.onnx"))).rejects.toMatchObject({ code: "E_EXISTS" });
  expect(readFileSync(at("mine.onnx"), "latin1")).toBe("\x08\x07\x12\x07pytorch");
});

test.each([
  ["spiking.safetensors", [], "E_MODEL", /without the DNN/],
  ["both.safetensors", ["--size", "320"], "E_USAGE", /--size goes with/],
  ["small.cfg", [], "E_USAGE", /needs its weights/],
])("%s with %j ends in %s and writes nothing", async (model, flags, code, message) => {
  const failed = run(at(model), "--to", "onnx", "-o", at("none.onnx"), ...flags);
  await expect(failed).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  expect(existsSync(at("none.onnx"))).toBe(false);
});

test("the file's name must be the format's", async () => {
  const failed = run(at("both.safetensors"), "--to", "onnx", "-o", at("both.pb"));
  await expect(failed).rejects.toMatchObject({
    code: "E_USAGE",
    message: expect.stringContaining("must end in .onnx"),
  });
});
