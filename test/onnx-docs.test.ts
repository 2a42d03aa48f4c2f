/** docs/onnx.md lists operators and families as the importer has them. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { familyNames, familyOf } from "../src/importers/onnx/families.ts";
import { operators } from "../src/importers/onnx/operators.ts";
import { movingOperators } from "../src/importers/onnx/rearrange.ts";
import { shapeRules } from "../src/onnx/shapes.ts";

const page = readFileSync(resolve(import.meta.dirname, "../docs/onnx.md"), "utf8");

/** What stands between a heading and the next. */
const section = (heading: string) => page.split(`\n## ${heading}\n`)[1].split("\n## ")[0];
const table = (text: string) => text.split("\n").filter((line) => line.startsWith("|"));

test("operators: what each becomes, and where it may stand", () => {
  const rows = [...shapeRules.keys()].sort().map((op) => {
    const entry = operators.get(op);
    const becomes = entry?.becomes ?? (movingOperators.has(op) ? "nothing, where it only moves planes" : "–");
    return `| \`${op}\` | ${becomes} | yes | yes |`;
  });
  expect(table(section("Operators"))).toEqual([
    "| operator | in a spiking layer | in an island | in the tail |",
    "|---|---|---|---|",
    ...rows,
  ]);
  for (const op of operators.keys()) expect(shapeRules.has(op) || op === "Swish", op).toBe(true);
});

test("families: what each expects of a picture", () => {
  const list = (values: readonly number[]) => (new Set(values).size === 1 ? String(values[0]) : values.join(", "));
  const rows = familyNames.map((name) => {
    const { picture, layouts } = familyOf(name);
    const { fit, order, range, mean, deviation } = picture;
    const names = layouts.map(({ layout }) => `\`${layout.name}\``).join(", ") || "`--heads`";
    return `| \`${name}\` | ${fit} | ${order.toUpperCase()} | ${range} | ${list(mean)} | ${list(deviation)} | ${names} |`;
  });
  expect(table(section("Families"))).toEqual([
    "| `--family` | fit | order | white is | mean | deviation | layouts |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ]);
});
