/** Opens a data set from one word of a command line. */
import { ArgumentError } from "../core/errors.ts";
import { openCoco } from "./coco.ts";
import type { DataSet } from "./dataset.ts";
import { openVoc } from "./voc.ts";

/**
 * `voc:ROOT[:YEAR][:SPLIT]` (ROOT holds VOC2007, …; default 2007, test) or `coco:ANNOTATIONS.json[:IMAGES_DIR]`.
 * @throws ArgumentError [E_DATASET] for a word that is neither; ImportError as the readers do.
 */
export async function openDataSet(spec: string): Promise<DataSet> {
  const voc = /^voc:(.+?)(?::(\d{4}))?(?::([A-Za-z][\w-]*))?$/.exec(spec);
  if (voc) {
    const [, root, year, split] = voc;
    return openVoc({ root, ...(year && { year }), ...(split && { split }) });
  }
  const coco = /^coco:(.+?\.json)(?::(.+))?$/.exec(spec);
  if (coco) {
    const [, annotations, images] = coco;
    return openCoco({ annotations, ...(images && { images }) });
  }
  throw new ArgumentError(
    "E_DATASET",
    `${spec} is no data set. Expected voc:ROOT[:YEAR][:SPLIT] or coco:ANNOTATIONS.json[:IMAGES_DIR]`,
  );
}
