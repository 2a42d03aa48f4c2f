// @ts-check
/**
 * Two networks by NeuroBench's own code and by ours: README.md says how to run it. `--out FOLDER` writes networks, pictures and the package's
 * figures down, which src/report/neurobench.test.ts holds ours against without Python. Built files only: npm run build first.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** @type {typeof import("../../src/index.ts")} */
const library = await import(new URL("../../dist/index.js", import.meta.url).href);

const { values: flags } = parseArgs({
  options: { python: { type: "string", default: "python3" }, out: { type: "string" } },
});

/** @typedef {"plain" | "graded"} Kind `plain`: binary spikes, strides. `graded`: spikes of −3 … 3, mean pools, a grouped convolution. */

/** @param {Kind} kind */
const cfgOf = (kind) => {
  const convolution = (/** @type {number} */ filters, /** @type {number} */ stride, /** @type {number} */ groups = 1) =>
    `[convolutional]\nbatch_normalize=1\nfilters=${filters}\nsize=3\nstride=${stride}\npad=1\ngroups=${groups}\nactivation=${kind === "plain" ? "relu" : "leaky"}\n`;
  const layers =
    kind === "plain"
      ? convolution(8, 1) + convolution(12, 2) + convolution(16, 2)
      : `${convolution(8, 2)}[local_avgpool]\nsize=2\nstride=2\npadding=0\n${convolution(12, 1, 2)}`;
  return `[net]\nwidth=32\nheight=24\nchannels=3\n${layers}[convolutional]\nfilters=14\nsize=1\nactivation=linear\n[region]\nanchors=1,1.5,2,2.5\nclasses=2\nnum=2\nsoftmax=1\n`;
};

/** Seeded weights, four in ten of them 0. @param {import("../../src/index.ts").Graph} graph */
function withWeights(graph) {
  const random = library.seededRandom(11);
  const drawn = (/** @type {any} */ { shape, data }, /** @type {number} */ from, /** @type {number} */ to, zeros = 0) =>
    library.floatTensor(
      shape,
      Float32Array.from(data, () => (random() < zeros ? 0 : from + (to - from) * random())),
    );
  const layers = graph.layers.map((layer) => {
    if (layer.kind === "convolution") return { ...layer, weights: drawn(layer.weights, -1, 1, 0.4) };
    if (layer.kind !== "batchNorm") return layer;
    const { scale, mean, variance } = layer;
    return { ...layer, scale: drawn(scale, 0.5, 2), mean: drawn(mean, -1, 1), variance: drawn(variance, 0.5, 2) };
  });
  return { ...graph, layers };
}

/** Sixteenths from 0 to 1, so that currents are whole in integers; a quarter of them 0. @param {number} seed */
function pictureOf(seed) {
  const random = library.seededRandom(seed);
  const data = Float32Array.from({ length: 3 * 24 * 32 }, () => Math.max(0, Math.floor(random() * 23) - 6) / 16);
  return library.floatTensor([3, 24, 32], data);
}

/** @param {Kind} kind */
async function modelOf(kind) {
  const dnn = await library.calibrate(
    withWeights(library.importDarknet({ cfg: cfgOf(kind) })),
    [1, 2, 3].map(pictureOf),
  );
  const changes = kind === "plain" ? { neuron: "if", timeSteps: 12 } : { neuron: "signed", levels: 3, timeSteps: 6 };
  return { snn: library.toSpiking(dnn, library.conversionSettings("rate", /** @type {any} */ (changes))) };
}

const pictures = [21, 22].map(pictureOf);
const folder = flags.out ?? mkdtempSync(join(tmpdir(), "neurobench-"));
mkdirSync(folder, { recursive: true });
try {
  writeFileSync(join(folder, "pictures.bin"), Buffer.concat(pictures.map(({ data }) => new Uint8Array(data.buffer))));
  /** @type {Record<string, unknown>} */
  const all = {};
  for (const kind of /** @type {const} */ (["plain", "graded"])) {
    const model = await modelOf(kind);
    const file = join(folder, `${kind}.safetensors`);
    writeFileSync(file, library.encodeModel(model));
    const ours = await library.neuroBench(model.snn, pictures);
    const script = join(import.meta.dirname, "neurobench_counts.py");
    const options = {
      encoding: /** @type {const} */ ("utf8"),
      stdio: /** @type {any} */ (["ignore", "pipe", "inherit"]),
    };
    const answer = execFileSync(flags.python, [script, file, join(folder, "pictures.bin")], options);
    const theirs = JSON.parse(answer.trim().split("\n").at(-1) ?? "");
    all[kind] = theirs;
    console.log(`${kind}\n  ours    ${JSON.stringify(ours)}\n  theirs  ${JSON.stringify(theirs.results)}`);
  }
  if (flags.out) writeFileSync(join(flags.out, "neurobench.json"), `${JSON.stringify(all, null, 2)}\n`);
} finally {
  if (!flags.out) rmSync(folder, { recursive: true, force: true });
}
