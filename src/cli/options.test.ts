/** Rules that hold for the options of every command. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { refuseEmptyValues } from "./options.ts";

const folder = join(import.meta.dirname, "commands");
const names = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));

/** The command with an action that only tells that it was reached. */
async function declared(name: string): Promise<{ command: Command; wasRun: () => boolean }> {
  const module = (await import(join(folder, name))) as { declare: (command: Command) => void };
  let ran = false;
  const command = new Command(name)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .hook("preAction", (_, actual) => refuseEmptyValues(actual));
  module.declare(command);
  command.action(() => {
    ran = true;
  });
  return { command, wasRun: () => ran };
}

describe.each(names)("%s", (name) => {
  test("refuses an empty value of each argument and option, and nothing else", async () => {
    const { command } = await declared(name);
    const needed = command.options
      .filter(({ mandatory }) => mandatory)
      .flatMap(({ long, argChoices }) => [long as string, argChoices?.[0] ?? "x"]);
    const given = command.registeredArguments.map(() => "x");
    const cases = [
      ...given.map((_, index) => [...given.with(index, ""), ...needed]),
      ...command.options
        .filter((option) => option.required)
        .flatMap(({ long }) => ["", "  "].map((value) => [...given, ...needed, long as string, value])),
    ];
    for (const args of cases) {
      const { command: fresh, wasRun } = await declared(name);
      await expect(fresh.parseAsync(args, { from: "user" }), args.join("|")).rejects.toThrow(
        /^the value of .* is empty|^error: option .* is invalid/,
      );
      expect(wasRun()).toBe(false);
    }
    const { command: whole, wasRun } = await declared(name);
    await whole.parseAsync([...given, ...needed], { from: "user" });
    expect(wasRun()).toBe(true);
  });
});
