/** The built program: in a process of its own, with what it printed and the memory that it took, or in this one. */
import { execFile } from "node:child_process";
import { program, type Result, runInProcess } from "../program.ts";

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly peakMiB: number;
}

/** Killed after `seconds`. */
export function run(seconds: number, ...args: readonly string[]): Promise<Outcome> {
  const tell = 'process.on("exit", () => process._rawDebug("peak " + process.resourceUsage().maxRSS))';
  const options = ["--import", `data:text/javascript,${encodeURIComponent(tell)}`, program, ...args];
  return new Promise((done) => {
    execFile(process.execPath, options, { timeout: seconds * 1000, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      const lines = stderr.trimEnd().split("\n");
      const peak = /^peak (\d+)$/.exec(lines.at(-1) ?? "");
      done({
        code: error ? ((error.code as unknown as number) ?? null) : 0,
        stdout,
        stderr: (peak ? lines.slice(0, -1) : lines).join("\n"),
        peakMiB: peak ? Number(peak[1]) / 1024 : Number.NaN,
      });
    });
  });
}

/** Without a process: for inputs that have never broken anything, where what is printed and the code are all that is expected. */
export async function runHere(...args: readonly string[]): Promise<Result> {
  const { stderr, ...rest } = await runInProcess(process.cwd(), ...args);
  return { ...rest, stderr: stderr.trimEnd() };
}
