/** docs/nir.md says of each kind of layer and neuron what the exporter's tables say. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { layerWords } from "../src/exporters/nir/layers.ts";
import { neuronWords } from "../src/exporters/nir/neurons.ts";

const page = readFileSync(resolve(import.meta.dirname, "../docs/nir.md"), "utf8");
const table = (heading: string) => {
  const [, rest] = page.split(`| ${heading} | verdict | in NIR |\n|---|---|---|\n`);
  return rest.split("\n\n")[0].split("\n");
};

test("layers and neurons: what is exact, lossy, refused or left out, and how", () => {
  for (const [heading, words] of Object.entries({ layer: layerWords, neuron: neuronWords })) {
    const rows = Object.entries(words).map(([kind, { verdict, how }]) =>
      `| `.concat(`\`${kind}\` | ${verdict} | ${how} |`),
    );
    expect(table(heading)).toEqual(rows);
  }
});
