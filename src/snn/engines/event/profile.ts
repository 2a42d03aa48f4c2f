/** Where the time of a run goes, layer by layer: the stages of a program, run one by one. */
import { EngineError } from "../../../core/errors.ts";
import type { FloatTensor } from "../../../core/tensor.ts";
import type { Graph } from "../../../graph/graph.ts";
import type { RunOptions } from "../../engine.ts";
import type { Executor, ProgramAddress } from "./executor.ts";
import { instantiate, kernelModule } from "./kernel-module.ts";
import { loadNetworks } from "./loaded-network.ts";
import { observe } from "./observe.ts";
import { singleExecutor } from "./single-executor.ts";
import { startRun } from "./start-run.ts";
import { threadExecutor } from "./thread-executor.ts";

export interface ProfiledLayer {
  /** The population (or pool, concatenation, …). */
  readonly name: string;
  /** Least time of a step over all repeats: events, accumulation, neurons and the pool behind them. */
  readonly stepMs: number;
  readonly accumulatesPerStep: number;
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
  const execute: (bytes: number, address: ProgramAddress, count: number) => Promise<Executor> =
    threads === 1 ? singleExecutor : threadExecutor;
  const [loaded, ...others] = await loadNetworks(graph, {
    encoding: options.encoding,
    threads,
    pinned: new Set(),
    keepsState: false,
    execute,
  });
  if (others.length > 0) throw new EngineError("E_ISLAND", "networks with islands cannot be profiled layer by layer");
  const { executor, layout, network, pictures } = loaded;
  const best = new Float64Array(network.stages.length).fill(Number.POSITIVE_INFINITY);
  const run = { ...options, at: [timeSteps] };
  let accumulates = new Map<string, number>();
  for (let repeat = 0; repeat < repeats; repeat++) {
    startRun(loaded, image, run);
    const observer = observe(graph, loaded, run);
    const spent = new Float64Array(best.length);
    await executor.run({ first: 0, last: pictures, g0: 0, length: 0 });
    const lag = Math.max(...[...network.signals.values()].map((signal) => signal.lag));
    for (let g0 = 0; g0 < timeSteps + lag; g0 += layout.tileSteps) {
      const length = Math.min(layout.tileSteps, timeSteps + lag - g0);
      for (let k = 0; k < best.length; k++) {
        const start = clock();
        await executor.run({ first: pictures + k, last: pictures + k + 1, g0, length });
        spent[k] += clock() - start;
      }
      observer.collect({ first: pictures, last: pictures + best.length, g0, length });
    }
    for (const [k, ms] of spent.entries()) best[k] = Math.min(best[k], ms / timeSteps);
    accumulates = new Map([...observer.checkpoint(timeSteps).activity].map(([name, { synOps }]) => [name, synOps]));
  }
  await executor.dispose();
  return network.stages.map((stage, k) => {
    const sources = stage.kind === "population" ? new Set(stage.terms.map(({ layer }) => layer.name)) : [];
    const total = [...sources].reduce((sum, name) => sum + (accumulates.get(name) ?? 0), 0);
    return { name: stage.signal.name, stepMs: best[k], accumulatesPerStep: total / timeSteps };
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
