import { expect, it } from "vitest";
import { orientationOf } from "./picture-size.ts";

const wide = { width: 96, height: 64 };
const tall = { width: 64, height: 96 };

it("stands a picture upright, unless its stated size is the stored one and another", () => {
  expect(orientationOf(wide, 6, undefined)).toEqual({ isUpright: true });
  expect(orientationOf(wide, 6, tall)).toEqual({ isUpright: true });
  expect(orientationOf(wide, 6, wide)).toEqual({ isUpright: false, remark: expect.stringMatching(/as stored/) });
  // Orientations that keep the sides are not told by the size, nor are those of squares.
  expect(orientationOf(wide, 3, wide)).toEqual({ isUpright: true });
  const square = { width: 9, height: 9 };
  expect(orientationOf(square, 8, square)).toEqual({ isUpright: true });
});

it("tells of a stated size that is none of the picture's", () => {
  for (const orientation of [1, 6]) {
    const { isUpright, remark } = orientationOf(wide, orientation, { width: 640, height: 480 });
    expect([isUpright, remark]).toEqual([true, expect.stringMatching(/another size/)]);
  }
  expect(orientationOf(wide, 1, tall).remark).toMatch(/another size/);
});
