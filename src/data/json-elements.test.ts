import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonElements } from "./json-elements.ts";

const read = (text: string, keys: readonly string[] = []) => [
  ...jsonElements(new TextEncoder().encode(text), keys, "x.json"),
];

describe("jsonElements", () => {
  it("yields what JSON.parse would, for any document and any spacing", () => {
    const document = fc.dictionary(fc.string(), fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(document, fc.constantFrom(0, 1, "\t"), (value, space) => {
        const arrays = Object.entries(value).filter(([, entry]) => Array.isArray(entry));
        const keys = ["\u0000", ...arrays.map(([key]) => key)];
        const expected = arrays.flatMap(([key, entry]) =>
          (entry as unknown[]).map((element) => ({ key, value: element })),
        );
        const text = JSON.stringify(value, null, space);
        // JSON.parse undoes −0 and the like, which are not ours to keep.
        expect(read(text, keys)).toEqual(JSON.parse(JSON.stringify(expected)));
      }),
    );
    expect(read('\ufeff[1 , {"a\\\\":"]"},[] ]\n').map(({ value }) => value)).toEqual([1, { "a\\": "]" }, []]);
  });

  it("gives NaN, infinity and ids that no number holds as text", () => {
    expect(
      read('[NaN, {"a":[-Infinity, 1],"b": NaN,"c":"NaN, NaN"}, {"id":9007199254740993, "n":9007199254740993}]').map(
        ({ value }) => value,
      ),
    ).toEqual([
      "NaN",
      { a: ["-Infinity", 1], b: "NaN", c: "NaN, NaN" },
      { id: "9007199254740993", n: 9007199254740992 },
    ]);
  });

  it.each([
    ["nothing", ""],
    ["a string", '"a"'],
    ["a wanted key that is no array", '{"a":{}}'],
    ["a cut array", '{"a":[{"b":1},'],
    ["a cut string", '{"a":["b'],
    ["a cut object", '{"a":[1]'],
    ["a missing comma", '{"a":[1 2]}'],
    ["a trailing comma", '{"a":[1,]}'],
    ["a word", '{"a":[nan]}'],
    ["a missing key", "{1:[1]}"],
    ["a tail", '{"a":[1]}x'],
    ["a missing value", '{"b":}'],
  ])("refuses %s", (_, text) => {
    expect(() => read(text, ["a"])).toThrow(/^x\.json is not the JSON it should be: .* at byte \d+ of \d+$/);
  });
});
