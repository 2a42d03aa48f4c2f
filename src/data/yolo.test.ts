import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sceneClasses } from "./scenes/classes.ts";
import { sceneImages } from "./scenes/labelled.ts";
import { openVoc, writeVocDataSet } from "./voc.ts";
import { openYolo, writeYoloDataSet } from "./yolo.ts";
import { readDescription } from "./yolo-description.ts";
import { formatYoloObject, parseYoloLabels } from "./yolo-labels.ts";

const layout = { classes: 3, keypointNumbers: 0 };
const parse = (text: string, keypointNumbers = 0) => parseYoloLabels(text, { ...layout, keypointNumbers });

describe("parseYoloLabels", () => {
  it("reads centres and sizes, whatever the spaces, commas and line ends", () => {
    const { objects, problems } = parse("\ufeff0 0.5 0.25 0.5 0.5\r\n\r\n  2\t.25  .5 .5 1e0 \n1,0.5,0.5,1,1");
    expect(problems).toEqual([]);
    expect(objects).toEqual([
      { classIndex: 0, xMin: 0.25, yMin: 0, xMax: 0.75, yMax: 0.5 },
      { classIndex: 2, xMin: 0, yMin: 0, xMax: 0.5, yMax: 1 },
      { classIndex: 1, xMin: 0, yMin: 0, xMax: 1, yMax: 1 },
    ]);
  });

  it("takes the box around a polygon, and around the corners of a turned box", () => {
    expect(parse("1 0.2 0.9 0.4 0.1 0.6 0.5\n0 0.1 0.1 0.5 0.2 0.4 0.6 0 0.5").objects).toEqual([
      { classIndex: 1, xMin: 0.2, yMin: 0.1, xMax: 0.6, yMax: 0.9 },
      { classIndex: 0, xMin: 0, yMin: 0.1, xMax: 0.5, yMax: 0.6 },
    ]);
  });

  it("does not take keypoints for a polygon where the description tells of them", () => {
    const line = "0 0.5 0.5 0.2 0.2 0.9 0.9 2 0.1 0.1 0";
    expect(parse(line, 6).objects).toMatchObject([{ xMin: 0.4, xMax: 0.6 }]);
  });

  it.each([
    ["0 0.5 0.5 0.2", "3 numbers; a box has 4, a polygon 6, 8, …"],
    ["0 0.5 0.5 0.2 0.2 0.9", "5 numbers; a box has 4, a polygon 6, 8, …"],
    ["3 0.5 0.5 0.2 0.2", "class 3 of 3"],
    ["-1 0.5 0.5 0.2 0.2", "class -1 of 3"],
    ["cat 0.5 0.5 0.2 0.2", '"cat" is no class number'],
    ["0 nan 0.5 0.2 0.2", "a word or NaN in the place of a number"],
    ["0 50 60 20 20", "beyond 0 … 1: in pixels, or of another picture"],
    ["0 0.5 0.5 -0.2 0.2", "beyond 0 … 1: in pixels, or of another picture"],
    ["0 0.5 0.5 0 0.2", "a box without area"],
  ])("leaves %s out, and keeps the rest", (line, reason) => {
    const { objects, problems } = parse(`1 0.5 0.5 1 1\n${line}\n`);
    expect([objects.length, problems]).toEqual([1, [`line 2: ${reason}`]]);
  });

  it("counts an object that is given twice once", () => {
    const { objects, problems } = parse("1 0.5 0.5 1 1\n1 0.5 0.5 1 1\n2 0.5 0.5 1 1");
    expect([objects.length, problems]).toEqual([2, ["line 2: given twice"]]);
  });

  it("reads back what is written, to six decimals", () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.nat(2), part, part, part, part, (classIndex, a, b, c, d) => {
        const box = { xMin: Math.min(a, c), xMax: Math.max(a, c), yMin: Math.min(b, d), yMax: Math.max(b, d) };
        fc.pre(box.xMax - box.xMin > 1e-5 && box.yMax - box.yMin > 1e-5);
        const [read] = parse(formatYoloObject({ classIndex, ...box })).objects;
        expect(read.classIndex).toBe(classIndex);
        for (const side of ["xMin", "xMax", "yMin", "yMax"] as const) expect(read[side]).toBeCloseTo(box[side], 5);
      }),
    );
  });
});

describe("readDescription", () => {
  it("reads names as list and as map, splits as word and list", () => {
    const list = readDescription("train: a\nval: [b, c]\ntest:\nnc: 2\nnames: ['x y', 7]\n", "d.yaml");
    expect(list).toEqual({
      splits: new Map([
        ["train", ["a"]],
        ["val", ["b", "c"]],
      ]),
      names: ["x y", "7"],
      keypointNumbers: 0,
    });
    const map = readDescription("path: ../d\nval: b\nnames:\n  1: yes\n  0: no\nkpt_shape: [17, 3]\n", "d.yaml");
    expect(map).toMatchObject({ path: "../d", names: ["no", "yes"], keypointNumbers: 51 });
    expect(readDescription("val: b\nnc: 2", "d.yaml").names).toEqual(["class 0", "class 1"]);
  });

  it("does not take blank lines and comments for depth", () => {
    const text = `# ${"-".repeat(300)}\n${"\n".repeat(300)}val: b\nnames: [a]\n`;
    expect(readDescription(text, "d.yaml").names).toEqual(["a"]);
  });

  it("reads darknet's description", () => {
    const text =
      "classes = 2\r\ntrain  = data/train.txt\nvalid=data/test.txt\nnames = data/obj.names\nbackup = backup/\n";
    expect(readDescription(text, "obj.data")).toMatchObject({
      splits: new Map([
        ["train", ["data/train.txt"]],
        ["val", ["data/test.txt"]],
      ]),
      namesFile: "data/obj.names",
      names: ["class 0", "class 1"],
    });
  });

  it.each([
    ["no names", "val: a", /names is missing/],
    ["names that nc contradicts", "val: a\nnc: 3\nnames: [a, b]", /nc is 3, and names has 2/],
    ["a gap in the names", "val: a\nnames: {0: a, 2: b}", /names has no class 1/],
    ["no pictures", "names: [a]", /no pictures under train, val or test/],
    ["a number for pictures", "val: 7\nnames: [a]", /val/],
    ["what is no YAML", "val: [a\nnames: b: c", /is not YAML/],
    ["a list", "- a\n- b", /it is not what/],
    ["text", "hello", /it is not what/],
    ["brackets without end", `val: ${"[".repeat(100_000)}`, /nests its entries more than 64 deep/],
    ["braces without end", "{a: ".repeat(50_000), /more than 64 deep/],
    ["lists in lists in a line", "- ".repeat(100_000), /more than 64 deep/],
    ["keys in keys in a line", "? ".repeat(100_000), /more than 64 deep/],
    ["lines ever deeper", Array.from({ length: 300 }, (_, i) => `${" ".repeat(i)}b:`).join("\n"), /more than 64 deep/],
    ["a long text", "#x\n".repeat(100_000), /300000 letters/],
    [
      "aliases that multiply",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]`,
      /not YAML/,
    ],
  ])("refuses %s, naming the file", (_, text, reason) => {
    expect(() => readDescription(text, "some/d.yaml")).toThrow(reason);
    expect(() => readDescription(text, "some/d.yaml")).toThrow(/^some\/d\.yaml: /);
  });
});

describe("openYolo", () => {
  let root: string;
  let picture: Buffer;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "yolo-"));
    picture = await sharp({ create: { width: 40, height: 20, channels: 3, background: "red" } })
      .jpeg()
      .toBuffer();
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const layOut = async (name: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> => {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, name, file)), { recursive: true });
      await writeFile(join(root, name, file), content);
    }
    return join(root, name);
  };
  const label = "1 0.5 0.5 0.5 0.5\n";

  it("opens Ultralytics' layout: folders with subfolders, labels beside images, backgrounds", async () => {
    const where = await layOut("plain", {
      "data.yaml": "path: .\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n",
      "images/val/b.jpg": picture,
      "images/val/a.JPG": picture,
      "images/val/._a.JPG": "x",
      "images/val/more/c.jpg": picture,
      "labels/val/a.txt": label,
      "labels/val/more/c.txt": "",
    });
    const dataSet = await openYolo({ description: join(where, "data.yaml") });
    expect(dataSet).toMatchObject({ name: "data.yaml val", classNames: ["cat", "dog"], categoryIds: [[0], [1]] });
    expect(dataSet.images.map(({ id, size, objects }) => [id, size, objects.length])).toEqual([
      ["a", { width: 40, height: 20 }, 1],
      ["b", { width: 40, height: 20 }, 0],
      ["c", { width: 40, height: 20 }, 0],
    ]);
    expect(dataSet.images[0].objects).toEqual([
      { classIndex: 1, xMin: 10, yMin: 5, xMax: 30, yMax: 15, area: 200, difficult: false, crowd: false },
    ]);
    expect(dataSet.remarks).toEqual([expect.stringMatching(/^pictures without a label file.*: 1 \(.*b\.jpg\)$/)]);
    await expect(openYolo({ description: join(where, "data.yaml"), split: "test" })).rejects.toThrow(
      /no pictures under test; it has train, val\. .*yolo:.*data\.yaml:train/,
    );
  });

  it.each([
    ["of an export, one folder too high", "train: ../train/images\nval: ../valid/images"],
    ["of another machine", "path: /content/datasets/mine\nval: valid/images"],
    ["of another machine, absolute", "val: /content/mine/valid/images/"],
    ["of Windows", "path: .\nval: .\\valid\\images"],
    ["relative to the folder above", "path: export\nval: valid/images"],
  ])("finds folders %s", async (_, lines) => {
    const where = await layOut("export", {
      "data.yaml": `${lines}\nnc: 2\nnames: [cat, dog]\n`,
      "valid/images/a.jpg": picture,
      "valid/labels/a.txt": label,
      "train/images/t.jpg": picture,
    });
    const { images } = await openYolo({ description: join(where, "data.yaml") });
    expect(images.map(({ id, objects }) => [id, objects.length])).toEqual([["a", 1]]);
  });

  it("opens lists, in their order, and darknet's layout with names in a file", async () => {
    const where = await layOut("darknet", {
      "data/obj.data": "classes=2\nvalid=data/test.txt\nnames=data/obj.names\n",
      "data/obj.names": "cat\r\ndog\r\n\r\n",
      "data/test.txt": "data/obj/b.jpg\r\ndata\\obj\\a.jpg\n./obj/b.jpg\n/elsewhere/gone.jpg\n",
      "data/obj/a.jpg": picture,
      "data/obj/b.jpg": picture,
      "data/obj/a.txt": "0 .26 .26 .48 .5",
    });
    const { images, classNames, remarks } = await openYolo({ description: join(where, "data/obj.data") });
    expect(classNames).toEqual(["cat", "dog"]);
    expect(images.map(({ id, objects, size }) => [id, objects.length, size !== undefined])).toEqual([
      ["b", 0, true],
      ["a", 1, true],
      // Told when somebody asks for its pixels.
      ["gone", 0, false],
    ]);
    expect(remarks).toContainEqual(expect.stringMatching(/^pictures listed twice, taken once: 1 /));
  });

  it("calls classes by number where the file of names is not there, and says so", async () => {
    const where = await layOut("nameless", {
      "obj.data": "classes=2\nvalid=test.txt\nnames=obj.names\n",
      "test.txt": "a.jpg",
      "a.jpg": picture,
      "a.txt": label,
    });
    const { classNames, remarks } = await openYolo({ description: join(where, "obj.data") });
    expect([classNames, remarks]).toEqual([
      ["class 0", "class 1"],
      [expect.stringMatching(/numbers: 1 \(obj\.names\)$/)],
    ]);
  });

  it("tells of lines that are left out", async () => {
    const where = await layOut("lines", {
      "data.yaml": "val: images\nnames: [cat, dog]\n",
      "images/a.jpg": picture,
      "labels/a.txt": `${label}7 0.5 0.5 0.5 0.5\n`,
    });
    const { images, remarks } = await openYolo({ description: join(where, "data.yaml") });
    expect(images[0].objects).toHaveLength(1);
    expect(remarks).toEqual([
      expect.stringMatching(/^lines of labels left out: 1 \(.*a\.txt, line 2: class 7 of 2\)$/),
    ]);
  });

  it("leaves out pictures whose labels cannot be read, but not too many", async () => {
    const files = (bad: number) =>
      Object.fromEntries(
        Array.from({ length: 8 }, (_, i) => [
          [`images/${i}.jpg`, picture],
          [`labels/${i}.txt`, i < bad ? Buffer.from([0x30, 0x20, 0xe9]) : label],
        ]).flat() as [string, string | Buffer][],
      );
    const yaml = { "data.yaml": "val: images\nnames: [cat, dog]\n" };
    const some = await openYolo({ description: join(await layOut("two", { ...yaml, ...files(2) }), "data.yaml") });
    expect(some.images.map(({ id }) => id)).toEqual(["2", "3", "4", "5", "6", "7"]);
    expect(some.remarks).toEqual([expect.stringMatching(/^pictures left out since their labels cannot be read: 2 \(/)]);
    await expect(
      openYolo({ description: join(await layOut("three", { ...yaml, ...files(3) }), "data.yaml") }),
    ).rejects.toThrow(/^3 of 8 label files could not be read \(0, 1, 2\); at most 2 may fail/);
  });

  it("refuses what would look like a data set without objects", async () => {
    const yaml = "val: images\nnames: [cat, dog]\n";
    const bare = await layOut("bare", { "data.yaml": yaml, "images/a.jpg": picture });
    await expect(openYolo({ description: join(bare, "data.yaml") })).rejects.toThrow(
      /none of the 1 pictures has labels: .*labels\/a\.txt/,
    );
    const empty = await layOut("empty", { "data.yaml": yaml, "images/readme.md": "" });
    await expect(openYolo({ description: join(empty, "data.yaml") })).rejects.toThrow(/lists no pictures under val/);
    const none = await layOut("none", { "data.yaml": yaml });
    await expect(openYolo({ description: join(none, "data.yaml") })).rejects.toMatchObject({ code: "E_FILE" });
  });

  it("opens what is written, with the objects that VOC's layout has, but for difficult ones", async () => {
    const scenes = () => sceneImages(5, 6, "yolo", { width: 160, height: 120 });
    await writeYoloDataSet(scenes(), sceneClasses, { folder: join(root, "scenes"), split: "test" });
    await writeVocDataSet(scenes(), sceneClasses, { root: join(root, "voc") });
    const yolo = await openYolo({ description: join(root, "scenes/data.yaml"), split: "test" });
    const voc = await openVoc({ root: join(root, "voc") });
    expect(yolo.classNames).toEqual(voc.classNames);
    expect(yolo.images.every(({ path }) => existsSync(path))).toBe(true);
    const found = (images: typeof yolo.images) =>
      images.map(({ id, objects }) => [
        id,
        objects
          .filter(({ difficult }) => !difficult)
          .map(({ classIndex, xMin, yMin, xMax, yMax }) => [
            classIndex,
            ...[xMin, yMin, xMax, yMax].map((side) => side.toFixed(2)),
          ]),
      ]);
    expect(found(yolo.images)).toEqual(found(voc.images));
  });
});
