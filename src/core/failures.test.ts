import { expect, it } from "vitest";
import { type Failure, refuseFailures, toleratedFailures } from "./failures.ts";
import { tallyRemarks } from "./remarks.ts";

const failures = (count: number): Failure[] =>
  Array.from({ length: count }, (_, i) => ({ name: `p${i}`, code: "E_IMAGE", message: `p${i} is cut` }));

it("tolerates one in four, of few one, never all", () => {
  expect([1, 2, 3, 4, 7, 8, 14, 100].map(toleratedFailures)).toEqual([0, 1, 1, 1, 1, 2, 3, 25]);
  for (let total = 1; total < 50; total++) expect(() => refuseFailures("pictures", failures(total), total)).toThrow();
});

it("says how many failed, the first five by name, and why the first did", () => {
  expect(() => refuseFailures("pictures", failures(3), 12)).not.toThrow();
  expect(() => refuseFailures("pictures", [], 0)).not.toThrow();
  expect(() => refuseFailures("pictures", failures(7), 12)).toThrow(
    "7 of 12 pictures could not be read (p0, p1, p2, p3, p4, …); at most 3 may fail. The first: p0 is cut",
  );
});

it("tells remarks of a kind in one line, in the order of their first", () => {
  const tally = tallyRemarks();
  for (let i = 0; i < 6; i++) tally.add("cut", `a${i}`);
  tally.add("odd", "b");
  tally.add("cut", "a6");
  expect(tally.lines()).toEqual(["cut: 7 (a0, a1, a2, a3, a4, …)", "odd: 1 (b)"]);
});
