/** Pictures as people have them, in detection and in calibration. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { WildCase } from "./case.ts";
import { run, runHere } from "./run.ts";
import { smallDetector } from "./small-detector.ts";

/** Sizes by file name, and remarks. */
const detects =
  (sizes: Readonly<Record<string, readonly [number, number]>>, remarks: readonly RegExp[] = []) =>
  async (path: string, scratch: string): Promise<void> => {
    const [model, ...flags] = smallDetector(path, scratch);
    const names = Object.keys(sizes);
    const files = names.map((name) => join(path, name));
    const result = await run(30, "detect", ...files, "--model", model, ...flags, "--at", "1", "--json");
    expect(result.code, result.stderr).toBe(0);
    const images = JSON.parse(result.stdout).images as { width: number; height: number }[];
    expect(images.map(({ width, height }) => [width, height])).toEqual(Object.values(sizes));
    const told = result.stderr.split("\n").filter((line) => line !== "");
    expect(told).toEqual(remarks.map((remark) => expect.stringMatching(remark)));
    expect(result.peakMiB).toBeLessThan(512);
  };

const calibrates = (folder: string, images: number) => async (path: string, scratch: string) => {
  const model = join(path, "../t03-full/base");
  const args = [
    "convert",
    `${model}.cfg`,
    `${model}.weights`,
    "--calibrate",
    join(path, folder),
    "-o",
    join(scratch, "m.safetensors"),
  ];
  const result = await runHere(...args);
  expect(result.code, result.stderr).toBe(0);
  expect(result.stdout).toContain(`measureActivations images=${images} `);
  expect(result.stderr).toBe("");
};

export const pictures: readonly WildCase[] = [
  {
    folder: "i01-unicode",
    expects: "a picture's name may hold any letters",
    async check(path, scratch) {
      const name = readdirSync(path).find((file) => file.endsWith(".jpg")) as string;
      await detects({ [name]: [96, 64] })(path, scratch);
    },
  },
  {
    folder: "i02-tiny",
    expects: "pictures of one pixel, and of one row, are pictures",
    check: detects({ "one.png": [1, 1], "line.png": [2000, 1] }),
  },
  {
    folder: "i07-noeoi",
    expects: "a JPEG without its end marker is read, and that is said",
    check: detects({ "noeoi.jpg": [320, 240] }, [
      /^JPEG files without their end marker, whole but for that: 1 \(.*noeoi\.jpg\)$/,
    ]),
  },
  { folder: "i08-bmp", expects: "a bitmap is a picture", check: detects({ "b.bmp": [96, 64] }) },
  {
    folder: "i09-one-bad",
    expects: "one cut picture does not stop the other; it is named, and the exit code says it",
    async check(path, scratch) {
      const [model, ...flags] = smallDetector(path, scratch);
      const files = ["trunc.jpg", "rgb.jpg"].map((name) => join(path, name));
      const { code, stdout, stderr } = await runHere(
        "detect",
        ...files,
        "--model",
        model,
        ...flags,
        "--at",
        "1",
        "--json",
      );
      expect(code).toBe(2);
      const { images, failures } = JSON.parse(stdout);
      expect(images).toMatchObject([{ path: files[1], width: 96, height: 64 }]);
      expect(failures).toMatchObject([{ path: files[0], code: "E_IMAGE" }]);
      expect(stderr).toMatch(/^error \[E_IMAGE\] 1 of 2 pictures could not be read \(.*trunc\.jpg\)/m);
    },
  },
  {
    folder: "i13-modes",
    expects: "grey, palette, 16-bit, CMYK and transparent pictures, animations and turned ones are read",
    check: detects(
      {
        ...{ "anim.gif": [96, 64], "rgba.png": [96, 64], "grey16.png": [96, 64], "cmyk.jpg": [96, 64] },
        ...{ "bit1.png": [96, 64], "exif6.jpg": [64, 96], "la.png": [96, 64] },
      },
      [/^files of several pictures, of which the first is taken: 1 \(.*anim\.gif\)$/],
    ),
  },
  {
    folder: "i20-cal-mixed",
    expects:
      "calibration takes the four pictures of a folder, not their companions, labels and databases of thumbnails",
    check: calibrates("cal", 4),
  },
  { folder: "i24-cal-bmp", expects: "calibration takes bitmaps", check: calibrates(".", 1) },
];
