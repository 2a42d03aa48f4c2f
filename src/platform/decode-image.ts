/** Picture files → pixels, in Node.js: by libvips, within bounds that are seen before anything is decoded. */
import type { Metadata, Sharp } from "sharp";
import { ImportError } from "../core/errors.ts";
import { maxPicturePixels, orientationOf, type PictureSize } from "../core/picture-size.ts";
import type { DecodeOptions, Pixels } from "../core/pixels.ts";
import { decodeBmp, measureBmp } from "./decode-bmp.ts";
import { type PictureKind, pictureKind, whyNoPicture } from "./picture-kind.ts";
import { loadSharp } from "./sharp.ts";

/** Whether a picture is decoded with about 8 bytes a pixel; the others' decoders hold twice as many and more at once. */
const isFrugal: { readonly [K in PictureKind]: boolean } = {
  ...{ JPEG: true, PNG: true, WebP: true, TIFF: true, BMP: true },
  ...{ GIF: false, AVIF: false },
};

/**
 * Decodes JPEG, PNG, WebP, GIF (its first picture), TIFF, AVIF or BMP as 8-bit RGB; what is transparent is on white. Upright
 * unless the stated size says otherwise. A JPEG that has all of its picture but not its end marker is taken, with a remark.
 * @throws ImportError [E_IMAGE] naming `name`: no picture (SVG is none), damaged or cut, or of more than
 * {@link maxPicturePixels}, of GIF and AVIF half as many. With these a thread takes up to 700 MiB.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeImage } from "spiking-yolo";
 *
 * const { width, height, data } = await decodeImage(await readFile("examples/street.png"), "street.png");
 * console.log(width, height, data.length === 3 * width * height); // 320 240 true
 * ```
 */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  { stated, onRemark }: DecodeOptions = {},
): Promise<Pixels> {
  const kind = pictureKind(bytes) ?? refuse(name, whyNoPicture(bytes));
  if (kind === "BMP") {
    const pixels = decodeBmp(bytes, name);
    report(orientationOf(pixels, 1, stated).remark, onRemark);
    return pixels;
  }
  const sharp = await loadSharp();
  try {
    const metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
    const size = storedSize(metadata);
    const { width, height } = size;
    const most = isFrugal[kind] ? maxPicturePixels : maxPicturePixels / 2;
    if (width * height > most) refuse(name, `${width}×${height} pixels; at most ${most} are decoded of ${kind}`);
    const { isUpright, remark } = orientationOf(size, metadata.orientation ?? 1, stated);
    const pixels = await decode(bytes, kind, isUpright, onRemark);
    report(remark, onRemark);
    if ((metadata.pages ?? 1) > 1) report("files of several pictures, of which the first is taken", onRemark);
    return pixels;
  } catch (error) {
    if (error instanceof ImportError) throw error;
    return refuse(name, (error as Error).message.split("\n")[0], error);
  }
}

/**
 * The size in which {@link decodeImage} gives a picture, upright; the file's beginning is enough for most kinds.
 * @throws ImportError [E_IMAGE] naming `name`.
 */
export async function measureImage(bytes: Uint8Array, name: string): Promise<PictureSize> {
  const kind = pictureKind(bytes) ?? refuse(name, whyNoPicture(bytes));
  if (kind === "BMP") return measureBmp(bytes, name);
  const sharp = await loadSharp();
  try {
    const metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
    const { width, height } = storedSize(metadata);
    return (metadata.orientation ?? 1) < 5 ? { width, height } : { width: height, height: width };
  } catch (error) {
    return refuse(name, (error as Error).message.split("\n")[0], error);
  }
}

function storedSize({ width, height, pageHeight }: Metadata): PictureSize {
  return { width, height: pageHeight ?? height };
}

async function decode(
  bytes: Uint8Array,
  kind: PictureKind,
  isUpright: boolean,
  onRemark: DecodeOptions["onRemark"],
): Promise<Pixels> {
  const sharp = await loadSharp();
  const open = (file: Uint8Array, failOn: "error" | "warning"): Sharp => {
    const picture = sharp(file, { limitInputPixels: maxPicturePixels, failOn });
    return isUpright ? picture.autoOrient() : picture;
  };
  try {
    return await render(open(bytes, "error"));
  } catch (error) {
    if (kind !== "JPEG") throw error;
    // With the marker that is missing the decoder takes the file for whole, and warns only of parts of the picture that are missing.
    const marked = new Uint8Array(bytes.length + 2);
    marked.set(bytes);
    marked.set([0xff, 0xd9], bytes.length);
    const pixels = await render(open(marked, "warning")).catch(() => {
      throw error;
    });
    report("JPEG files without their end marker, whole but for that", onRemark);
    return pixels;
  }
}

async function render(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    data: info.channels === 3 ? wholeArray(data) : fromGrey(data, info.channels),
  };
}

/** Without a copy where the buffer is the data's own. */
function wholeArray(data: Uint8Array): Uint8Array {
  const isOwn = data.buffer.byteLength === data.byteLength;
  return isOwn ? new Uint8Array(data.buffer) : new Uint8Array(data);
}

function fromGrey(data: Uint8Array, channels: number): Uint8Array {
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let i = 0; i < rgb.length; i++) rgb[i] = data[Math.floor(i / 3) * channels];
  return rgb;
}

function report(remark: string | undefined, onRemark: DecodeOptions["onRemark"]): void {
  if (remark !== undefined) onRemark?.(remark);
}

function refuse(name: string, reason: string, cause?: unknown): never {
  throw new ImportError("E_IMAGE", `${name} is not a picture that can be decoded (${reason})`, { cause });
}
