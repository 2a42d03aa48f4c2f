/** A network's buffers on the GPU, in the order in which shaders bind them, and what is submitted to them. */
import { EngineError } from "../../../core/errors.ts";
import { type Gpu, messageOf, readMode, usages } from "./gpu.ts";
import { memoryError } from "./layout.ts";
import type { Dispatch } from "./program.ts";
import { groupSize } from "./shaders/shader.ts";

const names = ["numbers", "constants", "spikes", "states", "readings", "counters"] as const;
export type BufferName = (typeof names)[number];

/** Words of a buffer that are wanted back. */
export interface Region {
  readonly of: BufferName;
  readonly at: number;
  readonly words: number;
}

export interface Buffers {
  /** Makes room for so many words of zeros; what was there is lost. @throws EngineError [E_MEMORY] */
  make(name: BufferName, words: number): Promise<void>;
  /** Room for at least so many words. @throws EngineError [E_MEMORY] */
  ensure(name: BufferName, words: number): Promise<void>;
  write(name: BufferName, at: number, words: Int32Array<ArrayBuffer>): void;
  /** Runs dispatches one after the other, after `cleared` was set to zeros; gives the regions as they are then. @throws EngineError [E_ENGINE] */
  submit(work: Work): Promise<readonly Int32Array<ArrayBuffer>[]>;
  dispose(): void;
}

export type Pipelines = ReadonlyMap<Dispatch["shader"], GPUComputePipeline>;

export interface Work {
  readonly cleared?: BufferName;
  readonly dispatches?: readonly Dispatch[];
  readonly pipelines?: Pipelines;
  readonly regions?: readonly Region[];
}

export function openBuffers(gpu: Gpu): Buffers {
  const { device } = gpu;
  /** Of a dispatch's numbers, as many as any has; offsets of uniforms are multiples of 256. */
  let slotBytes = 256;
  /** Numbers of dispatches that may come again. */
  let encoded = new WeakMap<readonly Dispatch[], Int32Array<ArrayBuffer>>();
  const buffers = new Map<BufferName | "staging", GPUBuffer>();
  let bindGroup: GPUBindGroup | undefined;

  async function make(name: BufferName | "staging", words: number): Promise<void> {
    const size = 4 * Math.max(64, words);
    if (size > gpu.greatestBytes) throw memoryError(name, size, gpu.greatestBytes);
    buffers.get(name)?.destroy();
    bindGroup = undefined;
    device.pushErrorScope("out-of-memory");
    buffers.set(name, device.createBuffer({ size, usage: usageOf(name) }));
    if (await device.popErrorScope()) throw memoryError(name, size, gpu.greatestBytes);
  }

  async function ensure(name: BufferName | "staging", words: number): Promise<void> {
    if ((buffers.get(name)?.size ?? 0) < 4 * words) await make(name, words);
  }

  function bound(): GPUBindGroup {
    bindGroup ??= device.createBindGroup({
      layout: gpu.bindings,
      entries: names.map((name, binding) => ({
        binding,
        resource: { buffer: buffers.get(name)!, ...(name === "numbers" ? { size: slotBytes } : {}) },
      })),
    });
    return bindGroup;
  }

  function encodedOf(dispatches: readonly Dispatch[]): Int32Array<ArrayBuffer> {
    const known = encoded.get(dispatches);
    if (known) return known;
    const fields = Math.max(...dispatches.map(({ shader }) => shader.fields.length));
    if (4 * fields > slotBytes) {
      slotBytes = 256 * Math.ceil(fields / 64);
      encoded = new WeakMap();
      bindGroup = undefined;
    }
    const slot = slotBytes / 4;
    const words = new Int32Array(slot * dispatches.length);
    for (const [i, { shader, numbers }] of dispatches.entries())
      for (const [k, field] of shader.fields.entries()) words[i * slot + k] = numberOf(numbers, field);
    encoded.set(dispatches, words);
    return words;
  }

  async function encode(encoder: GPUCommandEncoder, { dispatches = [], pipelines }: Work): Promise<void> {
    const words = encodedOf(dispatches);
    await ensure("numbers", words.length);
    await ensure("readings", 4);
    device.queue.writeBuffer(buffers.get("numbers")!, 0, words);
    const group = bound();
    const pass = encoder.beginComputePass();
    for (const [i, { shader, numbers }] of dispatches.entries()) {
      pass.setPipeline(pipelines!.get(shader)!);
      pass.setBindGroup(0, group, [i * slotBytes]);
      const groups = Math.ceil(numbers.count / groupSize);
      const wide = Math.min(groups, device.limits.maxComputeWorkgroupsPerDimension);
      pass.dispatchWorkgroups(wide, Math.ceil(groups / wide));
    }
    pass.end();
  }

  return {
    make,
    ensure,
    write(name, at, words) {
      device.queue.writeBuffer(buffers.get(name)!, 4 * at, words);
    },
    async submit(work) {
      const { cleared, dispatches = [], regions = [] } = work;
      const words = regions.reduce((sum, region) => sum + region.words, 0);
      await ensure("staging", words);
      const staging = buffers.get("staging")!;
      const encoder = device.createCommandEncoder();
      if (cleared) encoder.clearBuffer(buffers.get(cleared)!);
      if (dispatches.length > 0) await encode(encoder, work);
      let at = 0;
      for (const region of regions) {
        encoder.copyBufferToBuffer(buffers.get(region.of)!, 4 * region.at, staging, 4 * at, 4 * region.words);
        at += region.words;
      }
      device.queue.submit([encoder.finish()]);
      gpu.check();
      if (words === 0) return [];
      const all = await mapped(staging, 4 * words, gpu);
      gpu.check();
      let from = 0;
      return regions.map((region) => {
        from += region.words;
        return all.subarray(from - region.words, from);
      });
    },
    dispose() {
      for (const buffer of buffers.values()) buffer.destroy();
      buffers.clear();
    },
  };
}

async function mapped(staging: GPUBuffer, bytes: number, gpu: Gpu): Promise<Int32Array<ArrayBuffer>> {
  try {
    await staging.mapAsync(readMode, 0, bytes);
  } catch (error) {
    gpu.check();
    throw new EngineError("E_ENGINE", `the GPU failed: ${messageOf(error)}. Use the event engine`);
  }
  const words = new Int32Array(staging.getMappedRange(0, bytes).slice(0));
  staging.unmap();
  return words;
}

function numberOf(numbers: Dispatch["numbers"], field: string): number {
  const value = numbers[field];
  if (value === undefined) throw new Error(`a dispatch lacks its ${field}`);
  return value;
}

function usageOf(name: BufferName | "staging"): number {
  if (name === "staging") return usages.mapRead | usages.copyTarget;
  return (name === "numbers" ? usages.uniform : usages.storage) | usages.copyTarget | usages.copySource;
}
