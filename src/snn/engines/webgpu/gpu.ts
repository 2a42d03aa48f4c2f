/** A GPU that computes: its adapter, its queue, and the pipelines that networks share. */
import { EngineError } from "../../../core/errors.ts";
import { type ChunkSteps, moduleOf, type Shader } from "./shaders/shader.ts";

export interface Gpu {
  /** As the adapter calls itself. */
  readonly adapter: string;
  readonly isSoftware: boolean;
  readonly device: GPUDevice;
  /** Of one buffer that a shader reads. */
  readonly greatestBytes: number;
  /** What every shader binds. */
  readonly bindings: GPUBindGroupLayout;
  pipelineOf(shader: Shader, chunk: ChunkSteps): Promise<GPUComputePipeline>;
  /** Why the GPU is of no use any more: it was lost, or has refused anything. */
  failure(): string | undefined;
  /** @throws EngineError [E_ENGINE] where it has failed. */
  check(): void;
}

/** As WebGPU's specification numbers them: names for them are not everywhere. */
export const usages = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;
export const readMode = 1;
const computeStage = 4;

/** @throws EngineError [E_WEBGPU] where there is none. */
export async function openGpu(gpu: GPU | undefined): Promise<Gpu> {
  if (!gpu) fail("this program has no WebGPU");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) fail("WebGPU finds no adapter here");
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize };
  const device = await adapter.requestDevice({ requiredLimits }).catch((error: unknown) => fail(messageOf(error)));
  let trouble: string | undefined;
  device.lost.then(({ message }) => {
    trouble ??= `the GPU was lost: ${message}`;
  });
  device.onuncapturederror = ({ error }) => {
    trouble ??= error.message;
  };
  const bindings = device.createBindGroupLayout({ entries: [...bindingEntries()] });
  const layout = device.createPipelineLayout({ bindGroupLayouts: [bindings] });
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  const isPacked = gpu.wgslLanguageFeatures.has("packed_4x8_integer_dot_product");
  return {
    adapter: nameOf(adapter),
    isSoftware: adapter.info.isFallbackAdapter === true,
    failure: () => trouble,
    device,
    greatestBytes: Math.min(maxBufferSize, maxStorageBufferBindingSize),
    bindings,
    pipelineOf(shader, chunk) {
      const code = moduleOf(shader, chunk, isPacked);
      const known = pipelines.get(code);
      if (known) return known;
      const module = device.createShaderModule({ code });
      const made = device.createComputePipelineAsync({ layout, compute: { module, entryPoint: "main" } });
      pipelines.set(code, made);
      return made;
    },
    check() {
      if (trouble !== undefined) throw new EngineError("E_ENGINE", `the GPU failed: ${trouble}. Use the event engine`);
    },
  };
}

function fail(reason: string): never {
  throw new EngineError("E_WEBGPU", `${reason}. Use the event engine`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function nameOf({ info }: GPUAdapter): string {
  const { vendor, architecture, device, description } = info;
  return description || device || [vendor, architecture].filter((part) => part !== "").join(" ") || "unnamed";
}

/** Numbers, constants, spikes, states, readings, counters. */
function* bindingEntries(): Generator<GPUBindGroupLayoutEntry> {
  const visibility = computeStage;
  yield { binding: 0, visibility, buffer: { type: "uniform", hasDynamicOffset: true } };
  yield { binding: 1, visibility, buffer: { type: "read-only-storage" } };
  for (let binding = 2; binding <= 5; binding++) yield { binding, visibility, buffer: { type: "storage" } };
}
