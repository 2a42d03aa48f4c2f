import { expect, test } from "vitest";
import { energyText, populationLabel, shortNumber, threeDigits } from "./format.ts";

test.each([
  [0, "0"],
  [999, "999"],
  [1_234_567, "1.23 M"],
  [3_485_500_000, "3.49 G"],
])("%d is short as %s", (value, text) => {
  expect(shortNumber(value)).toBe(text);
});

test.each([
  [0.1594, "0.159"],
  [12.345, "12.3"],
  [1234, "1234"],
  [0.000012, "0.0000"],
  [-12.345, "\u221212.3"],
])("%d in three digits is %s", (value, text) => {
  expect(threeDigits(value)).toBe(text);
});

test("energies read in the unit that fits", () => {
  expect(energyText(768e6)).toBe("768 µJ");
  expect(energyText(1.5e12)).toBe("1.50 J");
  expect(energyText(3.2)).toBe("3.20 pJ");
});

test("populations are named by where they stand", () => {
  const names = (...all: string[]) => all.map((name) => ({ name }));
  const one = names("leaky0", "sum3_linear", "region12_readout");
  expect(one.map(({ name }) => populationLabel(one, name))).toEqual(["layer 1", "layer 2", "output"]);
  const two = names("a", "yolo7_readout", "b", "yolo9_readout");
  expect(two.map(({ name }) => populationLabel(two, name))).toEqual(["layer 1", "output 1", "layer 2", "output 2"]);
});
