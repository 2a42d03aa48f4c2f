import { expect, test } from "vitest";
import { frontier } from "../../test/figure-data.ts";
import { ImportError } from "../core/errors.ts";
import { readFrontier } from "./frontier-file.ts";

const points = frontier();
const text = points.map((point) => `${JSON.stringify(point)}\n`).join("");

test("a line a point, blank lines aside", () => {
  expect(readFrontier(`\n${text}\n`, "f.jsonl")).toEqual(points);
});

test.each([
  ["", /^f\.jsonl holds no points/],
  ["\n{", /^f\.jsonl, line 2 is no point/],
  [JSON.stringify({ ...points[0], share: -1 }), /line 1 .*share: /],
  [JSON.stringify({ ...points[0], acPerMac: "2" }), /line 1 .*acPerMac: /],
  [JSON.stringify({ ...points[0], more: 1 }), /line 1 .*more/],
  [JSON.stringify([points[0]]), /line 1 .*the whole: /],
])("%j is refused by line and field", (wrong, message) => {
  const read = () => readFrontier(wrong, "f.jsonl");
  expect(read).toThrow(ImportError);
  expect(read).toThrow(message);
});
