/** The wasm device: plans are laid out in one memory, written into it, and run by kernels in one thread or several. */
import type { FloatTensor } from "../../../core/tensor.ts";
import type { Shape } from "../../../graph/layer-kinds.ts";
import { type Device, type Loaded, ownTile, type Start, type Tile } from "../../plan/device.ts";
import type { PopulationStage, Signal } from "../../plan/network.ts";
import { longestTile, type Plan } from "../../plan/plan.ts";
import { beginFrame } from "./begin-frame.ts";
import type { Executor } from "./executor.ts";
import { firstStages, type Layout, layoutOf } from "./layout.ts";
import { loadProgram } from "./load-program.ts";
import { type Views, viewsOf } from "./memory.ts";
import { writeField } from "./records.ts";
import { singleExecutor } from "./single-executor.ts";
import { threadExecutor } from "./thread-executor.ts";

/** A plan in memory, and what its kernels are run by. */
export interface WasmNetwork {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly executor: Executor;
  readonly views: Views;
}

export interface WasmLoaded extends Loaded, Pick<WasmNetwork, "layout" | "executor" | "views"> {
  /** Runs one of the network's stages over a tile, to see how long it takes. */
  runStage(stage: number, tile: Tile): Promise<void>;
}

export interface WasmDevice extends Device {
  load(plan: Plan): Promise<WasmLoaded>;
}

/** @param threads 1 needs neither workers nor shared memory. */
export function wasmDevice(threads: number): WasmDevice {
  const execute = threads === 1 ? singleExecutor : threadExecutor;
  return {
    longestTile,
    async load(plan) {
      const layout = layoutOf(plan, threads);
      const executor = await execute(layout.bytes, layout, threads);
      const views = viewsOf(executor.memory);
      loadProgram(plan, layout, views, threads);
      return loadedOf({ plan, layout, executor, views });
    },
  };
}

function loadedOf(network: WasmNetwork): WasmLoaded {
  const { plan, layout, executor, views } = network;
  const { stages } = plan.network;
  const once = firstStages(plan.network);
  /** Of the frame that has begun. */
  let timeSteps = 0;
  const setWhole = (isWhole: boolean) => writeField(views.words, layout.program, "program", "isWhole", isWhole ? 1 : 0);
  const placeOf = (stage: PopulationStage) => layout.populations.get(stage)!;
  const stateSize = ({ signal: { shape } }: PopulationStage, stride: number) => shape[1] * shape[2] * stride;
  /** Of offset i of a history of states, or of the state itself. */
  function read<A extends Float64Array | Int32Array>(stage: PopulationStage, at: number, i: number, to: A): A {
    const { stateStride } = placeOf(stage);
    const from = to instanceof Float64Array ? views.doubles : views.words;
    const start = at / to.BYTES_PER_ELEMENT + i * stateSize(stage, stateStride);
    return toPlanes(from, start, stateStride, stage.signal.shape, to);
  }
  function spikesAt(signal: Signal, g: number): Int8Array {
    const { data, capacity, slotBytes, stride } = layout.frames.get(signal)!;
    const at = data + (g % capacity) * slotBytes;
    return views.bytes.subarray(at, at + signal.shape[1] * signal.shape[2] * stride);
  }
  function runStages(first: number, last: number, tile: Tile): Promise<void> {
    setWhole(tile.isWhole ?? false);
    for (const stage of stages.slice(first, last))
      if (stage.kind === "population") tellReadout(network, stage, ownTile(stage, tile, timeSteps));
    return executor.run({ first: once + first, last: once + last, g0: tile.g0, length: tile.length });
  }
  return {
    plan,
    layout,
    executor,
    views,
    tileSteps: layout.tileSteps,
    runsWhole: true,
    async begin(picture: FloatTensor, start: Start) {
      timeSteps = start.timeSteps;
      setWhole(false);
      await beginFrame(network, picture, start, () => executor.run({ first: 0, last: once, g0: 0, length: 0 }));
    },
    run: (tile) => runStages(0, stages.length, tile),
    runStage: (stage, tile) => runStages(stage, stage + 1, tile),
    takeCount(counter, i) {
      let sum = 0;
      for (let thread = 0; thread < executor.threads; thread++) {
        const at = layout.counters / 8 + (thread * layout.counterCount + counter) * layout.tileSteps + i;
        sum += Number(views.longs[at]);
        views.longs[at] = 0n;
      }
      return sum;
    },
    readCharges: (stage, i) => read(stage, placeOf(stage).chargeHistory, i, new Float64Array(sizeOf(stage.signal))),
    readHeadCounts: (stage, i) => read(stage, placeOf(stage).countHistory, i, new Int32Array(sizeOf(stage.signal))),
    readCounts: async (asked) =>
      asked.map((stage) => read(stage, placeOf(stage).netCount, 0, new Int32Array(sizeOf(stage.signal)))),
    readMembranes: async (asked) =>
      asked.map((stage) =>
        Float64Array.from(read(stage, placeOf(stage).vMem, 0, new Int32Array(sizeOf(stage.signal)))),
      ),
    spikesAt,
    putSpikes: (signal, g, spikes) => spikesAt(signal, g).set(spikes),
    strideOf: (signal) => layout.frames.get(signal)!.stride,
    dispose: () => executor.dispose(),
  };
}

/** Writes down at which offsets of the tile a readout is read, as bits. */
function tellReadout({ layout, views }: WasmNetwork, stage: PopulationStage, tile: Tile): void {
  const { layer, signal } = stage;
  if (layer.kind !== "readout") return;
  let bits = 0;
  for (let i = 0; i < tile.length; i++) if (tile.readAt.has(tile.g0 + 1 + i - signal.lag)) bits |= 1 << i;
  writeField(views.words, layout.populations.get(stage)!.record, "population", "readAt", bits);
}

function sizeOf({ shape: [channels, height, width] }: Signal): number {
  return channels * height * width;
}

/** [position][stride] to [C, H, W]. */
function toPlanes<A extends Float64Array | Int32Array>(
  from: Float64Array | Int32Array,
  start: number,
  stride: number,
  [channels, height, width]: Shape,
  to: A,
): A {
  const area = height * width;
  for (let position = 0; position < area; position++) {
    for (let c = 0; c < channels; c++) to[c * area + position] = from[start + position * stride + c];
  }
  return to;
}
