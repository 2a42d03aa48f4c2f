/** The library's reference: it holds every export, and its examples are right in types and in what they print. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDoc } from "../site/reference/doc-comment.ts";
import { exportsOf } from "../site/reference/exports.ts";
import * as library from "../src/index.ts";
import { type Installed, installPacked } from "./packed.ts";
import { smallExport } from "./snippets/people.ts";

const root = resolve(import.meta.dirname, "..");
const all = exportsOf(join(root, "src"));
const examples = all.flatMap(({ name, doc }) =>
  readDoc(doc).examples.map((program, i) => ({ file: i === 0 ? name : `${name}-${i}`, program })),
);

test("every value that the package exports is there, and says what it is", () => {
  const values = all.filter(({ isType }) => !isType);
  expect(values.map(({ name }) => name).sort()).toEqual(Object.keys(library).sort());
  const silent = values.filter(({ doc }) => readDoc(doc).text === "").map(({ name }) => name);
  expect(silent).toEqual([]);
});

test("types that are exported by name or with their file are there", () => {
  const types = all.filter(({ isType }) => isType).map(({ name }) => name);
  expect(new Set(types).size).toBe(types.length);
  const index = readFileSync(join(root, "src/index.ts"), "utf8");
  const named = [...index.matchAll(/\btype (\w+)(?: as (\w+))?[,\s}]/g)].map(([, name, other]) => other ?? name);
  expect(named.length).toBeGreaterThan(50);
  for (const name of named) expect(types, name).toContain(name);
  for (const name of ["Layer", "ConvolutionLayer", "IntegrateFireLayer", "NeuronKind"]) expect(types).toContain(name);
});

test("a doc comment's parts: text, tags at a line's begin or a sentence's end, programs", () => {
  const doc =
    "Reads `it`. @throws ImportError [E_X] where\n  it is not.\n@param a what\n@example\n```js\nlet x;\n\nx = 1;\n```";
  expect(readDoc(doc)).toEqual({
    text: "Reads `it`.",
    parameters: [{ name: "a", text: "what" }],
    returns: "",
    throws: "ImportError [E_X] where it is not.",
    examples: ["let x;\n\nx = 1;"],
  });
});

/** What a program says that it prints: behind a line that prints, or in the comments below one. */
function expectedOutput(program: string): string {
  const expected: string[] = [];
  let isBelow = false;
  for (const line of program.split("\n")) {
    const [, behind] = /console\.log\(.*\); \/\/ (.*)$/.exec(line) ?? [];
    const [, below] = /^\s*\/\/ (.*)$/.exec(line) ?? [];
    if (behind !== undefined) expected.push(behind);
    else if (isBelow && below !== undefined) expected.push(below);
    isBelow = (behind === undefined && line.includes("console.log(")) || (isBelow && below !== undefined);
  }
  return expected.join("\n");
}

describe.skipIf(process.platform === "win32")("examples, on an installation", () => {
  let installed: Installed;
  beforeAll(() => {
    installed = installPacked();
    for (const path of ["models", "examples"])
      cpSync(join(root, path), join(installed.folder, path), { recursive: true });
    writeFileSync(join(installed.folder, "yolov8n.onnx"), smallExport());
    for (const { file, program } of examples)
      for (const ending of ["mjs", "mts"]) writeFileSync(join(installed.folder, `${file}.${ending}`), program);
  }, 120_000);
  afterAll(() => installed?.remove());

  test("twenty or more have one", () => {
    expect(examples.length).toBeGreaterThanOrEqual(20);
  });

  test("types", () => {
    mkdirSync(join(installed.folder, "node_modules/@types"), { recursive: true });
    for (const name of ["@types/node", "undici-types"])
      symlinkSync(join(root, "node_modules", name), join(installed.folder, "node_modules", name), "junction");
    const options = { module: "nodenext", target: "es2023", strict: true, noEmit: true, skipLibCheck: true };
    const config = {
      compilerOptions: { ...options, types: ["node"] },
      files: examples.map(({ file }) => `${file}.mts`),
    };
    writeFileSync(join(installed.folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    expect(() =>
      execFileSync(process.execPath, [tsc, "-p", installed.folder], { stdio: "pipe", encoding: "utf8" }),
    ).not.toThrow();
  });

  test("what they print is what they say", () => {
    const runner = join(installed.folder, "run-examples.mjs");
    writeFileSync(runner, runnerOf(examples.map(({ file }) => file)));
    const answer = execFileSync(process.execPath, [runner], { cwd: installed.folder, encoding: "utf8" });
    const printed = JSON.parse(answer.split("\n").at(-1) ?? "");
    expect(printed).toEqual(Object.fromEntries(examples.map(({ file, program }) => [file, expectedOutput(program)])));
  });
});

/** One process for all: the library is loaded once. What each prints goes into the last line, by name. */
const runnerOf = (files: readonly string[]): string => `
import { format } from "node:util";
const printed = {};
for (const file of ${JSON.stringify(files)}) {
  const lines = [];
  console.log = (...values) => lines.push(format(...values));
  await import(\`./\${file}.mjs\`).catch((error) => lines.push(String(error)));
  printed[file] = lines.join("\\n");
}
process.stdout.write("\\n" + JSON.stringify(printed));
process.exit(0);
`;
