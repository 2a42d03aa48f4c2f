/** Commands and options that sentences name are the program's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { addCommand, commands, createProgram } from "../../src/cli/program.ts";
import { pages, root } from "./read.ts";

/** By command. */
const options = new Map<string, ReadonlySet<string>>();

beforeAll(async () => {
  for (const name of Object.keys(commands)) {
    const command = await addCommand(createProgram(), name, true);
    const known = command.options.flatMap(({ long, short }) => [long, short]).filter((flag) => flag !== undefined);
    options.set(name, new Set([...(known as string[]), "--help", "-h"]));
  }
});

/** Code within sentences; blocks are followed by the test beside this one. */
const spans = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => ({ page, span }));
});
const flagsIn = (span: string) => [...span.matchAll(/(?:^|\s)(--[a-z][\w-]*)/g)].map(([, flag]) => flag);

test("an option by itself is one of some command", () => {
  const known = new Set([...options.values()].flatMap((flags) => [...flags]));
  const alone = spans.filter(({ span }) => span.startsWith("--"));
  expect(alone.length).toBeGreaterThan(100);
  const unknown = alone.flatMap(({ page, span }) => flagsIn(span).map((flag) => ({ page, flag })));
  expect(unknown.filter(({ flag }) => !known.has(flag))).toEqual([]);
});

test("an option behind a command is that command's", () => {
  const named = spans.flatMap(({ page, span }) => {
    const [, name] = /^(?:spiking-yolo )?([a-z]+)\b/.exec(span) ?? [];
    return name !== undefined && options.has(name) ? [{ page, span, name }] : [];
  });
  expect(named.length).toBeGreaterThan(100);
  const wrong = named.filter(({ span, name }) => flagsIn(span).some((flag) => !options.get(name)?.has(flag)));
  expect(wrong).toEqual([]);
});
