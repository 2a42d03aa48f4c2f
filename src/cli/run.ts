/** A command line from its words to its exit code. `main.ts` is the process around it; tests call it without one. */
import { reportError } from "./io.ts";
import { addCommand, commands, createProgram } from "./program.ts";

/** Runs a command to its end. @param words behind the program's name. @returns the exit code. */
export async function run(words: readonly string[]): Promise<number> {
  const program = createProgram();
  const asked = words.find((word) => !word.startsWith("-"));
  for (const name of Object.keys(commands)) await addCommand(program, name, name === asked);
  try {
    await program.parseAsync(words, { from: "user" });
    return 0;
  } catch (error) {
    return reportError(error, isDebugged(words));
  }
}

export function isDebugged(words: readonly string[]): boolean {
  return words.includes("--debug");
}
