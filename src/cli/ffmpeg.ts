/** The system's ffmpeg and ffprobe as child processes: what they complain of, and how they end. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ImportError } from "../core/errors.ts";

export interface Tool {
  readonly child: ChildProcess;
  /** When the program has ended. Rejects with ImportError [E_FFMPEG] where it cannot be run. */
  readonly ended: Promise<ToolEnd>;
}

export interface ToolEnd {
  readonly code: number | null;
  /** Its complaints in order, without what they were written by; the first ones only. */
  readonly errors: readonly string[];
}

const maxErrors = 50;

/**
 * @param args with `-loglevel level+error` or `level+info`: complaints are known by their level.
 * @param onLine told of everything else that the program says.
 */
export function startTool(name: "ffmpeg" | "ffprobe", args: readonly string[], onLine = (_line: string) => {}): Tool {
  // In a group of its own, since Ctrl-C would reach it as well: frames that are under way would be lost.
  const child = spawn(name, args, { stdio: ["pipe", "pipe", "pipe"], detached: process.platform !== "win32" });
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    const [, complaint] = /^(?:\[[^\]]*\] )?\[(?:error|fatal|panic)\] (.*)$/.exec(line) ?? [];
    if (complaint === undefined) onLine(line);
    else if (errors.length < maxErrors) errors.push(complaint.trim());
  });
  // A program that has ended reads nothing: how it ended is told by `ended`.
  child.stdin.on("error", () => {});
  const ended = new Promise<ToolEnd>((done, fail) => {
    child.on("error", (error: NodeJS.ErrnoException) => fail(cannotRun(name, error)));
    child.on("close", (code) => done({ code, errors }));
  });
  // Looked at where work ends; a failure before must not be nobody's.
  ended.catch(() => {});
  return { child, ended };
}

function cannotRun(name: string, { code, message }: NodeJS.ErrnoException): ImportError {
  if (code !== "ENOENT") return new ImportError("E_FFMPEG", `${name} cannot be run: ${message}`);
  const how = "apt-get install ffmpeg, brew install ffmpeg, or winget install ffmpeg";
  return new ImportError(
    "E_FFMPEG",
    `there is no ${name} on this machine; it reads and writes videos. Install it: ${how}`,
  );
}

/** What a program prints, whole. */
export async function outputOf(name: "ffprobe", args: readonly string[]): Promise<ToolEnd & { readonly text: string }> {
  const { child, ended } = startTool(name, args);
  let text = "";
  child.stdout?.on("data", (chunk) => {
    text += String(chunk).slice(0, 65_536);
  });
  return { ...(await ended), text };
}
