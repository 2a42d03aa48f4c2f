/** `bench`: measured speeds of the event engine beside a dense pass of ONNX Runtime, on this machine, in one run. */
import { cpus } from "node:os";
import type { Command } from "commander";
import { type Mode, modes } from "../../convert/modes.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { FloatTensor } from "../../core/tensor.ts";
import { openDnn } from "../../dnn/dnn-session.ts";
import { type Graph, inputOf } from "../../graph/graph.ts";
import { preprocess } from "../../image/preprocess.ts";
import { eventEngine } from "../../snn/engines/event/event-engine.ts";
import { measureLoadLimit, type ProfiledLayer, profileLayers } from "../../snn/engines/event/profile.ts";
import { calibratedTinyYolo, convertToActivity, totalMacs } from "../bench-network.ts";
import { loadPicture } from "../images.ts";
import { note, print, printJson } from "../io.ts";
import { loadModel } from "../model.ts";
import {
  addConversionOptions,
  addModelOptions,
  type ConversionFlags,
  integerFrom,
  type ModelFlags,
  settingsFrom,
} from "../options.ts";

interface BenchFlags extends ModelFlags, ConversionFlags {
  readonly model?: string;
  readonly image?: string;
  readonly activity: readonly number[];
  readonly threads: readonly number[];
  readonly repeats: number;
  readonly json?: boolean;
}

export function declare(command: Command): void {
  command
    .option("--model <model>", "a model file or a darknet .cfg (default: Tiny YOLO's shape, seeded weights, 416²)")
    .option("--image <file>", "picture for --model")
    .option(
      "--activity <list>",
      "without --model: accumulates per step and MAC, in percent",
      percents,
      [0.05, 0.15, 0.25],
    )
    .option("--threads <list>", "numbers of threads to measure", integers, [1, 2])
    .option("--repeats <n>", "runs of which the fastest counts", integerFrom(1, 100), 5);
  addModelOptions(command);
  addConversionOptions(command)
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  spiking-yolo bench --activity 15 --threads 1,2")
    .action(run);
}

interface Workload {
  readonly name: string;
  readonly dnn: Graph;
  readonly snn: Graph;
  readonly image: FloatTensor;
}

interface BenchCase {
  readonly name: string;
  readonly threads: number;
  readonly timeSteps: number;
  /** One step of the whole network, neurons included; fastest of the repeats. */
  readonly stepMs: number;
  /** Slowest of the repeats over the fastest. */
  readonly spread: number;
  /** As stepMs, but processor time over threads: less disturbed by other programs. */
  readonly stepCpuMs: number;
  /** One whole run, T steps and what is done once. */
  readonly runMs: number;
  /** Over the layers that read spikes, lists, neurons and pools included. */
  readonly accumulatesPerSecond: number;
  readonly loadLimitPerSecond: number;
  readonly fractionOfLimit: number;
  readonly denseStepMs: number;
  readonly denseCpuMs: number;
  readonly speedupOverDense: number;
  readonly speedupOverDenseCpu: number;
  /** Accumulates per step over the DNN's MACs. */
  readonly activity: number;
  readonly rssMb: number;
  readonly layers: readonly ProfiledLayer[];
}

async function run(flags: BenchFlags): Promise<void> {
  const clock = () => performance.now();
  const loadLimitPerSecond = await measureLoadLimit(clock);
  const cases: BenchCase[] = [];
  for await (const workload of workloads(flags)) {
    for (const threads of flags.threads) {
      note(`measuring ${workload.name}, ${threads} ${threads === 1 ? "thread" : "threads"}`);
      cases.push(await measure(workload, threads, flags.repeats, loadLimitPerSecond));
    }
  }
  const [cpu] = cpus();
  const machine = { cpu: cpu.model, cores: cpus().length, node: process.version, platform: process.platform };
  if (flags.json) printJson({ machine, cases });
  else printTable(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`, cases);
}

async function* workloads(flags: BenchFlags): AsyncGenerator<Workload> {
  const mode: Mode = flags.mode ?? "fast";
  if (flags.model) {
    if (!flags.image) throw new ArgumentError("E_USAGE", "--model needs a picture: add --image FILE");
    const { name, dnn, snn } = await loadModel(flags.model, flags);
    if (!dnn) throw new ArgumentError("E_USAGE", `${flags.model} does not hold the DNN to compare with`);
    const { image } = preprocess(await loadPicture(flags.image), inputOf(snn).shape, snn.preprocessing);
    yield { name: `${name}, ${mode}`, dnn, snn, image };
    return;
  }
  const { dnn, image } = await calibratedTinyYolo(1);
  const settings = settingsFrom(flags);
  const timeSteps = flags.steps ?? Math.min(settings.timeSteps, 2 * modes.fast.timeSteps);
  for (const activity of flags.activity) {
    note(`converting Tiny YOLO to an activity of ${100 * activity} %`);
    const open = (graph: Graph) => eventEngine().open(graph);
    const snn = await convertToActivity(dnn, image, { mode, activity, timeSteps, changes: settings, open });
    const name = `Tiny YOLO 416², ${mode}, ${100 * activity} %`;
    yield { name, dnn, snn: { ...snn, simulation: { ...snn.simulation!, timeSteps } }, image };
  }
}

/** Time on the wall, and of processors, that `work` took. */
async function timed(work: () => Promise<void>): Promise<{ readonly wallMs: number; readonly cpuMs: number }> {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wallMs: performance.now() - start, cpuMs: (user + system) / 1000 };
}

async function measure(
  { name, dnn, snn, image }: Workload,
  threads: number,
  repeats: number,
  loadLimit: number,
): Promise<BenchCase> {
  const { timeSteps, encoding } = snn.simulation!;
  const session = await eventEngine({ threads }).open(snn);
  const exact = await openDnn(dnn, { threads });
  const runs: { wallMs: number; cpuMs: number }[] = [];
  const passes: { wallMs: number; cpuMs: number }[] = [];
  let synOps = 0;
  // Turn by turn, so that both meet the same disturbances; the first turn only warms up.
  for (let repeat = 0; repeat <= repeats; repeat++) {
    const pass = await timed(async () => {
      await exact.run(image);
    });
    const whole = await timed(async () => {
      for await (const { activity } of session.run(image, { timeSteps, at: [timeSteps], encoding, seed: 1 })) {
        synOps = [...activity.values()].reduce((sum, layer) => sum + layer.synOps, 0);
      }
    });
    if (repeat === 0) continue;
    passes.push(pass);
    runs.push(whole);
  }
  await session.dispose();
  await exact.dispose();
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  const clock = () => performance.now();
  const options = { timeSteps, at: [timeSteps], encoding, seed: 1, threads, repeats: Math.min(3, repeats), clock };
  const layers = await profileLayers(snn, image, options);
  const least = (times: typeof runs, of: "wallMs" | "cpuMs") => Math.min(...times.map((time) => time[of]));
  const accumulating = layers.filter(({ accumulatesPerStep }) => accumulatesPerStep > 0);
  const total = (of: "stepMs" | "accumulatesPerStep") => accumulating.reduce((sum, layer) => sum + layer[of], 0);
  const accumulatesPerSecond = total("stepMs") > 0 ? (1000 * total("accumulatesPerStep")) / total("stepMs") : 0;
  const runMs = least(runs, "wallMs");
  const stepMs = runMs / timeSteps;
  const stepCpuMs = least(runs, "cpuMs") / timeSteps / threads;
  const denseStepMs = least(passes, "wallMs");
  const denseCpuMs = least(passes, "cpuMs") / threads;
  return {
    name,
    threads,
    timeSteps,
    stepMs,
    spread: Math.max(...runs.map(({ wallMs }) => wallMs)) / runMs,
    stepCpuMs,
    runMs,
    accumulatesPerSecond,
    loadLimitPerSecond: loadLimit * threads,
    fractionOfLimit: accumulatesPerSecond / (loadLimit * threads),
    denseStepMs,
    denseCpuMs,
    speedupOverDense: denseStepMs / stepMs,
    speedupOverDenseCpu: denseCpuMs / stepCpuMs,
    activity: synOps / timeSteps / totalMacs(dnn),
    rssMb,
    layers,
  };
}

function printTable(machine: string, cases: readonly BenchCase[]): void {
  print(machine);
  for (const result of cases) {
    const { name, threads, timeSteps, stepMs, stepCpuMs, denseStepMs, denseCpuMs, activity } = result;
    print();
    print(`${name}, ${threads} ${threads === 1 ? "thread" : "threads"}, T = ${timeSteps}`);
    print(
      `  a step       ${stepMs.toFixed(2)} ms (processor ${stepCpuMs.toFixed(2)} ms a thread; spread ×${result.spread.toFixed(2)})`,
    );
    print(`  a dense pass ${denseStepMs.toFixed(2)} ms (processor ${denseCpuMs.toFixed(2)} ms a thread)`);
    print(
      `  speed-up     ×${result.speedupOverDense.toFixed(2)} (by processor time ×${result.speedupOverDenseCpu.toFixed(2)}) at ${(100 * activity).toFixed(1)} % activity`,
    );
    print(
      `  accumulates  ${(result.accumulatesPerSecond / 1e9).toFixed(1)} G/s with neurons, ${(100 * result.fractionOfLimit).toFixed(0)} % of the load limit`,
    );
    print(`  a run        ${result.runMs.toFixed(0)} ms; ${result.rssMb.toFixed(0)} MB resident`);
    for (const layer of result.layers) {
      const rate = layer.accumulatesPerStep / layer.stepMs / 1e6;
      print(
        `    ${layer.name.padEnd(20)} ${layer.stepMs.toFixed(3).padStart(8)} ms${rate > 0 ? ` ${rate.toFixed(1).padStart(6)} G/s` : ""}`,
      );
    }
  }
}

function integers(text: string): readonly number[] {
  return text.split(",").map(integerFrom(1, 256));
}

function percents(text: string): readonly number[] {
  return text.split(",").map((part) => integerFrom(1, 100)(part) / 100);
}
