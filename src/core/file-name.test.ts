import { posix, win32 } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { distinctNames, safeFileName } from "./file-name.ts";

const hostile = ["..", "/", "\\", "\0", "\u001b[2J", "\r", ":", "%", " ", ".", "con", "é", "猫", "\u202e", "\ud800"];
const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...hostile, "a"), { maxLength: 40 }).map((parts) => parts.join("")),
);

it("is one part of a path on every system, whatever the text", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const name = safeFileName(text);
      for (const { basename, join, normalize } of [posix, win32]) {
        expect(basename(name)).toBe(name);
        expect(normalize(join("out", `a_${name}.txt`))).toBe(join("out", `a_${name}.txt`));
      }
      expect(name).not.toMatch(/^[.\s]|[.\s]$|\p{C}|^$/u);
      expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(150);
    }),
    { numRuns: 3000 },
  );
});

it("leaves names as people have them, and keeps different ones different", () => {
  for (const name of ["traffic light", "Chien-loup_2", "猫", "straße", "a.b", "person (sitting)"])
    expect(safeFileName(name)).toBe(name);
  expect(safeFileName("x/../../../../escaped")).toBe("x%2F..%2F..%2F..%2F..%2Fescaped");
  expect([safeFileName("a/b"), safeFileName("a%2Fb"), safeFileName("NUL"), safeFileName("..")]).toEqual([
    ...["a%2Fb", "a%252Fb", "%4EUL", "%2E%2E"],
  ]);
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      fc.pre(!Buffer.from(a).equals(Buffer.from(b)) && a.length + b.length < 16);
      expect(safeFileName(a)).not.toBe(safeFileName(b));
    }),
  );
});

it("numbers names that are taken, upper and lower case being one", () => {
  expect(distinctNames(["a", "b", "A", "a", "a-2", "c"])).toEqual(["a", "b", "A-2", "a-3", "a-2-2", "c"]);
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "A", "a-2", "a-2-2", "b")), (names) => {
      expect(new Set(distinctNames(names).map((name) => name.toLowerCase())).size).toBe(names.length);
    }),
  );
});
