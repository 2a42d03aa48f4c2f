import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataPath, describeWithData } from "../../test/data.ts";
import type { LabelledImage, ObjectAnnotation } from "./dataset.ts";
import { vocClassNames } from "./known-classes.ts";
import { openVoc, writeVocDataSet } from "./voc.ts";
import { formatVocAnnotation, parseVocAnnotation } from "./voc-annotation.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "voc-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const annotation = (objects: string): string =>
  `<annotation><filename>a.jpg</filename><size><width>100</width><height>80</height></size>${objects}</annotation>`;
const object = (name: string, box: readonly (number | string)[], difficult = 0): string =>
  `<object><name>${name}</name><difficult>${difficult}</difficult><bndbox><xmin>${box[0]}</xmin><ymin>${box[1]}</ymin>` +
  `<xmax>${box[2]}</xmax><ymax>${box[3]}</ymax></bndbox></object>`;

describe("parseVocAnnotation", () => {
  it("turns 1-based inclusive corners into continuous pixels, decimals and difficulty included", () => {
    const read = parseVocAnnotation(
      annotation(object("dog", [1, 1, 100, 80]) + object("cat", ["8.5", 12, "35.25", 20], 1)),
      "a",
    );
    expect(read.objects[0]).toMatchObject({ name: "dog", difficult: false, xMin: 0, yMin: 0, xMax: 100, yMax: 80 });
    expect(read.objects[1]).toMatchObject({ name: "cat", difficult: true, xMin: 7.5, yMin: 11, xMax: 35.25, yMax: 20 });
    expect(read.objects[1].stated).toEqual([8.5, 12, 35.25, 20]);
  });

  it("reads a picture without objects, and does not take body parts for objects", () => {
    expect(parseVocAnnotation(annotation(""), "a").objects).toEqual([]);
    const part =
      "<part><name>head</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></part>";
    const person = object("person", [1, 1, 9, 9]).replace("</object>", `${part}</object>`);
    expect(parseVocAnnotation(annotation(person), "a").objects.map(({ name }) => name)).toEqual(["person"]);
  });

  it.each([
    ["an XML bomb", `<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>${annotation("")}`, /document type/],
    ["half a file", annotation(object("dog", [1, 1, 9, 9])).slice(0, 150), /well-formed/],
    ["no XML", "Lorem ipsum", /well-formed/],
    ["another document", "<html></html>", /<annotation>/],
    ["deep nesting", annotation("<x>".repeat(5000) + "</x>".repeat(5000)), /well-formed/],
  ])("refuses %s, naming the file", (_, xml, reason) => {
    expect(() => parseVocAnnotation(xml, "some/file.xml")).toThrow(reason);
    expect(() => parseVocAnnotation(xml, "some/file.xml")).toThrow(/^some\/file\.xml/);
  });

  it.each([
    ["an inverted box", object("dog", [9, 1, 1, 9]), /^object 2 \(dog\) .* 9, 1, 1, 9$/],
    ["a box of words", object("dog", [1, 1, "wide", 9]), /wide/],
    ["NaN", object("dog", [1, 1, "NaN", 9]), /NaN/],
    ["a box without a corner", object("dog", [1, 1, "", 9]), /absent/],
    ["an object without a name", object("", [1, 1, 9, 9]), /no <name>/],
    ["a polygon", "<object><name>dog</name><polygon><x1>4</x1></polygon></object>", /\(dog\) has no <bndbox>/],
  ])("leaves out %s, and keeps the other objects", (_, bad, reason) => {
    const read = parseVocAnnotation(annotation(object("cat", [1, 1, 9, 9]) + bad + object("cow", [7, 7, 7, 7])), "a");
    expect(read.objects.map(({ name }) => name)).toEqual(["cat", "cow"]);
    expect(read.objects[1]).toMatchObject({ xMin: 6, xMax: 7 });
    expect(read.problems).toEqual([expect.stringMatching(reason)]);
  });

  it.each([
    ["none", ""],
    ["zero", "<size><width>0</width><height>0</height></size>"],
    ["negative", "<size><width>-1</width><height>-1</height></size>"],
    ["words", "<size><width>wide</width><height>9</height></size>"],
  ])("has no size where that is stated as %s", (_, size) => {
    const xml = `<annotation>${size}${object("dog", [1, 1, 9, 9])}</annotation>`;
    const read = parseVocAnnotation(xml, "a");
    expect(read).not.toHaveProperty("size");
    expect(read.objects).toHaveLength(1);
  });

  it("reads character references and bare ampersands", () => {
    const named = annotation(object("c&#97;t &#x26; &amp;lt; &bogus; R&D", [1, 1, 9, 9]));
    const read = parseVocAnnotation(named.replace("<size>", "<path>C:\\R&D\\a.jpg</path><size>"), "a");
    expect(read.objects[0].name).toBe("cat & &lt; &bogus; R&D");
  });

  it.each([
    ["GBK, declared", Uint8Array.of(0xc3, 0xa8), "猫"],
    ["windows-1252, declared", Uint8Array.of(0xe9), "é"],
    ["UTF-8", new TextEncoder().encode("猫é"), "猫é"],
    ["UTF-8 that is declared UTF-16", new TextEncoder().encode("猫"), "猫"],
  ])("reads %s", (encoding, name, expected) => {
    const declared = /^(GBK|windows-1252)/.exec(encoding)?.[1] ?? (encoding === "UTF-8" ? "utf-8" : "UTF-16");
    const [before, after] = annotation(object("@", [1, 1, 9, 9])).split("@");
    const bytes = Buffer.concat([
      Buffer.from(`<?xml version="1.0" encoding="${declared}"?>${before}`),
      name,
      Buffer.from(after),
    ]);
    expect(parseVocAnnotation(new Uint8Array(bytes), "a").objects[0].name).toBe(expected);
  });

  it.each([
    ["with a mark", "\ufeff"],
    ["without one", ""],
  ])("reads UTF-16 %s", (_, mark) => {
    const text = `${mark}<?xml version="1.0" encoding="utf-16"?>${annotation(object("猫", [1, 1, 9, 9]))}`;
    const little = Buffer.from(text, "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16()])
      expect(parseVocAnnotation(new Uint8Array(bytes), "a").objects[0].name).toBe("猫");
  });

  it("refuses bytes that are of no encoding known", () => {
    const latin = Buffer.from(annotation(object("é", [1, 1, 9, 9])), "latin1");
    expect(() => parseVocAnnotation(new Uint8Array(latin), "a.xml")).toThrow(/^a\.xml is not UTF-8 text/);
    const declared = Buffer.from(`<?xml version="1.0" encoding="klingon"?>${annotation("")}`);
    expect(() => parseVocAnnotation(new Uint8Array(declared), "a.xml")).toThrow(/klingon/);
  });

  it("reads back what it writes", () => {
    const corner = fc.integer({ min: 0, max: 4000 }).map((n) => n / 8);
    const anObject = fc.record({
      name: fc.string({ minLength: 1 }).filter((text) => text === text.trim() && /^[\x20-\x7e]+$/.test(text)),
      difficult: fc.boolean(),
      corners: fc.tuple(corner, corner, corner, corner),
    });
    fc.assert(
      fc.property(fc.array(anObject), (drawn) => {
        const objects = drawn.map(({ name, difficult, corners: [a, b, c, d] }) => {
          // One pixel at least: in the file's inclusive corners xmax ≥ xmin.
          const box = {
            xMin: Math.min(a, c),
            yMin: Math.min(b, d),
            xMax: Math.max(a, c) + 1,
            yMax: Math.max(b, d) + 1,
          };
          return { name, difficult, ...box };
        });
        const written = formatVocAnnotation({ fileName: "a.png", width: 600, height: 600, objects }, "VOC2007");
        const read = parseVocAnnotation(written, "a");
        expect(read.objects.map(({ stated: _, ...rest }) => rest)).toEqual(objects);
      }),
    );
  });
});

describe("openVoc", () => {
  const layOut = async (name: string, list: string, files: Record<string, string>): Promise<string> => {
    const folder = join(root, name, "VOC2012");
    await mkdir(join(folder, "ImageSets/Main"), { recursive: true });
    await mkdir(join(folder, "Annotations"), { recursive: true });
    await writeFile(join(folder, "ImageSets/Main/val.txt"), list);
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, "Annotations", file), text);
    return join(root, name);
  };
  const open = (where: string) => openVoc({ root: where, year: "2012", split: "val" });

  it("keeps the list's order and reads lists with a second column", async () => {
    const files = { "b.xml": annotation(object("tvmonitor", [1, 1, 9, 9])), "a.xml": annotation("") };
    const dataSet = await open(await layOut("order", "b  1\r\na -1\r\n", files));
    expect(dataSet.images.map(({ id }) => id)).toEqual(["b", "a"]);
    expect(dataSet.classNames).toEqual(vocClassNames);
    expect(dataSet.images[0].objects[0]).toMatchObject({ classIndex: 19, area: 81, crowd: false });
    expect(dataSet.images[1]).toMatchObject({ objects: [], size: { width: 100, height: 80 } });
  });

  it("takes classes that are not the challenge's from the annotations, sorted", async () => {
    const files = { "a.xml": annotation(object("zebra", [1, 1, 9, 9]) + object("ant", [1, 1, 9, 9])) };
    expect((await open(await layOut("own", "a\n", files))).classNames).toEqual(["ant", "zebra"]);
  });

  it("takes a picture listed twice once, one without annotation for background, and says so", async () => {
    const files = { "a.xml": annotation(object("dog", [1, 1, 9, 9])) };
    const dataSet = await open(await layOut("twice", "a\na\nb\n", files));
    expect(dataSet.images.map(({ id, objects }) => [id, objects.length])).toEqual([
      ["a", 1],
      ["b", 0],
    ]);
    expect(dataSet.remarks).toEqual([
      expect.stringMatching(/lists twice, taken once: 1 \(a\)$/),
      "pictures without an annotation, taken to show nothing: 1 (b)",
    ]);
  });

  it("refuses a list whose pictures have no annotation at all, an empty or missing list", async () => {
    await expect(open(await layOut("missing", "a\nb\n", { "c.xml": annotation("") }))).rejects.toMatchObject({
      code: "E_FILE",
      message: expect.stringMatching(/no annotation of the pictures listed \(a\.xml, …\)/),
    });
    await expect(open(await layOut("empty", "\n", { "a.xml": annotation("") }))).rejects.toThrow(/lists no pictures/);
    await expect(open(join(root, "nowhere"))).rejects.toMatchObject({ code: "E_FILE" });
    const where = join(root, "missing");
    await writeFile(join(where, "VOC2012/ImageSets/Main/train.txt"), "c\n");
    await expect(openVoc({ root: where, year: "2012" })).rejects.toMatchObject({
      code: "E_FILE",
      message: expect.stringMatching(
        /Main\/test\.txt is not there\. Name a list that is: train, val, as in voc:ROOT:train$/,
      ),
    });
  });

  it("leaves out annotations that cannot be read, counted, but not too many", async () => {
    const good = Array.from({ length: 30 }, (_, i) => [`g${i}.xml`, annotation("")] as const);
    const bad = Array.from({ length: 7 }, (_, i) => [`b${i}.xml`, "<annotation>"] as const);
    const files = Object.fromEntries([...good, ...bad]);
    const list = Object.keys(files)
      .map((name) => name.replace(".xml", "\n"))
      .join("");
    const dataSet = await open(await layOut("some-bad", list, files));
    expect(dataSet.images).toHaveLength(30);
    expect(dataSet.remarks).toEqual([expect.stringMatching(/^pictures left out .* read: 7 \((.*b\d\.xml.*, ){5}…\)$/)]);
    const half = `${bad.map(([name]) => name.replace(".xml", "\n")).join("")}g1\ng2\n`;
    await expect(open(await layOut("half-bad", half, files))).rejects.toMatchObject({
      code: "E_VOC",
      message: expect.stringMatching(/^7 of 9 annotations could not be read \(b0, b1, b2, b3, b4, …\); at most 2 may/),
    });
  });

  it("finds pictures by any extension and case, by the name in the annotation, and says what is unusual", async () => {
    const names = ["a", "b", "c", "my pic 1", "sub/d"];
    const files = Object.fromEntries(names.map((name) => [`${name.split("/").at(-1)}.xml`, annotation("")]));
    files["c.xml"] = annotation("").replace("a.jpg", "photos\\C-7.png");
    const where = await layOut("pictures", "a.jpg\nb -1\nc\nmy pic 1\nsub/d.png\n", files);
    const folder = join(where, "VOC2012/JPEGImages");
    await mkdir(folder);
    for (const name of ["a.JPG", "b.jpeg", "C-7.PNG", "my pic 1.jpg", "d.png", "._a.jpg"])
      await writeFile(join(folder, name), "");
    const { images, remarks } = await open(where);
    expect(images.map(({ id, path }) => [id, path.slice(folder.length + 1)])).toEqual([
      ["a", "a.JPG"],
      ["b", "b.jpeg"],
      ["c", "C-7.PNG"],
      ["my pic 1", "my pic 1.jpg"],
      ["d", "d.png"],
    ]);
    expect(remarks).toEqual([expect.stringMatching(/^pictures that lie elsewhere .*: 1 \(c in .*C-7\.PNG\)$/)]);
  });

  it("opens ROOT that is a year's folder itself, or flat", async () => {
    const where = await layOut("inside", "a\n", { "a.xml": annotation("") });
    const inner = { root: join(where, "VOC2012"), split: "val" };
    expect(await openVoc(inner)).toMatchObject({ name: "VOC2012 val", images: [{ id: "a" }] });
    expect(await openVoc({ ...inner, year: "2012", root: `${inner.root}/` })).toMatchObject({ images: [{ id: "a" }] });
    await expect(openVoc({ ...inner, year: "2007" })).rejects.toThrow(/VOC2012\/VOC2007\/ImageSets/);
  });

  it("takes spellings of one class together, but not letters", async () => {
    const files = {
      "a.xml": annotation(object(" Cat ", [1, 1, 9, 9]) + object("A", [1, 1, 9, 9])),
      "b.xml": annotation(object("cat", [1, 1, 9, 9]) + object("a", [1, 1, 9, 9])),
    };
    const { classNames, images, remarks } = await open(await layOut("spellings", "a\nb\n", files));
    expect(classNames).toEqual(["A", "Cat", "a"]);
    expect(images.map(({ objects }) => objects.map(({ classIndex }) => classIndex))).toEqual([
      [1, 0],
      [1, 2],
    ]);
    expect(remarks).toEqual(["spellings of one class, taken together: 1 (cat and Cat)"]);
  });

  it("leaves out objects of classes that classes.txt lacks", async () => {
    const where = await layOut("listed", "a\n", {
      "a.xml": annotation(object("dog", [1, 1, 9, 9]) + object("yeti", [1, 1, 9, 9])),
    });
    await writeFile(join(where, "VOC2012/classes.txt"), "\ufeffcat\r\ndog\r\n");
    const { classNames, images, remarks } = await open(where);
    expect([classNames, images[0].objects.map(({ classIndex }) => classIndex)]).toEqual([["cat", "dog"], [1]]);
    expect(remarks).toEqual([expect.stringMatching(/classes\.txt lacks, left out: 1 \(yeti in a\)$/)]);
  });
});

describe("writeVocDataSet", () => {
  it("writes what openVoc reads", async () => {
    const box = { xMin: 3.5, yMin: 0, xMax: 40, yMax: 41.25 };
    const described = { difficult: true, crowd: false, area: 36.5 * 41.25 };
    const objects: ObjectAnnotation[] = [{ ...box, classIndex: 1, ...described }];
    const image: LabelledImage = {
      id: "p1",
      bytes: new Uint8Array([1]),
      extension: "png",
      width: 64,
      height: 48,
      objects,
    };
    const classNames = ["disc", "R&D <sign>"];
    await writeVocDataSet([image], classNames, { root: join(root, "written") });
    const dataSet = await openVoc({ root: join(root, "written") });
    expect(dataSet.classNames).toEqual(classNames);
    expect(dataSet.images).toHaveLength(1);
    expect(dataSet.images[0]).toMatchObject({ id: "p1", size: { width: 64, height: 48 }, objects });
    expect(existsSync(dataSet.images[0].path)).toBe(true);
  });
});

describeWithData("the VOC 2007 pictures", () => {
  it("opens 1,000 real annotations", async () => {
    const dataSet = await openVoc({ root: dataPath("VOCdevkit") });
    expect(dataSet.images).toHaveLength(1000);
    expect(dataSet.classNames).toEqual(vocClassNames);
    // 000001 shows a dog and a person; its XML says dog 48 240 195 371.
    expect(dataSet.images[0].objects[0]).toMatchObject({ classIndex: 11, xMin: 47, yMin: 239, xMax: 195, yMax: 371 });
    const boxes = dataSet.images.flatMap(({ objects }) => objects);
    expect(boxes.some(({ difficult }) => difficult)).toBe(true);
  });
});
