#!/usr/bin/env node
/**
 * The command line: a command's module is loaded only when it is asked for, and what is slow to load (ONNX Runtime, sharp) when it is first needed.
 */
import { EngineError } from "../core/errors.ts";
import { reportError } from "./io.ts";
import { addCommand, commands, createProgram } from "./program.ts";

async function main(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  const asked = argv.find((argument) => !argument.startsWith("-"));
  for (const name of Object.keys(commands)) await addCommand(program, name, name === asked);
  try {
    await program.parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    return reportError(error, debug);
  }
}

// A reader that has seen enough (`| head`) is no error; a disk that is full is.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.exit(reportError(new EngineError("E_WRITE", `the output cannot be written: ${error.message}`), debug));
});
// Where remarks cannot be written nobody can be told; the result and the exit code still can.
process.stderr.on("error", () => {});

const debug = process.argv.includes("--debug");

process.exitCode = await main(process.argv.slice(2));
