/** A picture of a data set, or any other, as pixels. */
import { decodeImage, readFile } from "#platform";
import type { PictureSize } from "../core/picture-size.ts";
import type { DecodeOptions, Pixels } from "../core/pixels.ts";

/** Plain data: an entry of a data set is one. */
export interface PictureSource {
  readonly path: string;
  /** The file's, where somebody has read it: the path then is its name. */
  readonly bytes?: Uint8Array;
  /** As annotations state it: it decides about EXIF orientation, see `orientationOf`. */
  readonly size?: PictureSize;
}

/** @throws ImportError [E_FILE, E_IMAGE] naming the file. */
export async function loadPicture(
  { path, bytes, size }: PictureSource,
  onRemark?: DecodeOptions["onRemark"],
): Promise<Pixels> {
  return decodeImage(bytes ?? (await readFile(path, "picture")), path, {
    ...(size ? { stated: size } : {}),
    ...(onRemark ? { onRemark } : {}),
  });
}
