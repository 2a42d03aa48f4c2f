import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataPath, describeWithData } from "../../test/data.ts";
import { defaultImagesFolder, openCoco, writeCocoDataSet } from "./coco.ts";
import { type LabelledImage, type ObjectAnnotation, videosOf } from "./dataset.ts";
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
    expect(dataSet).toMatchObject({ classNames: ["a", "b"], categoryIds: [[3], [90]], remarks: [] });
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
    expect(dataSet.remarks).toEqual([expect.stringMatching(/^annotations .* left out: 1 \(picture 8, category 3\)$/)]);
    expect(dataSet.images.flatMap(({ objects }) => objects)).toHaveLength(1);
  });

  it.each([
    [
      "one category id with two names",
      { ...valid, categories: [...valid.categories, { id: 3, name: "c" }] },
      "E_COCO",
      /category id 3 has two names, a and c/,
    ],
    ["a category without a name", { ...valid, categories: [{ id: 3 }] }, "E_COCO", /categories\.0\.name/],
    ["pictures none of which has an id", { ...valid, images: [{ file_name: "a" }] }, "E_COCO", /0 images/],
    ["pictures that are no list", { ...valid, images: {} }, "E_JSON", /expected/],
    ["a list at the top", [1, 2], "E_JSON", /"{" expected/],
    ["an empty object", {}, "E_COCO", /0 images and 0 categories/],
    ["no JSON", "<annotation/>", "E_JSON", /expected/],
    ["half a file", JSON.stringify(valid).slice(0, 150), "E_JSON", /ends inside/],
  ])("refuses %s", async (_, content, code, reason) => {
    await expect(open(content)).rejects.toMatchObject({ code, message: expect.stringMatching(reason) });
  });

  it.each([
    [
      "an unknown category",
      { category_id: 4 },
      /categories that .* does not list, left out: 1 \(picture 7, category 4\)$/,
    ],
    ["a box of three numbers", { bbox: [1, 2, 3] }, /without a usable box, left out: 1 \(entry 0: bbox/],
    ["no box", { bbox: undefined }, /entry 0: bbox/],
    ["an empty box", { bbox: [] }, /entry 0: bbox/],
    ["a negative width", { bbox: [1, 2, -3, 1] }, /entry 0: bbox: a box of -3 by 1 pixels/],
    ["no width", { bbox: [1, 2, 0, 1] }, /a box of 0 by 1/],
    ["NaN in a box", { bbox: [1, 2, "NaN", 1] }, /entry 0: bbox\.2/],
    ["a word for crowd", { iscrowd: "maybe" }, /entry 0: iscrowd/],
  ])("leaves out %s, with a remark, and keeps the rest", async (_, change, remark) => {
    const { images, remarks } = await open({ ...valid, annotations: [{ ...box, ...change }, box] });
    expect(images[0].objects).toHaveLength(1);
    expect(remarks).toEqual([expect.stringMatching(remark)]);
  });

  it("reads numbers as text, sizes that are none, areas that are absent or NaN, crowds in any spelling", async () => {
    const written = JSON.stringify({
      ...valid,
      images: [
        { id: "7", file_name: "7.jpg", width: "64", height: "48" },
        { id: "x", file_name: "x.jpg", width: -1, height: -1 },
      ],
      annotations: [
        { ...box, image_id: "7", category_id: "3", bbox: ["1.5", "2", "10", "20"], area: "12", iscrowd: "1" },
        { ...box, image_id: "x", area: null, iscrowd: null },
        { ...box, image_id: "x", area: -777, iscrowd: "0" },
      ],
    });
    const { images, remarks } = await open(written.replace("-777", "NaN"));
    expect(remarks).toEqual([]);
    expect(images.map(({ id, size }) => [id, size])).toEqual([
      ["7", { width: 64, height: 48 }],
      ["x", undefined],
    ]);
    expect(images[0].objects).toMatchObject([{ area: 12, crowd: true, xMax: 11.5, yMax: 22 }]);
    expect(images[1].objects).toMatchObject([
      { area: 10.1 * 20.2, crowd: false },
      { area: 10.1 * 20.2, crowd: false },
    ]);
  });

  it("keeps ids of more digits than a number holds apart", async () => {
    const text = JSON.stringify({ ...valid, images: [image(7), image(9)], annotations: [box] });
    const long = text.replaceAll('"id":7', '"id":9007199254740993').replaceAll('"id":9,', '"id":9007199254740992,');
    const { images } = await open(long.replace('"image_id":7', '"image_id":9007199254740993'));
    expect(images.map(({ id, objects }) => [id, objects.length])).toEqual([
      ["9007199254740992", 0],
      ["9007199254740993", 1],
    ]);
  });

  it("takes categories of one name for one class, and a root for none", async () => {
    const { classNames, categoryIds, images, remarks } = await open({
      ...valid,
      annotations: [box, { ...box, category_id: 90 }],
      categories: [
        { id: 0, name: "pets", supercategory: "none" },
        { id: 1, name: "a", supercategory: "pets" },
        { id: 3, name: "a", supercategory: "pets" },
        { id: 90, name: "b", supercategory: "pets" },
      ],
    });
    // What is written is the id that annotations use.
    expect([classNames, categoryIds]).toEqual([
      ["a", "b"],
      [[3, 1], [90]],
    ]);
    expect(images[0].objects.map(({ classIndex }) => classIndex)).toEqual([0, 1]);
    expect(remarks).toEqual([
      "categories that only head others, taken for no class: 1 (0 pets)",
      "categories of one name, taken for one class: 1 (1 and 3 a)",
    ]);
  });

  it("takes a picture listed twice once, and tells of two ids of one picture", async () => {
    const again = { ...image(11), file_name: "7.jpg" };
    const { images, remarks } = await open({ ...valid, images: [image(7), image(7), again] });
    expect(images.map(({ id }) => id)).toEqual(["7", "11"]);
    expect(remarks).toEqual([
      expect.stringMatching(/lists twice, taken once: 1 \(id 7: 7\.jpg, 7\.jpg\)$/),
      "pictures listed under several ids, each counting: 1 (7.jpg: 7 and 11)",
    ]);
  });

  it("reads UTF-16, and a file without annotations", async () => {
    const { annotations: _, ...bare } = valid;
    const file = join(root, "utf16.json");
    await writeFile(file, Buffer.from(`\ufeff${JSON.stringify(bare)}`, "utf16le"));
    expect(await openCoco({ annotations: file })).toMatchObject({ classNames: ["a", "b"], remarks: [] });
  });

  it.each([
    ["a folder of another machine", "/home/me/set/images/7.jpg", true],
    ["Windows", "D:\\set\\images\\7.jpg", true],
    ["an address", "http://images.example.org/7.JPG?size=full", true],
    ["a prefix", "images/7.jpg", false],
    ["another extension", "7.png", true],
  ])("finds pictures named with %s", async (_, name, isUnusual) => {
    await mkdir(join(root, "images"), { recursive: true });
    await writeFile(join(root, "images/7.jpg"), "");
    const { images, remarks } = await open({ ...valid, images: [{ ...image(7), file_name: name }] });
    expect(images[0].path).toBe(join(root, "images/7.jpg"));
    expect(remarks).toHaveLength(isUnusual ? 1 : 0);
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
    expect(dataSet.images[0]).toMatchObject({ id: "1", size: { width: 64, height: 48 }, objects });
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

describe("frames of videos", () => {
  it("are read as ImageNet VID and TAO write them, and stand in their order", async () => {
    const frame = (id: number, video: unknown, place: object) => ({ ...image(id), video_id: video, ...place });
    const images = [
      frame(1, 5, { frame_id: 2 }),
      frame(2, "b", { frame_index: 0 }),
      frame(3, 5, { frame_id: "0" }),
      { ...image(4), video_id: 5 },
    ];
    const file = join(root, "frames.json");
    await writeFile(file, JSON.stringify({ ...valid, images, annotations: [] }));
    const { images: read } = await openCoco({ annotations: file });
    expect(read.map(({ frameOf }) => frameOf)).toEqual([
      { video: "5", frame: 2 },
      { video: "b", frame: 0 },
      { video: "5", frame: 0 },
      undefined,
    ]);
    expect(videosOf(read).map((frames) => frames.map(({ id }) => id))).toEqual([["3", "1"], ["2"], ["4"]]);
  });
});
