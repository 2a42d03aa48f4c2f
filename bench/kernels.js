// @ts-check
/**
 * What each kernel buys: a network is run as it is planned, and as it would be if a kernel were not there, turn by turn; printed
 * are least processor times of a thread and their ratio. With another build, that is compared besides.
 *
 *     npm run build && node bench/kernels.js --model MODEL.safetensors --image FILE [--mode fast,rate] [--threads 1] [--repeats 15] [--against OTHER/dist [--builds-only]]
 *
 * Without a model: the one that ships, on a generated scene; with `--seeded 5,15`: Tiny YOLO's shape at 416² with seeded weights, at
 * these activities in percent. Results must be the same, or it ends with exit code 1.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    model: { type: "string", default: resolve(import.meta.dirname, "../models/scenes.safetensors") },
    seeded: { type: "string" },
    image: { type: "string" },
    mode: { type: "string", default: "fast,rate,paper" },
    steps: { type: "string" },
    threads: { type: "string", default: "1" },
    repeats: { type: "string", default: "15" },
    against: { type: "string" },
    "builds-only": { type: "boolean", default: false },
  },
});
const threads = Number(flags.threads);

/** @param {string} dist @returns {Promise<any>} */
async function libraryIn(dist) {
  const at = (/** @type {string} */ path) => import(new URL(path, pathToFileURL(`${resolve(dist)}/`)).href);
  return { ...(await at("index.js")), at };
}
const ours = await libraryIn(resolve(import.meta.dirname, "../dist"));
const { sessionOf } = await ours.at("snn/plan/session.js");
const { plansOf, plainOptions } = await ours.at("snn/plan/plan.js");
const { wasmDevice } = await ours.at("snn/engines/event/wasm-device.js");
const { gathers } = await ours.at("snn/plan/decisions.js");
const theirs = flags.against ? await libraryIn(flags.against) : undefined;

/** Networks to be measured: name, converted graph, picture. */
async function* workloads() {
  const inMode = (/** @type {string} */ mode) => {
    const usual = flags.steps ? Number(flags.steps) : mode === "paper" ? 64 : undefined;
    return ours.conversionSettings(mode, usual ? { timeSteps: usual } : {});
  };
  if (flags.seeded) {
    const { seededTinyYolo } = await ours.at("speed/seeded-network.js");
    const { tuneActivity } = await ours.at("speed/activity.js");
    const { dnn, picture } = await seededTinyYolo(1);
    for (const mode of flags.mode.split(",")) {
      const snn = ours.toSpiking(dnn, { ...inMode(mode), timeSteps: Number(flags.steps ?? 32) });
      const { image } = ours.preprocess(picture, ours.inputOf(snn).shape, snn.preprocessing);
      for (const percent of flags.seeded.split(",")) {
        const { timeSteps } = snn.simulation;
        const open = (/** @type {any} */ graph) => ours.eventEngine({ threads }).open(graph);
        const tuned = await tuneActivity(snn, { activity: Number(percent) / 100, image, timeSteps, open });
        yield { name: `seeded Tiny YOLO, ${mode}, ${percent} %`, snn: tuned, image };
      }
    }
    return;
  }
  const { dnn } = ours.decodeModel(readFileSync(flags.model), flags.model);
  const picture = flags.image
    ? await ours.decodeImage(readFileSync(flags.image), flags.image)
    : ours.renderScene(ours.generateScene(2027, 0));
  for (const mode of flags.mode.split(",")) {
    const snn = ours.toSpiking(dnn, inMode(mode));
    const { image } = ours.preprocess(picture, ours.inputOf(snn).shape, snn.preprocessing);
    yield { name: `${flags.model.split("/").at(-1)}, ${mode}`, snn, image };
  }
}

/** Of this process: less disturbed by other programs than the time of the day. */
function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Names and forces of all plans that differ from the usual one. @param {any} snn */
function alternatives(snn) {
  const planned = (/** @type {any} */ force) =>
    plansOf(snn, { ...plainOptions(snn), force }).map((/** @type {any} */ { decisions, network }) =>
      JSON.stringify([...decisions.values(), network.stages.length]),
    );
  const usual = planned({}).join();
  const all = [
    ...Object.keys(gathers).map((gather) => /** @type {const} */ ([`without ${gather}`, { without: gather }])),
    /** @type {const} */ (["neurons in int32", { neurons: "steps" }]),
    /** @type {const} */ (["goals looked up", { neurons: "tracker" }]),
    /** @type {const} */ (["pools apart", { pools: "apart" }]),
  ];
  return all.filter(([, force]) => planned(force).join() !== usual);
}

for await (const { name: workload, snn, image } of workloads()) {
  const cases = [
    { name: "as planned", session: await sessionOf(snn, wasmDevice(threads), {}) },
    ...(await Promise.all(
      (flags["builds-only"] ? [] : alternatives(snn)).map(async ([name, force]) => ({
        name,
        session: await sessionOf(snn, wasmDevice(threads), force),
      })),
    )),
  ];
  if (theirs) cases.push({ name: "the other build", session: await theirs.eventEngine({ threads }).open(snn) });
  const least = cases.map(() => Number.POSITIVE_INFINITY);
  const results = cases.map(() => "");
  for (let repeat = 0; repeat <= Number(flags.repeats); repeat++) {
    for (const [k, { session }] of cases.entries()) {
      const begin = processorMs();
      for await (const { spikes, synOps, outputs } of ours.simulate(session, image, {
        ...snn.simulation,
        at: [snn.simulation.timeSteps],
      }))
        results[k] = `${spikes} ${synOps} ${[...outputs.values()].map(({ data }) => data.slice(0, 50).join()).join()}`;
      // The first run warms up.
      if (repeat > 0) least[k] = Math.min(least[k], (processorMs() - begin) / threads);
    }
  }
  process.stdout.write(`${workload}, T = ${snn.simulation.timeSteps}, ${threads} thread${threads > 1 ? "s" : ""}\n`);
  for (const [k, { name, session }] of cases.entries()) {
    process.stdout.write(
      `  ${name.padEnd(24)} ${least[k].toFixed(2).padStart(9)} ms  ×${(least[k] / least[0]).toFixed(3)}\n`,
    );
    if (results[k] !== results[0]) {
      process.stdout.write("  ITS RESULT DIFFERS\n");
      process.exitCode = 1;
    }
    await session.dispose();
  }
}
