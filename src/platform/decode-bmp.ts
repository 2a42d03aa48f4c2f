/**
 * Windows bitmaps. Ours, because the decoder of all other kinds (libvips in `sharp`) is built without them, and the packages
 * that decode them are either no longer kept or bring a whole library of picture processing. The format is a header and rows of
 * pixels, described in Microsoft's documentation of BITMAPINFOHEADER; every offset is checked before anything is read.
 */
import { ImportError } from "../core/errors.ts";
import { maxPicturePixels, type PictureSize } from "../core/picture-size.ts";
import type { Pixels } from "../core/pixels.ts";

const fileHeaderBytes = 14;

interface BmpHeader extends PictureSize {
  readonly bits: number;
  readonly topDown: boolean;
  /** Where the rows begin, and how far apart they are. */
  readonly offset: number;
  readonly stride: number;
  /** Of a picture without a palette: which bits of a pixel are red, green and blue. */
  readonly masks: readonly number[];
  readonly palette: { readonly at: number; readonly entryBytes: number; readonly entries: number };
}

/** @throws ImportError [E_IMAGE]. */
export function measureBmp(bytes: Uint8Array, name: string): PictureSize {
  const { width, height } = readHeader(bytes, name);
  return { width, height };
}

/**
 * 1, 4, 8, 16, 24 and 32 bits a pixel, uncompressed; what may be alpha is not looked at, as most programs do not write it.
 * @throws ImportError [E_IMAGE] for compressed bitmaps, and for what is cut or contradicts itself.
 */
export function decodeBmp(bytes: Uint8Array, name: string): Pixels {
  const header = readHeader(bytes, name);
  const { width, height, stride, offset, topDown, bits } = header;
  if (offset + stride * height > bytes.length)
    fail(name, `it is cut: ${stride * height} bytes of rows expected at ${offset}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Uint8Array(width * height * 3);
  const readPixel =
    bits <= 8 ? palettePixels(bytes, header) : bits === 24 ? bgrPixels(bytes) : maskedPixels(view, header);
  for (let y = 0, to = 0; y < height; y++) {
    const row = offset + stride * (topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++, to += 3) readPixel(row, x, data, to);
  }
  return { width, height, data };
}

/** Writes pixel x of a row into `data` at `to`. */
type ReadPixel = (row: number, x: number, data: Uint8Array, to: number) => void;

function palettePixels(bytes: Uint8Array, { bits, palette }: BmpHeader): ReadPixel {
  const { at, entryBytes, entries } = palette;
  const mask = (1 << bits) - 1;
  return (row, x, data, to) => {
    const bit = x * bits;
    const index = (bytes[row + (bit >> 3)] >> (8 - bits - (bit & 7))) & mask;
    // Beyond the palette all is black, as other decoders have it.
    if (index >= entries) return;
    const from = at + index * entryBytes;
    data[to] = bytes[from + 2];
    data[to + 1] = bytes[from + 1];
    data[to + 2] = bytes[from];
  };
}

function bgrPixels(bytes: Uint8Array): ReadPixel {
  return (row, x, data, to) => {
    const from = row + 3 * x;
    data[to] = bytes[from + 2];
    data[to + 1] = bytes[from + 1];
    data[to + 2] = bytes[from];
  };
}

function maskedPixels(view: DataView, { bits, masks }: BmpHeader): ReadPixel {
  const shifts = masks.map((mask) => (mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)));
  const most = masks.map((mask, i) => Math.max(1, mask >>> shifts[i]));
  return (row, x, data, to) => {
    const pixel = bits === 16 ? view.getUint16(row + 2 * x, true) : view.getUint32(row + 4 * x, true);
    for (let i = 0; i < 3; i++) data[to + i] = Math.round((((pixel & masks[i]) >>> shifts[i]) * 255) / most[i]);
  };
}

function readHeader(bytes: Uint8Array, name: string): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < fileHeaderBytes + 12) fail(name, "it ends within its header");
  const size = view.getUint32(14, true);
  // OS/2's first version has 12 bytes and other widths of fields; all later ones begin alike.
  const isCore = size === 12;
  if (!isCore && (size < 40 || bytes.length < fileHeaderBytes + size)) fail(name, "its header has no known size");
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? 0 : view.getUint32(30, true);
  if (width < 1 || height < 1) fail(name, `it is ${width}×${height} pixels`);
  if (width * height > maxPicturePixels)
    fail(name, `it is ${width}×${height} pixels; at most ${maxPicturePixels} are decoded`);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) fail(name, `it has ${bits} bits a pixel`);
  const hasMasks = compression === 3 || compression === 6;
  if (compression !== 0 && !(hasMasks && (bits === 16 || bits === 32)))
    fail(name, `it is a compressed bitmap (method ${compression}). Save it as PNG`);
  // With the first long header the masks follow it; later ones hold them in the same place.
  const maskBytes = hasMasks && size === 40 ? (compression === 6 ? 16 : 12) : 0;
  if (hasMasks && bytes.length < 66) fail(name, "it ends within its header");
  const masks = hasMasks ? [54, 58, 62].map((at) => view.getUint32(at, true)) : usualMasks(bits);
  const entryBytes = isCore ? 3 : 4;
  const at = fileHeaderBytes + size + maskBytes;
  const stated = isCore ? 0 : view.getUint32(46, true);
  const entries = Math.min(stated || 2 ** bits, 2 ** bits, Math.floor(Math.max(0, bytes.length - at) / entryBytes));
  return {
    ...{ width, height, bits, masks, topDown: signedHeight < 0 },
    offset: view.getUint32(10, true),
    stride: Math.ceil((width * bits) / 32) * 4,
    palette: { at, entryBytes, entries },
  };
}

function usualMasks(bits: number): readonly number[] {
  return bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
}

function fail(name: string, reason: string): never {
  throw new ImportError("E_IMAGE", `${name} is not a picture that can be decoded (${reason})`);
}
