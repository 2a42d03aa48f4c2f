/** Runs inputs in child processes and watches them: time for each input, memory of each process, every fault with its bytes. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Input, inputOf } from "./inputs.ts";

export interface Fault extends Pick<Input, "target"> {
  readonly index: number;
  readonly fault: string;
  /** Base64; shrunk where the process lived on. */
  readonly bytes: string;
}

export interface FuzzResult {
  readonly faults: readonly Fault[];
  readonly peakMiB: number;
  /** How many inputs were read and refused, by `<target> read` and `<target> refused`; of processes that came to their end. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** An input ends within this, on a machine with other work, too. */
const secondsPerInput = 5;

/** The start of a process, which loads everything. */
const secondsToStart = 60;

/** The inputs [first, end) of a seed, in one process, and another from behind each input that hangs or ends it. */
export async function fuzz(seed: number, first: number, end: number): Promise<FuzzResult> {
  const faults: Fault[] = [];
  let peakMiB = 0;
  let outcomes: Readonly<Record<string, number>> = {};
  for (let from = first; from < end; ) {
    const child = await runChild(seed, from, end);
    faults.push(...child.faults);
    peakMiB = Math.max(peakMiB, child.peakMiB);
    outcomes = child.outcomes;
    if (child.death === undefined) break;
    if (child.last < from) throw new Error(`the process did not start: ${child.death}`);
    const { target, bytes } = inputOf(seed, child.last);
    faults.push({ index: child.last, target, fault: child.death, bytes: Buffer.from(bytes).toString("base64") });
    from = child.last + 1;
  }
  return { faults, peakMiB, outcomes };
}

interface ChildResult {
  readonly faults: readonly Fault[];
  readonly last: number;
  readonly peakMiB: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Why it ended before its time. */
  readonly death: string | undefined;
}

function runChild(seed: number, first: number, end: number): Promise<ChildResult> {
  const start = resolve(import.meta.dirname, "start.js");
  const child = spawn(process.execPath, [start, "child.ts", String(seed), String(first), String(end)]);
  const faults: Fault[] = [];
  let last = first - 1;
  let peakMiB = 0;
  let outcomes: Readonly<Record<string, number>> = {};
  let death: string | undefined = "it ended";
  let errors = "";
  const kill = () => {
    death = `no end within ${last < first ? secondsToStart : secondsPerInput} s`;
    child.kill("SIGKILL");
  };
  let watchdog = setTimeout(kill, secondsToStart * 1000);
  child.stderr.on("data", (data) => {
    errors = (errors + data).slice(-2000);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    clearTimeout(watchdog);
    if (/^\d+$/.test(line)) last = Number(line);
    else if (line.startsWith("fault ")) faults.push(JSON.parse(line.slice(6)));
    else if (line.startsWith("end ")) {
      ({ peakMiB, outcomes } = JSON.parse(line.slice(4)));
      death = undefined;
    }
    watchdog = setTimeout(kill, secondsPerInput * 1000);
  });
  return new Promise((done) => {
    child.on("close", () => {
      clearTimeout(watchdog);
      done({ faults, last, peakMiB, outcomes, death: death && `${death}\n${errors}` });
    });
  });
}
