/** The import table: folders are rooms with ranks, a room imports lower ranks and itself only, never a room of its own rank. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const ranks: Readonly<Record<string, number>> = {
  core: 0,
  platform: 0.5,
  onnx: 1,
  nir: 1,
  functions: 2,
  heads: 2,
  graph: 3,
  image: 3,
  importers: 4,
  data: 4,
  metrics: 4,
  dnn: 4,
  snn: 4,
  convert: 5,
  targets: 5.5,
  exporters: 5.5,
  detections: 5,
  report: 6,
  evaluate: 6,
  train: 6,
  executors: 6.5,
  speed: 6.5,
  cli: 7,
};

const root = resolve(import.meta.dirname, "../src");

const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (file) => /\.(ts|js)$/.test(file) && !/\.(test|d)\.ts$/.test(file),
);

/** Rooms that a file imports, by static and dynamic imports alike. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const specifiers = [...text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)"([^"]+)"/g)].map(
    ([, specifier]) => specifier,
  );
  return specifiers.flatMap((specifier) => {
    if (specifier === "#platform") return ["platform"];
    if (!specifier.startsWith(".")) return [];
    return [relative(root, resolve(root, file, "..", specifier)).split("/")[0]];
  });
}

test("every folder of src has a rank", () => {
  const folders = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]));
  for (const folder of folders) expect(ranks, folder).toHaveProperty(folder);
});

test.each(files.filter((file) => file.includes("/")))("%s imports only from rooms below its own", (file) => {
  const [room] = file.split("/");
  for (const imported of imports(file)) {
    if (imported !== room) expect(ranks[imported], `${file} imports ${imported}`).toBeLessThan(ranks[room]);
  }
});

test("library rooms do not reach for Node.js: that is the platform's, and the executors'", () => {
  for (const file of files.filter((name) => !/^(cli|platform|executors)\//.test(name) && !name.endsWith(".js"))) {
    // Examples in doc comments may.
    const code = readFileSync(join(root, file), "utf8").replaceAll(/^\s*\*.*$/gm, "");
    expect(code, file).not.toMatch(/from "node:/);
  }
});
