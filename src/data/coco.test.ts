import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataPath, describeWithData } from "../../test/data.ts";
import { defaultImagesFolder, openCoco, writeCocoDataSet } from "./coco.ts";
import type { LabelledImage, ObjectAnnotation } from "./dataset.ts";
import { openDataSet } from "./open.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "coco-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const image = (id: number) => ({ id, file_name: `${id}.jpg`, width: 64, height: 48 });
const box = {
  image_id: 7,
  category_id: 3,
  bbox: [1.5, 2, 10.1, 20.2],
  area: 99,
  iscrowd: 0,
  segmentation: [[1, 2, 3]],
};
const valid = {
  images: [image(9), image(7)],
  annotations: [box],
  categories: [
    { id: 90, name: "b" },
    { id: 3, name: "a" },
  ],
};

const open = async (content: unknown) => {
  const file = join(root, "instances.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return openCoco({ annotations: file });
};

describe("openCoco", () => {
  it("orders pictures and categories by id and keeps the numbers of the file", async () => {
    const dataSet = await open(valid);
    expect(dataSet).toMatchObject({ classNames: ["a", "b"], categoryIds: [3, 90], remarks: [] });
    expect(dataSet.images.map(({ id, path }) => [id, path])).toEqual([
      ["7", join(root, "images/7.jpg")],
      ["9", join(root, "images/9.jpg")],
    ]);
    expect(dataSet.images[0].objects).toEqual([
      {
        ...{ xMin: 1.5, yMin: 2, xMax: 11.6, yMax: 22.2, stated: [1.5, 2, 10.1, 20.2] },
        ...{ classIndex: 0, area: 99, crowd: false, difficult: false },
      },
    ]);
    expect(dataSet.images[1].objects).toEqual([]);
  });

  it("leaves annotations of pictures that are not listed out, and says so", async () => {
    const dataSet = await open({ ...valid, annotations: [box, { ...box, image_id: 8 }] });
    expect(dataSet.remarks).toEqual([expect.stringMatching(/^1 annotations .* left out$/)]);
    expect(dataSet.images.flatMap(({ objects }) => objects)).toHaveLength(1);
  });

  it.each([
    ["a picture id given twice", { ...valid, images: [image(7), image(7)] }, "E_COCO", /picture id 7 is given twice/],
    ["an unknown category", { ...valid, annotations: [{ ...box, category_id: 4 }] }, "E_COCO", /unknown category 4/],
    [
      "a box of three numbers",
      { ...valid, annotations: [{ ...box, bbox: [1, 2, 3] }] },
      "E_COCO",
      /annotations\.0\.bbox/,
    ],
    [
      "a negative width",
      { ...valid, annotations: [{ ...box, bbox: [1, 2, -3, 1] }] },
      "E_COCO",
      /annotations\.0\.bbox\.2/,
    ],
    ["a picture without a size", { ...valid, images: [{ id: 1, file_name: "a" }] }, "E_COCO", /images\.0\.width/],
    ["pictures that are no list", { ...valid, images: {} }, "E_JSON", /expected/],
    ["a list at the top", [1, 2], "E_JSON", /"{" expected/],
    ["an empty object", {}, "E_COCO", /0 images and 0 categories/],
    ["no JSON", "<annotation/>", "E_JSON", /expected/],
    ["half a file", JSON.stringify(valid).slice(0, 150), "E_JSON", /ends inside/],
  ])("refuses %s", async (_, content, code, reason) => {
    await expect(open(content)).rejects.toMatchObject({ code, message: expect.stringMatching(reason) });
  });

  it("finds the pictures of the official layout beside the annotations", () => {
    expect(defaultImagesFolder("/data/coco/annotations/instances_val2014.json")).toBe("/data/coco/val2014");
    expect(defaultImagesFolder("annotations/instances_val2014.json")).toBe("val2014");
    expect(defaultImagesFolder("/data/set/instances.json")).toBe("/data/set/images");
    expect(defaultImagesFolder("instances.json")).toBe("images");
  });
});

describe("writeCocoDataSet", () => {
  it("writes what openCoco reads", async () => {
    const objects: ObjectAnnotation[] = [
      { xMin: 3.5, yMin: 0, xMax: 40, yMax: 41.25, classIndex: 1, difficult: false, crowd: true, area: 12 },
    ];
    const picture: LabelledImage = {
      id: "s1",
      bytes: new Uint8Array([1]),
      extension: "png",
      width: 64,
      height: 48,
      objects,
    };
    await writeCocoDataSet([picture], ["disc", "box"], join(root, "written"));
    const dataSet = await openDataSet(`coco:${join(root, "written/instances.json")}`);
    expect(dataSet.classNames).toEqual(["disc", "box"]);
    expect(dataSet.images).toHaveLength(1);
    expect(dataSet.images[0]).toMatchObject({ id: "1", width: 64, height: 48, objects });
    expect(existsSync(dataSet.images[0].path)).toBe(true);
  });
});

describe("openDataSet", () => {
  it("refuses what is no specification, and says what is", async () => {
    for (const spec of ["", "voc:", "imagenet:/x", "coco:/x", "/data/VOCdevkit"]) {
      await expect(openDataSet(spec)).rejects.toMatchObject({ code: "E_DATASET" });
    }
  });

  it("takes the year and the split from the right", async () => {
    await expect(openDataSet("voc:/no/such:2012:val")).rejects.toThrow("/no/such/VOC2012/ImageSets/Main/val.txt");
    await expect(openDataSet("voc:/no/such:val")).rejects.toThrow("/no/such/VOC2007/ImageSets/Main/val.txt");
    await expect(openDataSet("voc:C:\\such:2012")).rejects.toThrow("C:\\such/VOC2012/ImageSets/Main/test.txt");
  });
});

describeWithData("COCO pictures", () => {
  it("opens real annotations", async () => {
    const dataSet = await openDataSet(`coco:${dataPath("coco/instances.json")}`);
    expect(dataSet.images).toHaveLength(128);
    expect(dataSet.classNames).toHaveLength(80);
    const objects = dataSet.images.flatMap((entry) => entry.objects);
    expect(objects).toHaveLength(939);
    expect(objects.filter(({ crowd }) => crowd)).toHaveLength(10);
    expect(dataSet.images.every(({ path }) => existsSync(path))).toBe(true);
  });
});
