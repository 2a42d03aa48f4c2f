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
/** As a shell has it of a program that SIGINT ended. */
const exitInterrupted = 130;

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
  /** A line that stays, above the bar. */
  say(line: string): void;
  stop(): void;
}

export interface ProgressOptions {
  /** What was done before, and says nothing about the time that is left. */
  readonly begun?: number;
  /** What an interruption leaves, and how to go on; asked for when it happens. */
  readonly kept?: () => string;
  /** Called at the first Ctrl-C, instead of ending the program: for work that closes its files itself, and then throws {@link Interrupted}. */
  readonly onInterrupt?: () => void;
  /** Lines on a terminal, too: where others are printed meanwhile. */
  readonly asLines?: boolean;
}

/** Thrown by work that was interrupted, when what it leaves has been printed and closed: ends the program so that a shell knows. */
export class Interrupted extends Error {}

/**
 * A bar on a terminal; elsewhere a line at most every five seconds. Ctrl-C ends it, and says what is left of the work.
 * @param total infinite where nobody knows it.
 */
export function showProgress(label: string, total: number, options: ProgressOptions = {}): Progress {
  const { begun = 0, kept, onInterrupt, asLines = false } = options;
  const shown =
    process.stderr.isTTY && !asLines && Number.isFinite(total)
      ? terminalProgress(printable(label), total, begun)
      : lineProgress(label, total, begun);
  let at = begun;
  const interrupt = () => {
    // Gives the terminal its cursor and its line breaks back.
    shown.stop();
    note(`interrupted: ${label}, ${at} of ${total} done${kept ? `; ${kept()}` : ""}`);
    process.exit(exitInterrupted);
  };
  // A second Ctrl-C ends the program at once.
  const onSignal = onInterrupt ?? interrupt;
  process.once("SIGINT", onSignal);
  return {
    update: (done, status) => {
      at = done;
      shown.update(done, status);
    },
    say: shown.say,
    stop: () => {
      process.off("SIGINT", onSignal);
      shown.stop();
    },
  };
}

/**
 * Words for the time that is left, at the pace since `start`.
 * @param done of `total`, of which `begun` were done before the start. @param elapsedMs since the start.
 */
export function timeLeft(done: number, total: number, begun: number, elapsedMs: number): string {
  // The first one is slow: engines and caches warm up.
  if (done <= begun || elapsedMs < 1000) return "estimating …";
  const seconds = Math.round(((elapsedMs / (done - begun)) * (total - done)) / 1000);
  if (seconds < 100) return `${seconds} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

function terminalProgress(label: string, total: number, begun: number): Progress {
  const bars = new MultiBar(
    {
      format: `${label} {bar} {value}/{total} {status} {left}`,
      stream: process.stderr,
      clearOnComplete: true,
      barsize: 24,
    },
    Presets.shades_classic,
  );
  const start = performance.now();
  const bar = bars.create(total, begun, { status: "", left: timeLeft(begun, total, begun, 0) });
  return {
    update: (done, status = "") =>
      bar.update(done, { status, left: timeLeft(done, total, begun, performance.now() - start) }),
    say: (line) => {
      bars.log(`${printable(line)}\n`);
      bars.update();
    },
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
      const isKnown = Number.isFinite(total);
      const left = isKnown ? `, ${timeLeft(done, total, begun, now - start)}` : "";
      note(`${label} ${done}${isKnown ? `/${total}` : ""}${status ? ` ${status}` : ""}${left}`);
    },
    say: note,
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
  if (error instanceof Interrupted) {
    note(`interrupted: ${error.message}`);
    return exitInterrupted;
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
