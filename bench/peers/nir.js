// @ts-check
/**
 * Networks without max-pools, exported as NIR, in this project's engine and in other frameworks: every neuron's count. README.md says how to run it;
 * `--out FOLDER` writes the files and the peers' counts down, which src/importers/nir/peers.test.ts holds our engines against without Python.
 * Built files only, so that plain Node.js runs it: npm run build first.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** @type {typeof import("../../src/index.ts")} */
const library = await import(new URL("../../dist/index.js", import.meta.url).href);

const { values: flags } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    steps: { type: "string", default: "32" },
    out: { type: "string" },
  },
});
const timeSteps = Number(flags.steps);

/** @typedef {"strides" | "pools" | "loops"} Kind */

/** Plain neurons but for `loops`, whose signed ones stand for leaky ReLU. @param {Kind} kind */
const cfgOf = (kind) => {
  const convolution = (/** @type {number} */ filters, /** @type {number} */ stride) =>
    `[convolutional]\nbatch_normalize=1\nfilters=${filters}\nsize=3\nstride=${stride}\npad=1\nactivation=${kind === "loops" ? "leaky" : "relu"}\n`;
  const pool = "[local_avgpool]\nsize=2\nstride=2\npadding=0\n";
  const smaller = (/** @type {number} */ filters) =>
    kind === "pools" ? convolution(filters, 1) + pool : convolution(filters, 2);
  return `[net]\nwidth=32\nheight=24\nchannels=3\n${convolution(8, 1)}${smaller(12)}${smaller(16)}[convolutional]\nfilters=14\nsize=1\nactivation=linear\n[region]\nanchors=1,1.5,2,2.5\nclasses=2\nnum=2\nsoftmax=1\n`;
};

/** @typedef {import("../../src/index.ts").FloatTensor} FloatTensor */

/** Weights and batch normalization that do something, seeded. @param {import("../../src/index.ts").Graph} graph */
function withWeights(graph) {
  const random = library.seededRandom(7);
  const drawn = (/** @type {any} */ { shape, data }, /** @type {number} */ from, /** @type {number} */ to) =>
    library.floatTensor(
      shape,
      Float32Array.from(data, () => from + (to - from) * random()),
    );
  const layers = graph.layers.map((layer) => {
    if (layer.kind === "convolution") return { ...layer, weights: drawn(layer.weights, -1, 1) };
    if (layer.kind !== "batchNorm") return layer;
    const { scale, mean, variance } = layer;
    return { ...layer, scale: drawn(scale, 0.5, 2), mean: drawn(mean, -1, 1), variance: drawn(variance, 0.5, 2) };
  });
  return { ...graph, layers };
}

/** Sixteenths from 0 to 1: currents of a first layer in integers are whole then. */
const picture = library.floatTensor(
  [3, 24, 32],
  Float32Array.from({ length: 3 * 24 * 32 }, (_, i) => ((i * 7919) % 17) / 16),
);

/** @param {Kind} kind @param {8 | "float"} bits */
async function networkOf(kind, bits) {
  const dnn = withWeights(library.importDarknet({ cfg: cfgOf(kind) }));
  const random = library.seededRandom(3);
  const images = Array.from({ length: 8 }, () =>
    library.floatTensor(
      picture.shape,
      picture.data.map(() => random()),
    ),
  );
  const settings = library.conversionSettings("rate", {
    neuron: kind === "loops" ? "signed" : "if",
    scope: "layer",
    bits,
    timeSteps,
  });
  return library.toSpiking(await library.calibrate(dnn, images), settings);
}

/** Counts of hidden populations. @param {import("../../src/index.ts").SpikingGraph} snn */
async function ourCounts(snn) {
  const names = snn.layers.flatMap(({ kind, name }) => (kind === "integrateFire" ? [name] : []));
  const session = await library.referenceEngine.open(snn);
  const options = { ...snn.simulation, at: [timeSteps], record: { counts: names } };
  for await (const { recorded } of library.simulate(session, picture, options)) return recorded.counts;
  throw new Error("no checkpoint");
}

/** @param {ArrayLike<number>} counts */
function summary(counts) {
  const values = Int32Array.from(counts);
  const sha256 = createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex");
  return { spikes: values.reduce((a, b) => a + b, 0), sha256 };
}

/** @param {Iterable<readonly [string, ArrayLike<number>]>} counts */
const summaries = (counts) => Object.fromEntries([...counts].map(([layer, values]) => [layer, summary(values)]));

const folder = mkdtempSync(join(tmpdir(), "nir-"));
try {
  const networks = [];
  writeFileSync(join(folder, "picture.bin"), new Uint8Array(picture.data.buffer));
  for (const [kind, bits] of /** @type {const} */ ([
    ["strides", 8],
    ["pools", "float"],
    ["loops", 8],
  ])) {
    const name = `${kind}-${bits}`;
    const snn = await networkOf(kind, bits);
    const { bytes } = await library.exportNir(snn);
    writeFileSync(join(folder, `${name}.nir`), bytes);
    const script = join(import.meta.dirname, "nir_counts.py");
    const options = [script, join(folder, `${name}.nir`), join(folder, "picture.bin"), "--steps", String(timeSteps)];
    const answer = execFileSync(flags.python, options, {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { rows, ...versions } = JSON.parse(answer.trim().split("\n").at(-1) ?? "");
    const ours = summaries(await ourCounts(snn));
    const peers = rows.map((/** @type {any} */ { counts, ...row }) => ({
      ...row,
      ...(counts ? { counts: summaries(Object.entries(counts)) } : {}),
    }));
    networks.push({ name, timeSteps, ...versions, peers });
    console.log(
      `${name} (${bytes.length} bytes), nir ${versions.nir}, nirtorch ${versions.nirtorch}, ${timeSteps} steps`,
    );
    const layers = Object.keys(ours);
    const line = (/** @type {any} */ counts) =>
      layers.map((layer) => `${layer} ${counts[layer]?.spikes ?? "-"}`).join(", ");
    console.log(`  ${"ours".padEnd(28)}  ${line(ours)}`);
    for (const { peer, version, asSaid, counts, refused } of peers) {
      const label = `${peer} ${version}${asSaid ? ", as said" : ", as read"}`.padEnd(28);
      const isSame = counts && layers.every((layer) => counts[layer]?.sha256 === ours[layer].sha256);
      console.log(
        `  ${label}  ${refused ? `refused: ${refused}` : line(counts)}${isSame ? "  every neuron the same" : ""}`,
      );
    }
    if (flags.out) {
      mkdirSync(flags.out, { recursive: true });
      writeFileSync(join(flags.out, `${name}.nir`), bytes);
    }
  }
  if (flags.out) writeFileSync(join(flags.out, "counts.json"), `${JSON.stringify(networks, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
