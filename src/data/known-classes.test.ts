import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { dataPath, describeWithData } from "../../test/data.ts";
import { matchClasses } from "./class-names.ts";
import { cocoClassNames, likelyClassNames, vocClassNames } from "./known-classes.ts";

it("knows the lists by their lengths", () => {
  expect(likelyClassNames(20)?.names).toBe(vocClassNames);
  expect(likelyClassNames(80)?.names).toBe(cocoClassNames);
  expect(likelyClassNames(3)).toBeUndefined();
});

describeWithData("the lists", () => {
  it.each([
    ["voc", vocClassNames],
    ["coco", cocoClassNames],
  ])("are those of darknet's %s.names, in its order", (name, names) => {
    const published = readFileSync(dataPath(`models/${name}.names`), "utf8")
      .trim()
      .split(/\r?\n/);
    expect(matchClasses(names, names.length, published).toDataSet).toEqual([...published.keys()]);
  });
});
