/**
 * What every command shares: where output goes, how an error ends, how progress is shown.
 *
 * stdout carries the result (with `--json`: exactly one JSON document); stderr carries everything else.
 */
import { MultiBar, Presets } from "cli-progress";
import { CommanderError } from "commander";
import { SpikingYoloError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";

/** Bad usage or bad input. */
const exitBadInput = 2;
/** Anything else that went wrong. */
const exitFailed = 1;

/** Prints the one JSON document of a command that was asked for `--json`. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Prints a line of a human-readable result; names in it come from files, so what a terminal would obey is escaped. */
export function print(line = ""): void {
  process.stdout.write(`${printable(line)}\n`);
}

/** Prints a remark that is no part of the result, escaped as {@link print} does. */
export function note(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

export interface Progress {
  /** `done` of `total` are finished. */
  update(done: number, status?: string): void;
  stop(): void;
}

/**
 * A bar on a terminal; elsewhere a line at most every five seconds.
 * @param begun what was done before, and says nothing about the time that is left.
 */
export function showProgress(label: string, total: number, begun = 0): Progress {
  return process.stderr.isTTY ? terminalProgress(printable(label), total, begun) : lineProgress(label, total, begun);
}

function terminalProgress(label: string, total: number, begun: number): Progress {
  const bars = new MultiBar(
    {
      format: `${label} {bar} {value}/{total} {status} {eta_formatted} left`,
      stream: process.stderr,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  const bar = bars.create(total, begun, { status: "" });
  return {
    update: (done, status = "") => bar.update(done, { status }),
    stop: () => bars.stop(),
  };
}

function lineProgress(label: string, total: number, begun: number): Progress {
  const start = performance.now();
  let last = start;
  return {
    update: (done, status = "") => {
      const now = performance.now();
      if (now - last < 5000 || done === begun) return;
      last = now;
      const leftSeconds = Math.round((((now - start) / (done - begun)) * (total - done)) / 1000);
      note(`${label} ${done}/${total}${status ? ` ${status}` : ""}, ${leftSeconds} s left`);
    },
    stop: () => {},
  };
}

/** Prints the error as one line (with its stack where `debug`) and gives the exit code. */
export function reportError(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // Help that was shown for want of a command has said all there is to say.
    if (error.code === "commander.help") return exitBadInput;
    note(
      `error [E_USAGE] ${oneLine(error.message.replace(/^error: /, "")).replace(/\.$/, "")}. See spiking-yolo --help`,
    );
    return exitBadInput;
  }
  const known = error instanceof SpikingYoloError;
  const message = error instanceof Error ? error.message : String(error);
  note(`error [${known ? error.code : "E_INTERNAL"}] ${oneLine(message)}`);
  if (debug && error instanceof Error) process.stderr.write(`${error.stack?.split("\n").map(printable).join("\n")}\n`);
  return known && error.code !== "E_ENGINE" && error.code !== "E_WRITE" ? exitBadInput : exitFailed;
}

function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, " ").trim();
}
