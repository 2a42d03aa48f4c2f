import { expect, test } from "vitest";
import { toCsv } from "./csv.ts";

test("commas, quotes and line ends are quoted; nothing is an empty cell", () => {
  const rows = [
    { name: 'a "b", c', value: 0.5 },
    { name: "d\ne", value: null },
  ];
  expect(toCsv(rows)).toBe('name,value\r\n"a ""b"", c",0.5\r\n"d\ne",\r\n');
  expect(toCsv([])).toBe("");
});
