// @ts-check
/**
 * One network, one picture, several frameworks, one after the other on this machine: README.md says how to run it.
 * Built files only, so that plain Node.js runs it: npm run build first.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

/** @param {string} path below src or dist. */
const built = (path) => import(new URL(`../../dist/${path}.js`, import.meta.url).href);
/** @type {typeof import("../../src/index.ts")} */
const library = await built("index");
/** @type {typeof import("../../src/graph/safetensors.ts")} */
const { encodeTensors } = await built("graph/safetensors");
/** @type {typeof import("../../src/speed/seeded-network.ts")} */
const { seededTinyYolo } = await built("speed/seeded-network");
/** @type {typeof import("../../src/speed/activity.ts")} */
const { tuneActivity } = await built("speed/activity");

const root = resolve(import.meta.dirname, "../..");
const seeded = "tiny-yolo";
const { values: flags } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    model: { type: "string", default: join(root, "models/scenes.safetensors") },
    image: { type: "string" },
    steps: { type: "string", default: "32" },
    threads: { type: "string", default: "1,2" },
    repeats: { type: "string", default: "5" },
    peers: { type: "string", default: "spikingjelly/delta,spikingjelly/plain,sinabs/delta,sinabs/plain" },
    check: { type: "boolean", default: false },
  },
});
const timeSteps = Number(flags.steps);
const repeats = Number(flags.repeats);

/** @typedef {import("../../src/index.ts").Graph} Graph */
/** @typedef {ReadonlyMap<string, import("../../src/index.ts").FloatTensor>} Outputs */
/** @typedef {{ name: string, threads: number, runMs: readonly number[], spikes: number, outputs: Outputs }} Row */

/** The DNN and a picture for it. */
async function load() {
  if (flags.model === seeded) return seededTinyYolo(1);
  const { dnn } = library.decodeModel(readFileSync(flags.model), flags.model);
  if (!dnn) throw new Error(`${flags.model} does not hold the DNN`);
  const picture = flags.image
    ? await library.decodeImage(readFileSync(flags.image), flags.image)
    : await library.renderScene(library.generateScene(2027, 0));
  return { dnn, picture };
}

/**
 * @param {string} name
 * @param {Graph} snn
 * @param {import("../../src/index.ts").FloatTensor} image
 * @param {number} threads
 * @param {import("../../src/snn/engine.ts").Engine} engine
 * @param {number} runs
 * @returns {Promise<Row>}
 */
async function runOurs(name, snn, image, threads, engine, runs) {
  const session = await engine.open(snn);
  const runMs = [];
  let spikes = 0;
  /** @type {Outputs} */
  let outputs = new Map();
  // The first run only warms up.
  for (let run = 0; run <= runs; run++) {
    const start = performance.now();
    const options = { timeSteps, at: [timeSteps], encoding: "constant", decode: "vmem" };
    for await (const checkpoint of library.simulate(session, image, /** @type {any} */ (options))) {
      outputs = checkpoint.outputs;
      // Those of the hidden layers: peers' outputs are charges only.
      const readouts = new Set(snn.layers.filter(({ kind }) => kind === "readout").map((layer) => layer.name));
      spikes = [...checkpoint.activity].reduce((sum, [layer, of]) => sum + (readouts.has(layer) ? 0 : of.spikes), 0);
    }
    if (run > 0) runMs.push(performance.now() - start);
  }
  await session.dispose();
  return { name, threads, runMs, spikes, outputs };
}

/**
 * @param {string} peer framework/pool
 * @param {string} folder where the network and the picture are
 * @param {number} threads
 * @returns {Row}
 */
function runPeer(peer, folder, threads) {
  const [framework, pool] = peer.split("/");
  const words = ["--framework", framework, "--pool", pool, "--model", join(folder, "if.safetensors"), "--picture"];
  words.push(join(folder, "picture.safetensors"), "--steps", `${timeSteps}`, "--threads", `${threads}`);
  words.push("--repeats", `${repeats}`);
  const text = execFileSync(flags.python, [join(import.meta.dirname, "peers.py"), ...words], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { version, torch, runMs, spikes, outputs } = JSON.parse(text);
  const read = Object.entries(outputs).map(([name, values]) => {
    const data = Float32Array.from(/** @type {number[]} */ (values));
    return /** @type {const} */ ([name, library.floatTensor([data.length], data)]);
  });
  return {
    name: `${framework} ${version} (torch ${torch}), IF, ${pool} max-pool`,
    threads,
    runMs,
    spikes,
    outputs: new Map(read),
  };
}

/** @param {Row} row */
function describe({ name, threads, runMs, spikes, outputs }) {
  const sorted = runMs.map((ms) => ms / timeSteps).sort((a, b) => a - b);
  const [least, middle, most] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted[sorted.length - 1]];
  const error = flags.model === seeded ? "" : library.outputError(outputs, exact).toFixed(3);
  const times = [least, middle, most].map((ms) => ms.toFixed(2)).join(" / ");
  return `| ${name} | ${threads} | ${times} | ${spikes.toLocaleString("en")} | ${error} |`;
}

const { dnn, picture } = await load();
const { image } = library.preprocess(picture, library.inputOf(dnn).shape, dnn.preprocessing);
const session = await library.openDnn(dnn);
const exact = await session.run(image);
await session.dispose();

const change = { timeSteps };
const plainIf = /** @type {const} */ ({ ...change, neuron: "if", pool: "delta" });
const toSpiking = (/** @type {object} */ changes) =>
  library.toSpiking(dnn, library.conversionSettings("rate", changes));
/** @param {Graph} snn Seeded weights have no activity of their own: it is set to what trained networks show. */
const busy = (snn) =>
  flags.model === seeded
    ? tuneActivity(snn, { activity: 0.15, image, timeSteps, open: (graph) => library.eventEngine().open(graph) })
    : snn;
const takeback = await busy(toSpiking(change));
const ours = await busy(toSpiking(plainIf));
const float = toSpiking({ ...plainIf, bits: "float" });

const folder = mkdtempSync(join(tmpdir(), "peers-"));
try {
  writeFileSync(join(folder, "if.safetensors"), library.encodeModel({ snn: float }));
  const tensors = new Map([["image", image]]);
  writeFileSync(join(folder, "picture.safetensors"), encodeTensors({ tensors, metadata: {} }));

  console.log(`${flags.model === seeded ? "yolov2-tiny-voc, seeded weights" : flags.model}, ${image.shape.join("×")}`);
  console.log(`T = ${timeSteps}, ${repeats} runs; ${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}`);
  console.log(
    "\n| | threads | ms per step: least / median / greatest | spikes | output error |\n|---|---|---|---|---|",
  );
  /** @type {Outputs | undefined} */
  let theirs;
  for (const threads of flags.threads.split(",").map(Number)) {
    const engine = library.eventEngine({ threads });
    console.log(
      describe(await runOurs("spiking-yolo, take-back neuron, 8 bits", takeback, image, threads, engine, repeats)),
    );
    console.log(
      describe(await runOurs("spiking-yolo, IF, delta max-pool, 8 bits", ours, image, threads, engine, repeats)),
    );
    for (const peer of flags.peers.split(",")) {
      const row = runPeer(peer, folder, threads);
      console.log(describe(row));
      if (peer.endsWith("/delta")) theirs = row.outputs;
    }
  }
  if (flags.check && theirs) {
    const reference = await runOurs("our reference engine, IF, float64", float, image, 1, library.referenceEngine, 0);
    const difference = library.outputError(theirs, reference.outputs);
    console.log(`\n${reference.name}: ${reference.spikes.toLocaleString("en")} spikes;`);
    console.log(
      `the outputs of the last peer with its pool differ from its by ${difference.toExponential(2)} of their norm`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
