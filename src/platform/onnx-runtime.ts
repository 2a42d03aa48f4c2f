/**
 * ONNX Runtime in Node.js: its native package, and where that cannot be loaded (a platform that it has no binary for, or
 * left out to save its 258 MB) the WebAssembly build that browsers run, at about a fifth of the speed.
 */
import { isMainThread } from "node:worker_threads";
import { EngineError } from "../core/errors.ts";
import { missingWebRuntime } from "./web-runtime.ts";

type OnnxRuntime = typeof import("onnxruntime-common");

/** @throws EngineError [E_ONNX_RUNTIME] where neither is there. */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  const native = await import("onnxruntime-node").catch((error: Error) => error);
  if (!(native instanceof Error)) return native;
  const reason = native.message.split("\n")[0];
  const web = await import("onnxruntime-web/wasm").catch((error: Error) => {
    throw new EngineError(
      "E_ONNX_RUNTIME",
      `ONNX Runtime's native package cannot be loaded: ${reason}. ${missingWebRuntime}`,
      { cause: error },
    );
  });
  if (isMainThread && !isAnnounced) {
    isAnnounced = true;
    process.emitWarning(`the DNN runs in WebAssembly, about five times slower: no native ONNX Runtime (${reason})`);
  }
  web.env.wasm.numThreads = 1;
  return web;
}

let isAnnounced = false;
