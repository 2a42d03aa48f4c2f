/**
 * Which kind of picture a file is, by its first bytes, before any decoder sees it. What is not of the list is no picture
 * here: decoders know more formats (SVG, PDF), which are programs that can run for minutes or read other files.
 */

export type PictureKind = "JPEG" | "PNG" | "WebP" | "GIF" | "TIFF" | "AVIF" | "BMP";

/** @param head the first bytes as Latin-1. */
const isOfKind: { readonly [K in PictureKind]: (head: string) => boolean } = {
  JPEG: (head) => head.startsWith("\xff\xd8\xff"),
  PNG: (head) => head.startsWith("\x89PNG\r\n\x1a\n"),
  WebP: (head) => head.startsWith("RIFF") && head.startsWith("WEBP", 8),
  GIF: (head) => /^GIF8[79]a/.test(head),
  TIFF: (head) => head.startsWith("II*\0") || head.startsWith("MM\0*") || head.startsWith("II+\0"),
  AVIF: (head) => /^....ftyp(avif|avis|mif1|msf1)/s.test(head),
  BMP: (head) => head.startsWith("BM"),
};

export const pictureKinds = Object.keys(isOfKind) as readonly PictureKind[];

/** What people take for pictures, or find in their place: for the error. */
const others: readonly (readonly [RegExp, string])[] = [
  [/<svg[\s/>]/i, "it is an SVG drawing. Save it as PNG"],
  [/^\s*<(!doctype html|html)/i, "it is a page of the web, not the picture behind it. Download the picture itself"],
  [/^version https:\/\/git-lfs/, "it is a pointer of git LFS. Fetch the file itself: git lfs pull"],
  [/^%PDF-/, "it is a PDF"],
  [/^....ftyphe[ivm][cfx]/s, "it is HEIC. Save it as JPEG"],
  [/^.{8}Mac OS X/s, "it is a companion file of macOS, not the picture. Remove it"],
];

export function pictureKind(bytes: Uint8Array): PictureKind | undefined {
  const head = latin1(bytes, 16);
  return pictureKinds.find((kind) => isOfKind[kind](head));
}

/** Why a file of no {@link pictureKind} is none. */
export function whyNoPicture(bytes: Uint8Array): string {
  if (bytes.length === 0) return "it is empty";
  const head = latin1(bytes, 1024);
  return others.find(([pattern]) => pattern.test(head))?.[1] ?? `it is none of ${pictureKinds.join(", ")}`;
}

function latin1(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
