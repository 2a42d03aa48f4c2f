import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataPath, describeWithData } from "../../test/data.ts";
import type { LabelledImage, ObjectAnnotation } from "./dataset.ts";
import { openVoc, vocClassNames, writeVocDataSet } from "./voc.ts";
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
    ["no size", "<annotation><filename>a.jpg</filename></annotation>", /<size>/],
    ["an inverted box", annotation(object("dog", [9, 1, 1, 9])), /object 1 \(dog\).*9, 1, 1, 9/],
    ["a box of words", annotation(object("dog", [1, 1, "wide", 9])), /wide/],
    ["a box without a corner", annotation(object("dog", [1, 1, "", 9])), /absent/],
    ["an object without a name", annotation(object("", [1, 1, 9, 9])), /no <name>/],
    ["deep nesting", annotation("<x>".repeat(5000) + "</x>".repeat(5000)), /well-formed/],
  ])("refuses %s, naming the file", (_, xml, reason) => {
    expect(() => parseVocAnnotation(xml, "some/file.xml")).toThrow(reason);
    expect(() => parseVocAnnotation(xml, "some/file.xml")).toThrow(/^some\/file\.xml/);
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
    expect(dataSet.images[1]).toMatchObject({ objects: [], width: 100, height: 80 });
  });

  it("takes classes that are not the challenge's from the annotations, sorted", async () => {
    const files = { "a.xml": annotation(object("zebra", [1, 1, 9, 9]) + object("ant", [1, 1, 9, 9])) };
    expect((await open(await layOut("own", "a\n", files))).classNames).toEqual(["ant", "zebra"]);
  });

  it("refuses a picture listed twice, a missing annotation, an empty or missing list", async () => {
    const files = { "a.xml": annotation("") };
    await expect(open(await layOut("twice", "a\na\n", files))).rejects.toThrow(/picture a twice/);
    await expect(open(await layOut("missing", "a\nb\n", files))).rejects.toMatchObject({ code: "E_FILE" });
    await expect(open(await layOut("empty", "\n", files))).rejects.toThrow(/lists no pictures/);
    await expect(open(join(root, "nowhere"))).rejects.toMatchObject({ code: "E_FILE" });
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
    expect(dataSet.images[0]).toMatchObject({ id: "p1", width: 64, height: 48, objects });
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
