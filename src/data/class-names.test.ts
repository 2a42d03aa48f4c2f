import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dataPath, describeWithData } from "../../test/data.ts";
import { matchClasses } from "./class-names.ts";
import { vocClassNames } from "./known-classes.ts";
import { openDataSet } from "./open.ts";

describe("matchClasses", () => {
  it("goes by name, not by index, and tells what one side lacks", () => {
    expect(matchClasses(["Traffic_Light", "tvmonitor", "yeti"], 3, ["tv", "traffic light", "sofa"])).toEqual({
      toDataSet: [1, 0, -1],
      onlyInModel: ["yeti"],
      onlyInDataSet: ["sofa"],
      renamed: [
        ["Traffic_Light", "traffic light"],
        ["tvmonitor", "tv"],
      ],
    });
  });

  it("knows what COCO calls VOC's classes", () => {
    const coco = ["person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "boat", "bird", "cat", "dog"];
    const more = ["horse", "sheep", "cow", "bottle", "chair", "couch", "potted plant", "dining table", "tv", "yeti"];
    const { onlyInDataSet, onlyInModel, renamed } = matchClasses([...coco, ...more], 21, vocClassNames);
    expect([onlyInDataSet, onlyInModel]).toEqual([[], ["yeti"]]);
    expect(renamed).toEqual([
      ["motorcycle", "motorbike"],
      ["airplane", "aeroplane"],
      ["couch", "sofa"],
      ["potted plant", "pottedplant"],
      ["dining table", "diningtable"],
      ["tv", "tvmonitor"],
    ]);
  });

  it("matches models without names by index only where the numbers agree", () => {
    expect(matchClasses([], 2, ["a", "b"]).toDataSet).toEqual([0, 1]);
    expect(() => matchClasses([], 3, ["a", "b"])).toThrow(/3 classes without names/);
    expect(() => matchClasses(["x", "y"], 2, ["a", "b"])).toThrow(/x, y, …\) are not/);
  });
});

describeWithData("matchClasses on real names", () => {
  it("finds all of darknet's COCO names, and all of VOC, in COCO's annotations", async () => {
    const { classNames } = await openDataSet(`coco:${dataPath("coco/instances.json")}`);
    const darknet = readFileSync(dataPath("models/coco.names"), "utf8").trim().split("\n");
    const match = matchClasses(darknet, 80, classNames);
    // Both lists stand in COCO's order, so the right answer is the identity.
    expect(match.toDataSet).toEqual([...classNames.keys()]);
    expect(matchClasses(vocClassNames, 20, classNames).onlyInModel).toEqual([]);
  });
});
