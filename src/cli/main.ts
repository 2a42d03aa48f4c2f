#!/usr/bin/env node
/**
 * The command line: a command's module is loaded only when it is asked for, and what is slow to load (ONNX Runtime, sharp) when it is first needed.
 */
import { EngineError } from "../core/errors.ts";
import { reportError } from "./io.ts";
import { isDebugged, run } from "./run.ts";

const words = process.argv.slice(2);

// A reader that has seen enough (`| head`) is no error; a disk that is full is.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  const lost = new EngineError("E_WRITE", `the output cannot be written: ${error.message}`);
  process.exit(reportError(lost, isDebugged(words)));
});
// Where remarks cannot be written nobody can be told; the result and the exit code still can.
process.stderr.on("error", () => {});

process.exitCode = await run(words);
