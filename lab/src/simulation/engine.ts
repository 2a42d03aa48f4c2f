/**
 * The engine that runs the spiking networks here: a graphics processor where there is one and it was faster on the first steps of what is
 * to be run, else the event engine, in threads where memory can be shared.
 */
import {
  type Engine,
  eventEngine,
  type FloatTensor,
  type Graph,
  type SimulateOptions,
  simulate,
  type WebGpuEngine,
  webGpuEngine,
} from "../../../src/index.ts";
import type { EngineInfo } from "./protocol.ts";

export interface OpenEngine {
  readonly engine: Engine;
  readonly info: EngineInfo;
}

/** A run as the page will ask for it. */
export interface Trial {
  /** Runs of the same name are measured once. */
  readonly name: string;
  readonly graph: Graph;
  readonly image: FloatTensor;
  readonly options: SimulateOptions;
}

export interface Engines {
  /** @param asked threads that were chosen, for which the event engine is taken; null: whatever is fastest. */
  choose(asked: number | null, trial: Trial): Promise<OpenEngine>;
  /** Another model has come. */
  forget(): void;
}

/** Beyond so many, threads of networks of a page's size wait for each other. */
const maxThreads = 8;
/** Steps of a trial at most. */
const trialSteps = 8;
/** What a trial's run may take, shaders made ready included, before it is given up. */
const patienceMs = 5000;

/** What engines are made of, and the time; given by tests. */
export interface EngineSources {
  readonly webGpu: () => Promise<WebGpuEngine>;
  readonly event: (threads: number) => Engine;
  readonly now: () => number;
}

const sourcesHere: EngineSources = {
  webGpu: () => webGpuEngine(),
  event: (threads) => eventEngine({ threads }),
  now: () => performance.now(),
};

/** A graphics processor that may be worth a trial, or why there is none. */
type Found = { readonly webGpu: WebGpuEngine } | { readonly reason: string };

/** Asks for a graphics processor, and makes the event engine that is used where nobody chose threads: its kernels are there when a model is. */
export function openEngines(sources: EngineSources = sourcesHere): Engines {
  let found = findGpu(sources);
  const usual = sources.event(threadsOf(null));
  let verdicts = new Map<string, { readonly isFaster: boolean; readonly reason: string }>();

  async function usable(): Promise<Found> {
    const first = await found;
    if (!("webGpu" in first) || first.webGpu.failure === undefined) return first;
    // Drivers begin anew after they have failed; what was faster there is not known any more, and what failed is not tried again.
    found = findGpu(sources);
    verdicts = new Map([...verdicts].filter(([, { isFaster }]) => !isFaster));
    return found;
  }

  return {
    async choose(asked, trial) {
      const threads = threadsOf(asked);
      const event = asked === null ? usual : sources.event(threads);
      const onEvent = (reason: string): OpenEngine => ({ engine: event, info: { name: event.name, threads, reason } });
      if (asked !== null) return onEvent("");
      const known = verdicts.get(trial.name);
      if (known?.isFaster === false) return onEvent(known.reason);
      const gpu = await usable();
      if (!("webGpu" in gpu)) return onEvent(gpu.reason);
      const { webGpu } = gpu;
      const verdict = verdicts.get(trial.name) ?? (await compare(event, webGpu, trial, sources.now));
      verdicts.set(trial.name, verdict);
      const { isFaster, reason } = verdict;
      return isFaster ? { engine: webGpu, info: { name: webGpu.name, threads: 0, reason } } : onEvent(reason);
    },
    forget() {
      verdicts = new Map();
    },
  };
}

/** One per core, but one core is left to the page, so that it stays responsive. */
function threadsOf(asked: number | null): number {
  const free = Math.min(maxThreads, Math.max(1, navigator.hardwareConcurrency - 1));
  // Threads share memory, which a browser gives to cross-origin isolated pages only.
  return crossOriginIsolated ? (asked ?? free) : 1;
}

async function findGpu({ webGpu }: EngineSources): Promise<Found> {
  try {
    const engine = await webGpu();
    return engine.isSoftware ? { reason: "WebGPU has only a software adapter here" } : { webGpu: engine };
  } catch {
    return { reason: "no WebGPU here" };
  }
}

async function compare(event: Engine, webGpu: WebGpuEngine, trial: Trial, now: () => number) {
  try {
    const [there, here] = [await timeOf(webGpu, trial, now), await timeOf(event, trial, now)];
    const steps = stepsOf(trial);
    const measured = `${steps === 1 ? "a step" : `${steps} steps`} took ${durationOf(there)} with ${webGpu.adapter}, ${durationOf(here)} with the event engine`;
    return { isFaster: there < here, reason: measured };
  } catch (error) {
    return { isFaster: false, reason: `WebGPU cannot run it: ${(error as Error).message}` };
  }
}

function durationOf(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return `more than ${patienceMs / 1000} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function stepsOf({ options }: Trial): number {
  return Math.min(trialSteps, options.timeSteps);
}

/**
 * Milliseconds of the first steps of a run, looked at as the page does; not of the first run, which has everything made ready. Infinity where
 * patience ended.
 */
async function timeOf(engine: Engine, trial: Trial, now: () => number): Promise<number> {
  const { graph, image, options } = trial;
  const timeSteps = stepsOf(trial);
  const at = (options.at ?? []).filter((t) => t < timeSteps);
  const session = await engine.open(graph);
  try {
    let began = 0;
    for (let repeat = 0; repeat < 2; repeat++) {
      began = now();
      for await (const _ of simulate(session, image, { ...options, timeSteps, at: [...at, timeSteps] }))
        if (now() - began > patienceMs) break;
      if (now() - began > patienceMs) return Number.POSITIVE_INFINITY;
    }
    return now() - began;
  } finally {
    await session.dispose();
  }
}
