/** Greatest sizes of files in bytes, by what they hold: what is larger is no such file, and is not read. */
export const maxFileBytes = {
  /** Models, weights, checkpoints, COCO's JSON: the largest in use are half of it. */
  data: 2 ** 30,
  /** Detections in VOC's text form, of a whole data set. */
  detections: 2 ** 28,
  picture: 2 ** 28,
  /** A cfg, names, a list of pictures, an annotation, a table of costs. */
  text: 2 ** 24,
} as const;

export type FileKind = keyof typeof maxFileBytes;
