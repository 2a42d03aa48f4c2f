// @ts-check
/**
 * Memory of a process that detects in picture after picture with one session, from decoded pixels to boxes:
 *
 *   npm run build && node bench/memory.js [--model MODEL.safetensors | tiny-yolo] [--mode rate|fast|paper] [--steps T] [--pictures N]
 *
 * `tiny-yolo` is Tiny YOLO's shape at 416² with seeded weights at an activity of 15 %. Ends with exit code 1 where memory
 * grew, or where it is more than 1 GiB above what the runtime took before anything was loaded.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const mebibytes = (/** @type {number} */ bytes) => bytes / 2 ** 20;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");
/** Of the process, when the collector has taken what nobody holds. */
function resident() {
  collectGarbage();
  return mebibytes(process.memoryUsage.rss());
}
const atStart = resident();

/** @param {string} path below src or dist. */
const built = (path) => import(new URL(`../dist/${path}.js`, import.meta.url).href);
/** @type {typeof import("../src/index.ts")} */
const library = await built("index");
/** @type {typeof import("../src/speed/seeded-network.ts")} */
const { seededTinyYolo } = await built("speed/seeded-network");
/** @type {typeof import("../src/speed/activity.ts")} */
const { tuneActivity } = await built("speed/activity");
/** @type {typeof import("../src/snn/engines/event/planned-memory.ts")} */
const { plannedMemory } = await built("snn/engines/event/planned-memory");

const { values: flags } = parseArgs({
  options: {
    model: { type: "string", default: resolve(import.meta.dirname, "../models/scenes.safetensors") },
    mode: { type: "string", default: "rate" },
    steps: { type: "string", default: "32" },
    pictures: { type: "string", default: "1000" },
    threads: { type: "string", default: "2" },
  },
});
const pictures = Number(flags.pictures);
const threads = Number(flags.threads);
const mode = /** @type {import("../src/index.ts").Mode} */ (flags.mode);
const timeSteps = Number(flags.steps);

/** In a scope of its own, so that what conversion took can be given back. */
async function load() {
  const settings = library.conversionSettings(mode, { timeSteps });
  if (flags.model !== "tiny-yolo") {
    const { dnn } = library.decodeModel(readFileSync(flags.model), flags.model);
    if (!dnn) throw new Error(`${flags.model} does not hold the DNN`);
    return library.toSpiking(dnn, settings);
  }
  const { dnn, picture } = await seededTinyYolo(1);
  const { image } = library.preprocess(picture, library.inputOf(dnn).shape, dnn.preprocessing);
  const open = (/** @type {import("../src/index.ts").Graph} */ graph) => library.eventEngine({ threads }).open(graph);
  return tuneActivity(library.toSpiking(dnn, settings), { activity: 0.15, image, timeSteps: 32, open });
}

const snn = await load();
const session = await library.eventEngine({ threads }).open(snn);
console.log(`planned for the engine ${mebibytes(plannedMemory(snn, threads).bytes).toFixed(0)} MiB`);
console.log(`at the start           ${atStart.toFixed(0)} MiB resident`);
console.log(`opened                 ${resident().toFixed(0)} MiB`);

/** Drawn beforehand, so that only detection is watched. */
const scenes = [];
for (let index = 0; index < 10; index++) scenes.push(await library.renderScene(library.generateScene(2027, index)));

/** Resident memory after each tenth of the pictures. */
const tenths = [];
let boxes = 0;
for (let index = 0; index < pictures; index++) {
  const input = library.preprocess(scenes[index % scenes.length], library.inputOf(snn).shape, snn.preprocessing);
  const options = { ...library.conversionSettings(mode), timeSteps, at: [timeSteps] };
  for await (const { outputs } of library.simulate(session, input.image, options)) {
    boxes += (await library.readDetections(snn, outputs, input, library.displayThresholds)).length;
  }
  if ((index + 1) % Math.ceil(pictures / 10) !== 0 && index + 1 < pictures) continue;
  tenths.push(resident());
  console.log(
    `${`after ${index + 1} pictures`.padEnd(22)} ${tenths[tenths.length - 1].toFixed(0)} MiB, ${boxes} boxes`,
  );
}
await session.dispose();

const most = mebibytes(process.resourceUsage().maxRSS * 1024);
console.log(`the most at any time   ${most.toFixed(0)} MiB`);
// The first half may still fill caches and the collector's own reserve.
const half = Math.floor(tenths.length / 2);
const growth = Math.max(...tenths.slice(half)) - Math.max(...tenths.slice(0, half));
console.log(`growth in the second half of the pictures ${growth.toFixed(0)} MiB`);
if (growth > 16 || Math.max(...tenths) - atStart > 1024) {
  console.error("more than promised");
  process.exitCode = 1;
}
