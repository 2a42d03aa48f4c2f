/** Where the time of a run goes, layer by layer: the stages of a program, run one by one. */
import { EngineError } from "../../../core/errors.ts";
import type { FloatTensor } from "../../../core/tensor.ts";
import type { Graph } from "../../../graph/graph.ts";
import type { RunOptions } from "../../engine.ts";
import { checkBounds } from "../../plan/bounds.ts";
import { describeDecision } from "../../plan/decisions.ts";
import { observe } from "../../plan/observe.ts";
import { plainOptions, plansOf } from "../../plan/plan.ts";
import { fitsWhole } from "../../plan/run-segments.ts";
import { instantiate, kernelModule } from "./kernel-module.ts";
import { wasmDevice } from "./wasm-device.ts";

export interface ProfiledLayer {
  /** The population (or pool, concatenation, …). */
  readonly name: string;
  /** Least time of a step over all repeats: events, accumulation, neurons and the pool behind them. */
  readonly stepMs: number;
  readonly accumulatesPerStep: number;
  /** Which kernels run it; empty where there are no neurons. */
  readonly kernels: string;
}

export interface ProfileOptions extends RunOptions {
  readonly threads: number;
  readonly repeats: number;
  /** Milliseconds. */
  readonly clock: () => number;
}

export async function profileLayers(
  graph: Graph,
  image: FloatTensor,
  options: ProfileOptions,
): Promise<readonly ProfiledLayer[]> {
  const { threads, repeats, clock, timeSteps } = options;
  const device = wasmDevice(threads);
  const [plan, ...others] = plansOf(graph, plainOptions(graph));
  if (others.length > 0) throw new EngineError("E_ISLAND", "networks with islands cannot be profiled layer by layer");
  checkBounds(plan.network);
  const loaded = await device.load(plan);
  const { network, decisions } = plan;
  const best = new Float64Array(network.stages.length).fill(Number.POSITIVE_INFINITY);
  const run = { ...options, at: [timeSteps] };
  const readAt = new Set(run.at);
  let accumulates = new Map<string, number>();
  for (let repeat = 0; repeat < repeats; repeat++) {
    await loaded.begin(image, {
      timeSteps,
      longestTile: plan.tileSteps,
      seed: options.seed,
      goesOn: false,
      charges: new Map(),
    });
    const observer = observe(graph, loaded, run);
    const spent = new Float64Array(best.length);
    const lag = Math.max(...[...network.signals.values()].map((signal) => signal.lag));
    const isWhole = fitsWhole(loaded, observer, run, timeSteps);
    const longest = isWhole ? timeSteps + lag : loaded.tileSteps;
    for (let g0 = 0; g0 < timeSteps + lag; g0 += longest) {
      const tile = { g0, length: Math.min(longest, timeSteps + lag - g0), readAt, isWhole };
      for (let k = 0; k < best.length; k++) {
        const start = clock();
        await loaded.runStage(k, tile);
        spent[k] += clock() - start;
      }
      await observer.collect(tile);
    }
    for (const [k, ms] of spent.entries()) best[k] = Math.min(best[k], ms / timeSteps);
    accumulates = new Map([...observer.checkpoint(timeSteps).activity].map(([name, { synOps }]) => [name, synOps]));
  }
  await loaded.dispose();
  return network.stages.map((stage, k) => {
    const sources = stage.kind === "population" ? new Set(stage.terms.map(({ layer }) => layer.name)) : [];
    const kernels = stage.kind === "population" ? describeDecision(decisions.get(stage)!) : "";
    const total = [...sources].reduce((sum, name) => sum + (accumulates.get(name) ?? 0), 0);
    return { name: stage.signal.name, stepMs: best[k], accumulatesPerStep: total / timeSteps, kernels };
  });
}

/**
 * The most int16 lanes a second that one thread of this machine's wasm can load (128 bits at a time, from the nearest
 * cache) and add: the ceiling of accumulation.
 */
export async function measureLoadLimit(clock: () => number): Promise<number> {
  const bytes = 8192;
  const rounds = 5000;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = await instantiate(await kernelModule("single"), memory);
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < 20; repeat++) {
    const start = clock();
    kernels.loadAndAdd(0, bytes, rounds);
    best = Math.min(best, clock() - start);
  }
  return ((bytes / 2) * rounds * 1000) / best;
}
