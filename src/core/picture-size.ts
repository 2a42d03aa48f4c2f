/** Width and height of a picture, and which way up it stands where a file leaves that open. */

/** Pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Greatest number of pixels of a picture: what is larger is refused before it is decoded. */
export const maxPicturePixels = 2 ** 26;

export interface Orientation {
  /** Whether the picture is turned and mirrored as its EXIF orientation says. */
  readonly isUpright: boolean;
  /** What a careful user wants to know. */
  readonly remark?: string;
}

/**
 * Viewers, browsers and most annotation tools show a picture upright, as its EXIF orientation says; others, and programs
 * like darknet, take it as it is stored. Where orientation swaps the sides, the size that the annotations state tells which
 * it was; where it does not tell, the picture is upright.
 * @param stored the sides as stored.
 * @param orientation EXIF's, 1 … 8; from 5 on the sides are swapped.
 */
export function orientationOf(stored: PictureSize, orientation: number, stated: PictureSize | undefined): Orientation {
  if (!stated) return { isUpright: true };
  const isStored = stored.width === stated.width && stored.height === stated.height;
  const isSwapped = stored.width === stated.height && stored.height === stated.width;
  if (orientation < 5 ? isStored : isSwapped) return { isUpright: true };
  if (orientation >= 5 && isStored)
    return {
      isUpright: false,
      remark: "pictures taken as stored, against their EXIF orientation, as their stated size has it",
    };
  return { isUpright: true, remark: "pictures of another size than the annotations state" };
}
