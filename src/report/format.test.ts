import { expect, test } from "vitest";
import { digits, joules, percent, plainJoules, whole, withPrefix } from "./format.ts";

test.each([
  [0, "0"],
  [3_485_520_896, "3.49 G"],
  [999.9, "1.00 k"],
  [0.0012, "1.20 m"],
  [-45_000, "-45.0 k"],
  [1e-18, "1.00e-6 p"],
  [4e15, "4,000 T"],
])("%d with a prefix is %s", (value, expected) => {
  expect(withPrefix(value)).toBe(expected);
});

test("energies, counts and shares", () => {
  expect(joules(16_033_396_121.6)).toBe("16.0 mJ");
  expect(whole(3_485_520_896)).toBe("3,485,520,896");
  expect(whole(-999.6)).toBe("-1,000");
  expect(percent(0.1234)).toBe("12.3 %");
});

test.each([
  [0, "0"],
  [0.03412, "0.0341"],
  [12, "12.0"],
  [1234.5, "1,235"],
  [9.999, "10.0"],
])("%d to three digits is %s", (value, expected) => {
  expect(digits(value)).toBe(expected);
});

test.each([
  [0.12, "0.12 J"],
  [0.12446, "0.1245 J"],
  [1.056, "1.056 J"],
  [0.42875, "0.429 J"],
  [4.29e-4, "4.29e-4 J"],
])("%d without a prefix is %s", (value, expected) => {
  expect(plainJoules(value)).toBe(expected);
});
