// @ts-check
/**
 * Processor time of a DNN in ONNX Runtime's native package and in its WebAssembly build, by turns, one thread each:
 *
 *   node bench/onnx-runtimes.js MODEL.onnx [--repeats 10]
 *
 * The model has one float input of a fixed size.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { repeats: { type: "string", default: "10" } },
});
if (positionals.length !== 1) throw new Error("expected one MODEL.onnx");
const model = readFileSync(positionals[0]);

const web = await import("onnxruntime-web/wasm");
web.env.wasm.numThreads = 1;
/** @type {Record<string, typeof import("onnxruntime-common")>} */
const runtimes = { native: await import("onnxruntime-node"), WebAssembly: web };

const runs = await Promise.all(
  Object.entries(runtimes).map(async ([name, ort]) => {
    const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const [input] = session.inputMetadata;
    if (!input.isTensor || input.type !== "float32") throw new Error(`input ${input.name} is no float tensor`);
    const shape = input.shape.map(Number);
    const size = shape.reduce((a, b) => a * b, 1);
    if (!(size > 0)) throw new Error(`input ${input.name} has no fixed size: ${input.shape.join("×")}`);
    const feeds = { [input.name]: new ort.Tensor("float32", new Float32Array(size).fill(0.5), shape) };
    await session.run(feeds);
    return { name, run: () => session.run(feeds), ms: /** @type {number[]} */ ([]) };
  }),
);
for (let i = 0; i < Number(values.repeats); i++) {
  for (const { run, ms } of runs) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    ms.push((user + system) / 1000);
  }
}
for (const { name, ms } of runs) {
  const sorted = ms.sort((a, b) => a - b);
  console.log(
    `${name.padEnd(12)} ${sorted[sorted.length >> 1].toFixed(0)} ms (${sorted[0].toFixed(0)} to ${sorted.at(-1)?.toFixed(0)})`,
  );
}
