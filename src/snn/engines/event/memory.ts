/** The wasm memory of a session and typed views of it. */
import { EngineError } from "../../../core/errors.ts";

/** Kernels read whole vectors, at most so many bytes past the end of an area. */
export const slack = 64;

/** @throws EngineError [E_MEMORY] where the machine has no room. */
export function allocateMemory(descriptor: WebAssembly.MemoryDescriptor): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory(descriptor);
  } catch (error) {
    const mebibytes = Math.ceil(descriptor.initial / 16);
    throw new EngineError(
      "E_MEMORY",
      `${mebibytes} MiB of memory are not to be had. Close other programs or use a smaller input`,
      {
        cause: error,
      },
    );
  }
}

export interface Views {
  readonly bytes: Int8Array;
  readonly shorts: Int16Array;
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  readonly longs: BigInt64Array;
}

export function viewsOf({ buffer }: WebAssembly.Memory): Views {
  return {
    bytes: new Int8Array(buffer),
    shorts: new Int16Array(buffer),
    words: new Int32Array(buffer),
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
    longs: new BigInt64Array(buffer),
  };
}
