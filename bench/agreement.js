// @ts-check
/**
 * Whether a spiking network sees on a video what its DNN sees, and at what cost: a row for each setting, as the tables of docs/video.md.
 *
 *   node bench/agreement.js VIDEO --model M [--frames 250] [--every 1] [--threads 1] [--disagreements] [-- "" "--bits 12 --rounding .002" …]
 *
 * Each argument behind the video is what `detect` is given; "" is the model's own mode. The DNN's boxes are the truth. F1 counts boxes of a
 * class that overlap by half (IoU), surest first, at scores of a quarter and above. Accumulates are those for each multiply-accumulate of
 * frames after the first. `--disagreements` lists the boxes that only one of the two has: frame, class, score, and how far the nearest box of
 * this class overlaps in the other.
 */
import { parseArgs } from "node:util";
import { runCommand } from "./networks.js";

const { intersectionOverUnion } = await import(new URL("../dist/index.js", import.meta.url).href);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string" },
    frames: { type: "string", default: "250" },
    every: { type: "string", default: "1" },
    threads: { type: "string", default: "1" },
    disagreements: { type: "boolean", default: false },
  },
});
const [video, ...settings] = positionals;
if (!video || !values.model) throw new Error("a video, or --model with a converted network, is missing");

/** @typedef {{ label: string, score: number, box: [number, number, number, number] }} Found */

console.log("| settings | F1 | both, DNN, spiking | accumulates a MAC after the first frame | outputs off |");
console.log("|---|---|---|---|---|");
for (const setting of settings.length > 0 ? settings : [""]) await compare(setting);

/** Prints the row of a setting. @param {string} setting */
async function compare(setting) {
  const frames = ["--limit-frames", values.frames, "--every", values.every, "--threads", values.threads];
  const options = setting.split(" ").filter((word) => word !== "");
  const json = await runCommand(["detect", video, "--model", String(values.model), ...frames, "--json", ...options]);
  const [{ frames: seen, totals }] = JSON.parse(json).videos;
  const sums = { both: 0, dnn: 0, snn: 0, synOps: 0, error: 0 };
  /** @type {string[]} */
  const alone = [];
  for (const { index, dnn, snn } of seen) {
    const pairs = matches(dnn.detections, snn.detections);
    sums.both += pairs.size;
    sums.dnn += dnn.detections.length;
    sums.snn += snn.detections.length;
    sums.error += snn.outputError;
    if (index > 0) sums.synOps += snn.synOps;
    const matched = new Set(pairs.values());
    for (const box of snn.detections) if (!pairs.has(box)) alone.push(`${index} spiking ${told(box, dnn.detections)}`);
    for (const box of dnn.detections) if (!matched.has(box)) alone.push(`${index} DNN ${told(box, snn.detections)}`);
  }
  const count = seen.length;
  console.log(
    `| ${[
      setting === "" ? "the model's own" : `\`${setting}\``,
      ((2 * sums.both) / (sums.dnn + sums.snn)).toFixed(3),
      `${sums.both}, ${sums.dnn}, ${sums.snn}`,
      (sums.synOps / (count - 1) / (totals.dnnMacs / count)).toFixed(3),
      `${((100 * sums.error) / count).toFixed(2)} %`,
    ].join(" | ")} |`,
  );
  if (values.disagreements) for (const line of alone) console.log(`  ${line}`);
}

/** Boxes of the spiking network, surest first, each with the DNN's box that it is. @param {Found[]} dnn @param {Found[]} snn */
function matches(dnn, snn) {
  /** @type {Map<Found, Found>} */
  const pairs = new Map();
  const free = new Set(dnn);
  for (const box of snn) {
    const nearest = [...free]
      .filter(({ label }) => label === box.label)
      .reduce(
        (/** @type {Found | undefined} */ best, other) =>
          best && overlap(box, best) >= overlap(box, other) ? best : other,
        undefined,
      );
    if (!nearest || overlap(box, nearest) < 0.5) continue;
    pairs.set(box, nearest);
    free.delete(nearest);
  }
  return pairs;
}

/** @param {Found} box @param {Found[]} others */
function told({ label, score, box }, others) {
  const overlaps = others
    .filter((other) => other.label === label)
    .map((other) => overlap({ label, score, box }, other));
  return `${label} ${score.toFixed(3)}, IoU ${Math.max(0, ...overlaps).toFixed(2)}`;
}

/** @param {Found} a @param {Found} b */
function overlap(a, b) {
  return intersectionOverUnion(boxOf(a), boxOf(b));
}

/** @param {Found} found */
function boxOf({ box: [xMin, yMin, xMax, yMax] }) {
  return { xMin, yMin, xMax, yMax };
}
