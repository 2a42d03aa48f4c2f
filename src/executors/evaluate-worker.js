// @ts-check
/** A thread of `evaluate`. JavaScript, because Node 20 starts no TypeScript; all it does is pass messages on. */
import { parentPort, workerData } from "node:worker_threads";
import { openEvaluator } from "./evaluator.ts";

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
const evaluator = openEvaluator(workerData);

port.on("message", async (task) => {
  try {
    port.postMessage({ result: await (await evaluator).evaluate(task, task.state) });
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error);
    port.postMessage({ failure: { code, message } });
  }
});
