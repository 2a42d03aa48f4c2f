import fc from "fast-check";
import { expect, test } from "vitest";
import { spreadLabels } from "./labels.ts";
import { isolateIds } from "./svg.ts";

test("labels that do not touch stay; those that do are spread around their mean", () => {
  expect(spreadLabels([10, 100, 104, 200], 10, [0, 300])).toEqual([10, 97, 107, 200]);
  expect(spreadLabels([2, 1], 10, [0, 300])).toEqual([10, 0]);
});

test("labels never touch, keep their order and stay within where there is room", () => {
  const wished = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(wished, (wishes) => {
      const places = spreadLabels(wishes, 15, [0, 200]);
      const order = wishes.map((_, i) => i).sort((a, b) => places[a] - places[b]);
      for (const [rank, i] of order.entries()) {
        // Sums of halves are exact here but for the mean's division.
        if (rank > 0) expect(places[i] - places[order[rank - 1]]).toBeGreaterThanOrEqual(15 - 1e-9);
        if (rank > 0) expect(wishes[i]).toBeGreaterThanOrEqual(wishes[order[rank - 1]]);
        expect(places[i]).toBeGreaterThanOrEqual(-1e-9);
        expect(places[i]).toBeLessThanOrEqual(200 + 1e-9);
      }
    }),
  );
});

test("ids and what refers to them get the prefix, and nothing else does", () => {
  const svg =
    '<svg aria-labelledby="t d"><g id="a" data-id="x"/><use xlink:href="#a"/><g clip-path="url(#a)"/><text>id="a"</text></svg>';
  expect(isolateIds(svg, "p")).toBe(
    '<svg aria-labelledby="p-t p-d"><g id="p-a" data-id="x"/><use xlink:href="#p-a"/><g clip-path="url(#p-a)"/><text>id="a"</text></svg>',
  );
});
