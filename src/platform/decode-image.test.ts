import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { SpikingYoloError } from "../core/errors.ts";
import { decodeImage, measurePicture } from "./node.ts";

const [width, height] = [20, 12];
/** A ramp in every channel, no two neighbours alike. */
const ramp = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
const picture = () => sharp(ramp, { raw: { width, height, channels: 3 } });
const bytesOf = async (drawn: Sharp) => new Uint8Array(await drawn.toBuffer());

async function decode(bytes: Uint8Array, stated?: { width: number; height: number }) {
  const remarks: string[] = [];
  const pixels = await decodeImage(bytes, "a", {
    ...(stated ? { stated } : {}),
    onRemark: (remark) => remarks.push(remark),
  });
  return { ...pixels, remarks };
}

describe("decodeImage", () => {
  it("gives 8-bit colours of every kind and depth", async () => {
    const grey = Uint8Array.from({ length: width * height }, (_, i) => i);
    const greyRgb = Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)]);
    const drawnGrey = () => sharp(grey, { raw: { width, height, channels: 1 } });
    const cases: readonly (readonly [Sharp, Uint8Array])[] = [
      [picture().png(), ramp],
      [picture().tiff({ compression: "lzw" }), ramp],
      [picture().webp({ lossless: true }), ramp],
      [drawnGrey().png(), greyRgb],
      [drawnGrey().toColourspace("grey16").png(), greyRgb],
      [drawnGrey().png({ palette: true, colours: 256, effort: 1, dither: 0 }), greyRgb],
      [picture().toColourspace("rgb16").png(), ramp],
      [picture().ensureAlpha(1).png(), ramp],
      [picture().ensureAlpha(0).png(), new Uint8Array(ramp.length).fill(255)],
    ];
    for (const [i, [drawn, expected]] of cases.entries()) {
      const { data, remarks, ...size } = await decode(await bytesOf(drawn));
      expect(size, String(i)).toEqual({ width, height });
      // Palettes choose colours.
      const most = data.reduce((worst, value, at) => Math.max(worst, Math.abs(value - expected[at])), 0);
      expect(most, String(i)).toBeLessThanOrEqual(i === 5 ? 3 : 0);
      expect(remarks).toEqual([]);
    }
    const cmyk = await decode(await bytesOf(picture().toColourspace("cmyk").jpeg()));
    expect([cmyk.width, cmyk.height, cmyk.data.length]).toEqual([width, height, ramp.length]);
  });

  it("takes a JPEG without its end marker, with a remark, but none of which a part is missing", async () => {
    const noise = Uint8Array.from({ length: 160 * 120 * 3 }, (_, i) => (i * i * 31) % 251);
    for (const options of [{}, { progressive: true }, { chromaSubsampling: "4:4:4" }]) {
      const whole = await bytesOf(sharp(noise, { raw: { width: 160, height: 120, channels: 3 } }).jpeg(options));
      const { data } = await decode(whole);
      const cut = await decode(whole.subarray(0, -2));
      expect(cut.data).toEqual(data);
      expect(cut.remarks).toEqual([expect.stringMatching(/end marker/)]);
      for (const part of [0.5, 0.9])
        await expect(decode(whole.subarray(0, whole.length * part))).rejects.toMatchObject({ code: "E_IMAGE" });
    }
  });

  it("stands upright but where the stated size is the stored one", async () => {
    const turned = await bytesOf(picture().withMetadata({ orientation: 6 }).png());
    const upright = await decode(turned);
    expect([upright.width, upright.height]).toEqual([height, width]);
    const stored = await decode(turned, { width, height });
    expect([stored.width, stored.height, stored.data]).toEqual([width, height, ramp]);
    expect(stored.remarks).toEqual([expect.stringMatching(/as stored/)]);
    expect((await decode(turned, { width: height, height: width })).remarks).toEqual([]);
    expect((await decode(turned, { width: 7, height: 7 })).remarks).toEqual([expect.stringMatching(/another size/)]);
  });

  it("takes the first picture of an animation, and says so", async () => {
    const frames = sharp(Buffer.concat([ramp, new Uint8Array(ramp.length)]), {
      raw: { width, height: 2 * height, channels: 3, pageHeight: height },
    });
    const { data, remarks, ...size } = await decode(await bytesOf(frames.webp({ lossless: true })));
    expect([size, data]).toEqual([{ width, height }, ramp]);
    expect(remarks).toEqual([expect.stringMatching(/first/)]);
  });

  it.each([
    [
      "an SVG drawing",
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
      /SVG drawing\. Save it as PNG/,
    ],
    ["an SVG drawing after a declaration", '<?xml version="1.0"?>\n<!-- x --><svg/>', /SVG drawing/],
    ["a page", "<!DOCTYPE html><title>404</title>", /page of the web/],
    ["a pointer", "version https://git-lfs.github.com/spec/v1\noid", /git lfs pull/],
    ["a document", "%PDF-1.7", /PDF/],
    ["a companion", "\0\x05\x16\x07\0\x02\0\0Mac OS X        ", /companion/],
    ["nothing", "", /empty/],
    ["text", "hello", /none of JPEG, PNG/],
  ])("refuses %s, and says what it is", async (_, text, reason) => {
    const refused = expect(decode(new TextEncoder().encode(text))).rejects;
    await refused.toMatchObject({ code: "E_IMAGE", message: expect.stringMatching(reason) });
  });

  it("refuses what is larger than can be decoded before it is decoded", async () => {
    // A WebP of 36 bytes that says it is 16,383 pixels wide and high.
    const webp = new Uint8Array(36);
    webp.set(new TextEncoder().encode("RIFF____WEBPVP8L"));
    const view = new DataView(webp.buffer);
    view.setUint32(4, 28, true);
    view.setUint32(16, 16, true);
    webp[20] = 0x2f;
    view.setUint32(21, 0x3ffe | (0x3ffe << 14), true);
    await expect(decode(webp)).rejects.toThrow(/16383×16383 pixels; at most 67108864/);
    const gif = new Uint8Array([...new TextEncoder().encode("GIF89a"), 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x3b]);
    await expect(decode(gif)).rejects.toMatchObject({ code: "E_IMAGE" });
    const bmp = new Uint8Array(54);
    bmp.set([0x42, 0x4d]);
    const header = new DataView(bmp.buffer);
    header.setUint32(14, 40, true);
    header.setInt32(18, 100_000, true);
    header.setInt32(22, -100_000, true);
    header.setUint16(28, 24, true);
    await expect(decode(bmp)).rejects.toThrow(/100000×100000 pixels/);
  });

  it("ends in a picture or in E_IMAGE, whatever the bytes", async () => {
    const files = await Promise.all([
      ...[bytesOf(picture().png()), bytesOf(picture().jpeg()), bytesOf(picture().webp())],
      ...[bytesOf(picture().gif()), bytesOf(picture().tiff()), Promise.resolve(bitmap(24))],
    ]);
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), changes, fc.nat(), async (file, changed, cut) => {
        const bytes = file.slice(0, file.length - (cut % 3 === 0 ? cut % file.length : 0));
        for (const [at, value] of changed) bytes[at % bytes.length] = value;
        try {
          const { data, ...size } = await decodeImage(bytes, "a");
          expect(data.length).toBe(size.width * size.height * 3);
        } catch (error) {
          if (!(error instanceof SpikingYoloError)) throw error;
          expect(error.code).toBe("E_IMAGE");
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

/** The ramp as a bitmap of 24 bits, or of 32 in the order of masks; bottom up, or top down where `down`. */
function bitmap(bits: 24 | 32, { down = false, masks = [] as readonly number[] } = {}): Uint8Array {
  const stride = Math.ceil((width * bits) / 32) * 4;
  const offset = 54 + 4 * masks.length;
  const bytes = new Uint8Array(offset + stride * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, offset, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, down ? -height : height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, masks.length > 0 ? 3 : 0, true);
  masks.forEach((mask, i) => {
    view.setUint32(54 + 4 * i, mask, true);
  });
  const order = masks.length > 0 ? masks.map((mask) => (31 - Math.clz32(mask)) >> 3) : [2, 1, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = offset + stride * (down ? y : height - 1 - y) + (x * bits) / 8;
      for (let channel = 0; channel < 3; channel++) bytes[at + order[channel]] = ramp[3 * (y * width + x) + channel];
    }
  }
  return bytes;
}

describe("bitmaps", () => {
  it.each([
    ["24 bits", bitmap(24)],
    ["24 bits, top down", bitmap(24, { down: true })],
    ["32 bits", bitmap(32)],
    ["32 bits with masks", bitmap(32, { masks: [0xff, 0xff00, 0xff0000] })],
  ])("of %s are read", async (_, bytes) => {
    expect(await decode(bytes)).toEqual({ width, height, data: ramp, remarks: [] });
  });

  it("of few bits are read by their palette, of 16 by their masks", async () => {
    const small = (bits: number, palette: readonly number[], rows: readonly number[]) => {
      const bytes = new Uint8Array(54 + palette.length + rows.length);
      const view = new DataView(bytes.buffer);
      bytes.set([0x42, 0x4d]);
      for (const [at, value] of [
        [10, 54 + palette.length],
        [14, 40],
        [18, 3],
        [22, 1],
        [46, palette.length / 4],
      ])
        view.setUint32(at, value, true);
      view.setUint16(28, bits, true);
      bytes.set(palette, 54);
      bytes.set(rows, 54 + palette.length);
      return bytes;
    };
    const palette = [1, 2, 3, 0, 40, 50, 60, 0];
    const expected = [60, 50, 40, 3, 2, 1, 60, 50, 40];
    for (const [bits, row] of [
      [1, [0b10100000, 0, 0, 0]],
      [4, [0x10, 0x10, 0, 0]],
      [8, [1, 0, 1, 0]],
    ] as const)
      expect([...(await decode(small(bits, palette, row))).data]).toEqual(expected);
    // Five bits a colour: all red, half green, blue.
    const row = [0x00, 0x7c, 0x00, 0x02, 0x1f, 0x00, 0, 0];
    expect([...(await decode(small(16, [], row))).data]).toEqual([255, 0, 0, 0, 132, 0, 0, 0, 255]);
    // An index beyond the palette is black.
    expect([...(await decode(small(8, palette, [7, 0, 1, 0]))).data]).toEqual([0, 0, 0, 3, 2, 1, 60, 50, 40]);
  });

  it.each([
    ["cut", bitmap(24).subarray(0, -1), /it is cut/],
    ["cut in the header", bitmap(24).subarray(0, 20), /header/],
    ["compressed", Uint8Array.from(bitmap(24), (byte, at) => (at === 30 ? 1 : byte)), /compressed bitmap \(method 1\)/],
    ["of 7 bits", Uint8Array.from(bitmap(24), (byte, at) => (at === 28 ? 7 : byte)), /7 bits/],
    ["of no width", Uint8Array.from(bitmap(24), (byte, at) => (at === 18 ? 0 : byte)), /0×12/],
  ])("that are %s are refused", async (_, bytes, reason) => {
    await expect(decode(bytes)).rejects.toThrow(reason);
  });
});

describe("measurePicture", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "measure-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("gives the size that decoding gives, of large files by their beginning", async () => {
    const noise = Uint8Array.from({ length: 900 * 700 * 3 }, (_, i) => (i * i * 31) % 251);
    const files: Record<string, Uint8Array> = {
      "a.png": await bytesOf(sharp(noise, { raw: { width: 900, height: 700, channels: 3 } }).png()),
      "b.jpg": await bytesOf(sharp(noise, { raw: { width: 900, height: 700, channels: 3 } }).jpeg({ quality: 100 })),
      "c.jpg": await bytesOf(picture().withMetadata({ orientation: 8 }).jpeg()),
      "d.bmp": bitmap(24),
    };
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(folder, name), bytes);
      const { width: w, height: h } = await decode(bytes);
      expect(await measurePicture(join(folder, name)), name).toEqual({ width: w, height: h });
    }
    expect(files["b.jpg"].length).toBeGreaterThan(2 ** 18);
    writeFileSync(join(folder, "e.jpg"), "no picture");
    await expect(measurePicture(join(folder, "e.jpg"))).rejects.toMatchObject({ code: "E_IMAGE" });
    await expect(measurePicture(join(folder, "f.jpg"))).rejects.toMatchObject({ code: "E_FILE" });
  });
});
