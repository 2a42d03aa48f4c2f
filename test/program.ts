/** The built program in a process of its own, as a user runs it. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";

export const program = resolve(import.meta.dirname, "../dist/cli/main.js");

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it in a folder, to its end. */
export function runProgram(cwd: string, ...args: readonly string[]): Promise<Result> {
  return new Promise((done) => {
    execFile(process.execPath, [program, ...args], { cwd, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
