/** The built program: in a process of its own, as a user runs it, or in the test's, where a start would be most of the time. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const built = resolve(import.meta.dirname, "../dist/cli");

export const program = resolve(built, "main.js");

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

let last: Promise<unknown> = Promise.resolve();

/**
 * The same, of the same files, without a process: what it prints, and the code that it would end with. One after the
 * other, since folder and output are the process's. Not for what only a process has: an end, signals, memory.
 */
export function runInProcess(cwd: string, ...args: readonly string[]): Promise<Result> {
  const mine = last.then(() => captured(cwd, args));
  last = mine.catch(() => {});
  return mine;
}

async function captured(cwd: string, args: readonly string[]): Promise<Result> {
  const { run }: typeof import("../src/cli/run.ts") = await import(pathToFileURL(resolve(built, "run.js")).href);
  const before = process.cwd();
  const [out, err] = [collect(process.stdout), collect(process.stderr)];
  process.chdir(cwd);
  try {
    const code = await run(args);
    return { code, stdout: out.text(), stderr: err.text() };
  } finally {
    process.chdir(before);
    out.end();
    err.end();
  }
}

/** Keeps what is written to a stream, instead of writing it. */
function collect(stream: NodeJS.WriteStream): { readonly text: () => string; readonly end: () => void } {
  const { write } = stream;
  const chunks: Buffer[] = [];
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    chunks.push(Buffer.from(chunk as string));
    const done = rest.at(-1);
    if (typeof done === "function") process.nextTick(done);
    return true;
  }) as typeof write;
  return {
    text: () => Buffer.concat(chunks).toString(),
    end: () => {
      stream.write = write;
    },
  };
}
