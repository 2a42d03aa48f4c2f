/** The compiled kernels, loaded once: one module for memory of one's own, one for shared memory. */
import { readAsset } from "#platform";
import type { KernelExports } from "./executor.ts";

const modules = new Map<"single" | "shared", Promise<WebAssembly.Module>>();

export function kernelModule(kind: "single" | "shared"): Promise<WebAssembly.Module> {
  const known = modules.get(kind);
  if (known) return known;
  // Literal URLs, so that bundlers find the files.
  const url =
    kind === "single" ? new URL("./kernels.wasm", import.meta.url) : new URL("./kernels-shared.wasm", import.meta.url);
  const module = readAsset(url).then((bytes) => WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>));
  modules.set(kind, module);
  return module;
}

export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<KernelExports> {
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  return instance.exports as unknown as KernelExports;
}
