/** One case of `bench`: pictures through the spiking network, and through ONNX Runtime, turn by turn. */
import type { Pixels } from "../core/pixels.ts";
import { displayThresholds, readDetections } from "../detections/detections.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { type Graph, inputOf, type SpikingGraph } from "../graph/graph.ts";
import { preprocess } from "../image/preprocess.ts";
import { dnnOperations } from "../metrics/operations.ts";
import { eventEngine } from "../snn/engines/event/event-engine.ts";
import { type ProfiledLayer, profileLayers } from "../snn/engines/event/profile.ts";
import { simulate } from "../snn/simulate.ts";
import { activityOf } from "./activity.ts";

/** What is measured: a network and a picture for it. */
export interface Workload {
  readonly name: string;
  readonly dnn: Graph;
  readonly snn: SpikingGraph;
  readonly picture: Pixels;
}

/** Of the repeats. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface BenchCase {
  readonly name: string;
  readonly threads: number;
  readonly timeSteps: number;
  /** One step of the whole network, neurons and what is done once a picture included; fastest of the repeats. */
  readonly stepMs: number;
  readonly stepMsSpread: Spread;
  /** As stepMs, but processor time over threads: less disturbed by other programs. */
  readonly stepCpuMs: number;
  /** A whole run of T steps, its boxes read. */
  readonly runMs: Spread;
  /** The fastest run over the fastest dense pass, and the same of processor time. */
  readonly runInDensePasses: number;
  readonly runInDensePassesCpu: number;
  /** The fastest run over what its accumulates alone would take at the load limit. */
  readonly runOverLoadLimit: number;
  /** From a converted graph to a session that is ready to run. */
  readonly openMs: number;
  /** One picture, from decoded pixels to boxes: T steps, resizing before and decoding behind them. */
  readonly pictureMs: Spread;
  /** Over the layers that read spikes, lists, neurons and pools included. */
  readonly accumulatesPerSecond: number;
  /** The most int16 lanes that so many threads of wasm can load and add. */
  readonly loadLimitPerSecond: number;
  readonly fractionOfLimit: number;
  /** One float32 pass of the DNN with as many threads; fastest of the repeats. */
  readonly denseStepMs: number;
  readonly denseStepMsSpread: Spread;
  readonly denseCpuMs: number;
  readonly speedupOverDense: number;
  readonly speedupOverDenseCpu: number;
  /** Accumulates per step over the DNN's MACs. */
  readonly activity: number;
  /** Resident memory of the whole process when the case was done. */
  readonly rssMb: number;
  readonly layers: readonly ProfiledLayer[];
}

export interface MeasureOptions {
  readonly threads: number;
  readonly repeats: number;
  /** Of one thread. */
  readonly loadLimitPerSecond: number;
}

/** Long runs are repeated less often: no more are begun after so much time, but two are done. */
const repeatingMs = 20_000;
/** Steps of the profile: what a layer takes does not change with more. */
const profiledSteps = 128;

export async function measure(
  { name, dnn, snn, picture }: Workload,
  { threads, repeats, loadLimitPerSecond: limitOfThread }: MeasureOptions,
): Promise<BenchCase> {
  const settings = snn.simulation;
  const { timeSteps, encoding } = settings;
  const { shape } = inputOf(snn);
  const opening = performance.now();
  const session = await eventEngine({ threads }).open(snn);
  const openMs = performance.now() - opening;
  const exact = await openDnn(dnn, { threads });
  const { image } = preprocess(picture, shape, snn.preprocessing);
  const { macs } = dnnOperations(dnn);
  let activity = 0;

  const densePass = () => timed(() => exact.run(image));
  const detect = async () => {
    const input = preprocess(picture, shape, snn.preprocessing);
    const run = await timed(async () => {
      for await (const checkpoint of simulate(session, input.image, { ...settings, at: [timeSteps] })) {
        activity = activityOf(checkpoint.activity, timeSteps, macs);
        await readDetections(snn, checkpoint.outputs, input, displayThresholds);
      }
    });
    return run;
  };

  await densePass();
  await detect();
  const passes: Timing[] = [];
  const runs: Timing[] = [];
  const pictures: Timing[] = [];
  const begin = performance.now();
  // Turn by turn, so that both meet the same disturbances.
  for (let repeat = 0; repeat < repeats && (repeat < 2 || performance.now() - begin < repeatingMs); repeat++) {
    passes.push(await densePass());
    pictures.push(
      await timed(async () => {
        runs.push(await detect());
      }),
    );
  }
  await session.dispose();
  await exact.dispose();
  const rssMb = process.memoryUsage.rss() / 2 ** 20;

  const layers = await profileLayers(snn, image, {
    timeSteps: Math.min(timeSteps, profiledSteps),
    at: [],
    encoding,
    seed: 1,
    threads,
    repeats: Math.min(3, repeats),
    clock: () => performance.now(),
  });
  const accumulatesPerSecond = rateOf(layers);
  const loadLimitPerSecond = limitOfThread * threads;
  const step = spreadOf(runs.map(({ wallMs }) => wallMs / timeSteps));
  const dense = spreadOf(passes.map(({ wallMs }) => wallMs));
  const stepCpuMs = leastCpuMs(runs) / timeSteps / threads;
  const denseCpuMs = leastCpuMs(passes) / threads;
  const run = spreadOf(runs.map(({ wallMs }) => wallMs));
  const limitMs = (1000 * activity * macs * timeSteps) / loadLimitPerSecond;
  return {
    name,
    threads,
    timeSteps,
    stepMs: step.min,
    stepMsSpread: step,
    stepCpuMs,
    runMs: run,
    runInDensePasses: run.min / dense.min,
    runInDensePassesCpu: leastCpuMs(runs) / leastCpuMs(passes),
    runOverLoadLimit: run.min / limitMs,
    openMs,
    pictureMs: spreadOf(pictures.map(({ wallMs }) => wallMs)),
    accumulatesPerSecond,
    loadLimitPerSecond,
    fractionOfLimit: accumulatesPerSecond / loadLimitPerSecond,
    denseStepMs: dense.min,
    denseStepMsSpread: dense,
    denseCpuMs,
    speedupOverDense: dense.min / step.min,
    speedupOverDenseCpu: denseCpuMs / stepCpuMs,
    activity,
    rssMb,
    layers,
  };
}

interface Timing {
  readonly wallMs: number;
  /** Of all processors. */
  readonly cpuMs: number;
}

async function timed(work: () => Promise<unknown>): Promise<Timing> {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wallMs: performance.now() - start, cpuMs: (user + system) / 1000 };
}

function leastCpuMs(times: readonly Timing[]): number {
  return Math.min(...times.map(({ cpuMs }) => cpuMs));
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  return { min: sorted[0], median, max: sorted[sorted.length - 1] };
}

/** Accumulates a second over the layers that read spikes. */
function rateOf(layers: readonly ProfiledLayer[]): number {
  const accumulating = layers.filter(({ accumulatesPerStep }) => accumulatesPerStep > 0);
  const total = (of: "stepMs" | "accumulatesPerStep") => accumulating.reduce((sum, layer) => sum + layer[of], 0);
  return total("stepMs") > 0 ? (1000 * total("accumulatesPerStep")) / total("stepMs") : 0;
}
