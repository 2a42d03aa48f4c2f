/** `bench`: measured speeds of the event engine beside a dense pass of ONNX Runtime, on this machine, in one run. */
import { cpus } from "node:os";
import type { Command } from "commander";
import { measureLoadLimit } from "../../snn/engines/event/profile.ts";
import { type BenchCase, measure, type Spread } from "../../speed/measure.ts";
import { note, print, printJson } from "../io.ts";
import { addConversionOptions, addModelOptions, integerFrom } from "../options.ts";
import { type WorkloadFlags, workloads } from "../workloads.ts";

interface BenchFlags extends WorkloadFlags {
  readonly threads: readonly number[];
  readonly repeats: number;
  readonly json?: boolean;
}

export function declare(command: Command): void {
  command
    .option(
      "--model <model>",
      "a model file or a darknet .cfg (default: Tiny YOLO's shape at 416² with seeded weights, and the built-in model)",
    )
    .option("--image <file>", "picture for --model")
    .option(
      "--activity <list>",
      "of the seeded weights: accumulates per step and MAC, in percent",
      percents,
      [0.05, 0.15, 0.25],
    )
    .option("--threads <list>", "numbers of threads to measure", integers, [1, 2])
    .option("--repeats <n>", "runs of which the fastest counts; fewer where they take long", integerFrom(1, 100), 5);
  addModelOptions(command);
  addConversionOptions(command)
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  spiking-yolo bench --mode fast --activity 15 --threads 1,2")
    .action(run);
}

async function run(flags: BenchFlags): Promise<void> {
  const loadLimitPerSecond = await measureLoadLimit(() => performance.now());
  const cases: BenchCase[] = [];
  for await (const workload of workloads(flags)) {
    for (const threads of flags.threads) {
      note(`measuring ${workload.name}, ${counted(threads)}`);
      cases.push(await measure(workload, { threads, repeats: flags.repeats, loadLimitPerSecond }));
    }
  }
  const [cpu] = cpus();
  const machine = { cpu: cpu.model, cores: cpus().length, node: process.version, platform: process.platform };
  if (flags.json) printJson({ machine, cases });
  else printCases(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`, cases);
}

function printCases(machine: string, cases: readonly BenchCase[]): void {
  print(machine);
  for (const result of cases) {
    const { name, threads, timeSteps, stepCpuMs, denseCpuMs, speedupOverDense, speedupOverDenseCpu, activity } = result;
    const { runInDensePasses, runInDensePassesCpu, runOverLoadLimit, openMs } = result;
    const spreads = [result.stepMsSpread, result.runMs, result.denseStepMsSpread, result.pictureMs];
    const [step, whole, dense, picture] = spreads.map(written);
    print();
    print(`${name}, ${counted(threads)}, T = ${timeSteps}`);
    print(`  a step       ${step}; processor ${stepCpuMs.toFixed(2)} ms a thread`);
    print(`  a run        ${whole}; the session was open in ${openMs.toFixed(0)} ms`);
    print(`  a dense pass ${dense}; processor ${denseCpuMs.toFixed(2)} ms a thread`);
    print(
      `  speed-up     ×${speedupOverDense.toFixed(2)} (by processor time ×${speedupOverDenseCpu.toFixed(2)}) at ${(100 * activity).toFixed(1)} % activity`,
    );
    print(
      `  a run is     ${runInDensePasses.toFixed(2)} dense passes (by processor time ${runInDensePassesCpu.toFixed(2)}), ${runOverLoadLimit.toFixed(2)} times what its accumulates take at the load limit`,
    );
    print(
      `  accumulates  ${(result.accumulatesPerSecond / 1e9).toFixed(1)} G/s with neurons, ${(100 * result.fractionOfLimit).toFixed(0)} % of the load limit`,
    );
    print(`  a picture    ${picture}, from pixels to boxes; ${result.rssMb.toFixed(0)} MB resident`);
    for (const layer of result.layers) {
      const rate = layer.accumulatesPerStep / layer.stepMs / 1e6;
      print(
        `    ${layer.name.padEnd(20)} ${layer.stepMs.toFixed(3).padStart(8)} ms ${(rate > 0 ? `${rate.toFixed(1)} G/s` : "").padStart(10)}  ${layer.kernels}`.trimEnd(),
      );
    }
  }
}

function counted(threads: number): string {
  return `${threads} ${threads === 1 ? "thread" : "threads"}`;
}

function written({ min, median, max }: Spread): string {
  return `${min.toFixed(2)} ms (median ${median.toFixed(2)}, greatest ${max.toFixed(2)})`;
}

function integers(text: string): readonly number[] {
  return text.split(",").map(integerFrom(1, 256));
}

function percents(text: string): readonly number[] {
  return text.split(",").map((part) => integerFrom(1, 100)(part) / 100);
}
