import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Detection } from "../core/box.ts";
import { hasSettled, settledReading } from "./settling.ts";

const box = (xMin: number, changes: Partial<Detection> = {}): Detection => ({
  ...{ classIndex: 0, score: 0.5, xMin, yMin: 0, xMax: xMin + 100, yMax: 100 },
  ...changes,
});

const detection = fc
  .record({
    classIndex: fc.integer({ min: 0, max: 3 }),
    score: fc.double({ min: 0.25, max: 1, noNaN: true }),
    x: fc.integer({ min: 0, max: 300 }),
    y: fc.integer({ min: 0, max: 300 }),
    width: fc.integer({ min: 1, max: 200 }),
    height: fc.integer({ min: 1, max: 200 }),
  })
  .map(
    ({ classIndex, score, x, y, width, height }): Detection => ({
      ...{ classIndex, score },
      ...{ xMin: x, yMin: y, xMax: x + width, yMax: y + height },
    }),
  );
const reading = fc.array(detection, { maxLength: 6 });
const found = fc.array(detection, { minLength: 1, maxLength: 6 });
const patience = fc.integer({ min: 1, max: 4 });
const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });

describe("hasSettled", () => {
  it("waits for so many readings that agree", () => {
    const same = [box(0), box(300)];
    expect(hasSettled([same, same], 2)).toBe(false);
    expect(hasSettled([same, same, same], 2)).toBe(true);
    expect(hasSettled([[], same, same], 2)).toBe(false);
    expect(hasSettled([[], same, same], 1)).toBe(true);
  });

  it("lets boxes move by a little: 100 pixels by 5 is an IoU of 95/105, by 6 one of 94/106", () => {
    expect(hasSettled([[box(0)], [box(5)]], 1)).toBe(true);
    expect(hasSettled([[box(0)], [box(6)]], 1)).toBe(false);
  });

  it("lets scores change by a little", () => {
    expect(hasSettled([[box(0, { score: 0.5 })], [box(0, { score: 0.59 })]], 1)).toBe(true);
    expect(hasSettled([[box(0, { score: 0.5 })], [box(0, { score: 0.61 })]], 1)).toBe(false);
  });

  it("does not take creeping for rest", () => {
    expect(hasSettled([[box(0)], [box(4)], [box(8)]], 1)).toBe(true);
    expect(hasSettled([[box(0)], [box(4)], [box(8)]], 2)).toBe(false);
  });

  it("is not content with nothing, however long it lasts", () => {
    expect(hasSettled(Array(50).fill([]), 2)).toBe(false);
  });

  it("pairs up detections where the first partner that fits would leave another without one", () => {
    // 4 fits both 0 and 8; 0 fits 4 and −4 only.
    expect(
      hasSettled(
        [
          [box(4), box(0)],
          [box(0), box(8)],
        ],
        1,
      ),
    ).toBe(true);
    expect(
      hasSettled(
        [
          [box(0), box(0)],
          [box(0), box(8)],
        ],
        1,
      ),
    ).toBe(false);
  });

  it("stays settled under more of the same", () => {
    fc.assert(
      fc.property(fc.array(reading), found, patience, fc.nat(5), (before, last, waited, more) => {
        const readings = [...before, ...Array(waited + 1).fill(last)];
        expect(hasSettled(readings, waited)).toBe(true);
        expect(hasSettled([...readings, ...Array(more).fill(last)], waited)).toBe(true);
      }),
    );
  });

  it("does not depend on the order of detections", () => {
    const jittered = found.chain((first) =>
      fc.tuple(
        fc.constant(first),
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: first.length, maxLength: first.length }),
      ),
    );
    const both = jittered
      .map(([first, by]) => [first, first.map((d, i) => ({ ...d, xMin: d.xMin + by[i] }))])
      .chain(([a, b]) => fc.tuple(fc.constant([a, b]), fc.tuple(shuffled(a), shuffled(b))));
    fc.assert(fc.property(both, ([inOrder, mixed]) => hasSettled(inOrder, 1) === hasSettled(mixed, 1)));
  });

  it("is unsettled by another class and by a box that is lost, at any of the readings that count", () => {
    const broken = fc.tuple(found, patience).chain(([last, waited]) =>
      fc.record({
        last: fc.constant(last),
        waited: fc.constant(waited),
        at: fc.nat(waited),
        index: fc.nat(last.length - 1),
      }),
    );
    fc.assert(
      fc.property(broken, ({ last, waited, at, index }) => {
        const withReading = (changed: readonly Detection[]) =>
          Array.from({ length: waited + 1 }, (_, i) => (i === at ? changed : last));
        const otherClass = last.map((d, i) => (i === index ? { ...d, classIndex: 9 } : d));
        expect(hasSettled(withReading(otherClass), waited)).toBe(false);
        expect(hasSettled(withReading(last.toSpliced(index, 1)), waited)).toBe(false);
      }),
    );
  });
});

describe("settledReading", () => {
  it("is the first at which detections have settled", () => {
    const [a, b] = [[box(0)], [box(50)]];
    expect(settledReading([[], [], [], a, b, b, b, a, a, a], 2)).toBe(6);
    expect(settledReading([a, b, a, b], 1)).toBe(-1);
    expect(settledReading([], 1)).toBe(-1);
  });
});
