import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { records } from "./records.ts";

test("the host's records list the fields of the kernels' structs, in their order", () => {
  const source = readFileSync(new URL("../../../../kernels/structs.ts", import.meta.url), "utf8");
  const classes = [...source.matchAll(/export class (\w+) \{([^}]*)\}/g)].map(([, name, body]) => [
    name.toLowerCase(),
    [...body.matchAll(/^ {2}(\w+): (\w+);$/gm)].map(([, field]) => field),
  ]);
  expect(Object.fromEntries(classes)).toEqual(records);
});
