/** VOC data sets as people have them: each is read, and its pictures go through a small detector. */
import { cpSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { WildCase } from "./case.ts";
import { runHere } from "./run.ts";
import { briefly, smallDetector } from "./small-detector.ts";

interface Expectation {
  /** Remarks beside those on classes. Default: none. */
  readonly remarks?: readonly RegExp[];
  /** Objects by class. Default: two each of cat and dog. */
  readonly objects?: Readonly<Record<string, number>>;
  readonly images?: number;
  readonly failures?: readonly string[];
  /** ROOT within the folder. */
  readonly root?: string;
}

/** The data set is evaluated with these remarks, and has these objects. */
const reads =
  (expectation: Expectation = {}) =>
  async (path: string, scratch: string): Promise<void> => {
    const { remarks = [], objects = { cat: 2, dog: 2 }, images = 2, failures = [], root = "devkit" } = expectation;
    const dataset = ["--dataset", `voc:${join(path, root)}`];
    const result = await runHere("evaluate", ...smallDetector(path, scratch), ...dataset, ...briefly, "--json");
    expect(result.code, result.stderr).toBe(0);
    const told = result.stderr.split("\n").filter((line) => line !== "" && !/^the (model|data set) /.test(line));
    expect(told).toEqual(remarks.map((remark) => expect.stringMatching(remark)));
    const report = JSON.parse(result.stdout);
    const shown = report.dnn.perClass.filter((row: { positives: number }) => row.positives > 0);
    expect(
      Object.fromEntries(shown.map((row: { label: string; positives: number }) => [row.label, row.positives])),
    ).toEqual(objects);
    expect([report.images, report.failures.map(({ image }: { image: string }) => image)]).toEqual([images, failures]);
  };

const noBox = (reason: RegExp) =>
  new RegExp(`^objects without a usable box, left out: 1 \\(a: object 3 \\(dog\\) ${reason.source}`);

export const voc: readonly WildCase[] = [
  { folder: "v00-base", expects: "it reads", check: reads() },
  { folder: "v01-no-difficult", expects: "objects without difficult are not", check: reads() },
  {
    folder: "v02-zero-box",
    expects: "corners that are one pixel include it, as the devkit has it",
    check: reads({ objects: { cat: 2, dog: 3 } }),
  },
  {
    folder: "v03-reversed",
    expects: "a box with reversed corners is left out, and that is said",
    check: reads({ remarks: [noBox(/has no usable <bndbox>: .* are 60, 10, 40, 30/)] }),
  },
  { folder: "v04-outside", expects: "boxes over the border stay as they are", check: reads() },
  { folder: "v05-size0", expects: "a size of 0 is none", check: reads() },
  { folder: "v06-nosize", expects: "a size may be absent", check: reads() },
  { folder: "v07-idspaces", expects: "names of pictures may hold spaces", check: reads() },
  {
    folder: "v08-unicode",
    expects: "names of pictures may be of any script, those of classes hold spaces",
    check: reads({ objects: { cat: 2, dog: 2, "traffic light": 1 } }),
  },
  { folder: "v09-bom", expects: "a byte order mark and CRLF do not matter", check: reads() },
  {
    folder: "v09b-gbk",
    expects: "XML declared as GBK is read as such",
    check: reads({ objects: { cat: 1, 猫: 1, dog: 2 } }),
  },
  { folder: "v10-JPG", expects: "pictures may be .JPG", check: reads() },
  { folder: "v10b-jpeg", expects: "pictures may be .jpeg", check: reads() },
  { folder: "v11-flat", expects: "ROOT may be laid out like a year's folder", check: reads() },
  {
    folder: "v12-root-in",
    expects: "ROOT may be the year's folder itself",
    check: reads({ root: "devkit/VOC2007", images: 1, objects: { cat: 1, dog: 1 } }),
  },
  {
    folder: "v13-noobj",
    expects: "without any object there is no score, and that is said",
    check: reads({ remarks: [/^no picture shows an object/], objects: {} }),
  },
  {
    folder: "v14-missing-img",
    expects: "one missing picture does not stop the others; its objects count as missed",
    check: reads({ failures: ["b"], remarks: [/^picture b could not be read: .*b\.jpg cannot be read/] }),
  },
  {
    folder: "v15-missing-xml",
    expects: "a picture without annotation shows nothing, and that is said",
    check: reads({
      remarks: [/^pictures without an annotation, taken to show nothing: 1 \(b\)$/],
      objects: { cat: 1, dog: 1 },
    }),
  },
  {
    folder: "v16-polygon",
    expects: "an object with another shape than a box is left out, and that is said",
    check: reads({ remarks: [noBox(/has no <bndbox>/)] }),
  },
  { folder: "v17-list-ext", expects: "the list may have extensions", check: reads() },
  {
    folder: "v18-symlink",
    expects: "the folder of pictures may be a link",
    async check(path, scratch) {
      // The link itself did not survive being copied: it is a file that says where it led.
      cpSync(join(path, "devkit"), join(scratch, "devkit"), { recursive: true });
      rmSync(join(scratch, "devkit/VOC2007/JPEGImages"), { recursive: true, force: true });
      symlinkSync("../real imgs", join(scratch, "devkit/VOC2007/JPEGImages"));
      const dataset = ["--dataset", `voc:${scratch}/devkit`];
      const result = await runHere("evaluate", ...smallDetector(path, scratch), ...dataset, ...briefly, "--json");
      expect(result.code, result.stderr).toBe(0);
      expect(JSON.parse(result.stdout)).toMatchObject({ images: 2, failures: [] });
    },
  },
  { folder: "v19-float", expects: "corners may be decimal", check: reads({ objects: { cat: 2, dog: 1 } }) },
  { folder: "v20-amp", expects: "an ampersand that is no XML does not matter in a path", check: reads() },
  {
    folder: "v21-exif",
    expects: "a picture whose stated size is the stored one is not turned, and that is said",
    check: reads({ remarks: [/^pictures taken as stored, against their EXIF orientation.*: 1 \(a\)$/] }),
  },
  {
    folder: "v22-sizewrong",
    expects: "a stated size that is not the picture's is said",
    check: reads({ remarks: [/^pictures of another size than the annotations state: 1 \(a\)$/] }),
  },
  {
    folder: "v23-noeoi",
    expects: "a JPEG without its end marker is read, and that is said",
    check: reads({ remarks: [/^JPEG files without their end marker, whole but for that: 1 \(a\)$/] }),
  },
  { folder: "v24-charref", expects: "character references in names are letters", check: reads() },
  {
    folder: "v25-nameblank",
    expects: "spellings of one class that differ in case and blanks are one, and that is said",
    check: reads({
      remarks: [/^spellings of one class, taken together: 1 \(cat and Cat\)$/],
    }),
  },
  {
    folder: "v26b-utf8",
    expects: "classes of which the model has none are refused by name",
    async check(path, scratch) {
      const dataset = ["--dataset", `voc:${path}/devkit`];
      const { code, stderr } = await runHere("evaluate", ...smallDetector(path, scratch), ...dataset, ...briefly);
      expect(stderr).toMatch(
        /^error \[E_CLASSES\] the model's classes \(cat, dog, …\) are not the data set's \(猫, …\)/m,
      );
      expect(code).toBe(2);
    },
  },
];
