/**
 * Detections in COCO's results format: a JSON list of `{image_id, category_id, bbox: [x, y, width, height], score}`, or an
 * object whose `annotations` are that list.
 */
import { z } from "zod";
import { ImportError } from "../core/errors.ts";
import { categoryId, demanded, parsed, pictureId } from "./coco-entries.ts";
import { type DataSet, imageIndices, type StatedDetection } from "./dataset.ts";
import { jsonElements } from "./json-elements.ts";

const resultSchema = z.object({
  image_id: pictureId,
  category_id: categoryId,
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  score: z.number("is no number"),
});

const darknetSchema = z.object({ filename: z.string(), objects: z.array(z.unknown()) });

/**
 * The detections in file order. `file` is its name, for errors.
 * @throws ImportError [E_JSON] or [E_COCO] for a file that is not of the format; [E_DETECTIONS] for a picture or a
 * category that the data set does not have, or for a data set without category ids.
 */
export function* readCocoDetections(dataSet: DataSet, bytes: Uint8Array, file: string): Generator<StatedDetection> {
  const images = imageIndices(dataSet);
  const categoryIds = categoryIdsOf(dataSet);
  const classIndices = new Map(categoryIds.flatMap((ids, index) => ids.map((id) => [id, index] as const)));
  let index = 0;
  const keys = isObject(bytes) ? ["annotations"] : [];
  for (const { key, value } of jsonElements(bytes, keys, file)) {
    if (darknetSchema.safeParse(value).success)
      throw new ImportError(
        "E_COCO",
        `${file} is what darknet writes with -ext_output, not COCO results. Write those with: darknet detector valid, eval=coco`,
      );
    const { image_id, category_id, bbox, score } = demanded(parsed(resultSchema, value), key, index, file);
    const image = images.get(image_id);
    const classIndex = classIndices.get(category_id);
    if (image === undefined)
      throw new ImportError("E_DETECTIONS", `${file}: entry ${index}: the data set has no picture ${image_id}`);
    if (classIndex === undefined) {
      const known = categoryIds.flat();
      const range = `the data set's run from ${Math.min(...known)} to ${Math.max(...known)}`;
      const hint = "Write category ids, not contiguous class indices";
      throw new ImportError("E_DETECTIONS", `${file}: entry ${index}: no category ${category_id}; ${range}. ${hint}`);
    }
    yield { image, classIndex, score, box: bbox };
    index++;
  }
  if (index === 0 && keys.length > 0)
    throw new ImportError("E_COCO", `${file} is an object without detections under "annotations". Results are a list`);
}

function isObject(bytes: Uint8Array): boolean {
  const head = new TextDecoder().decode(bytes.subarray(0, 256)).trimStart();
  return head.startsWith("{");
}

/** The results file; ids that are numbers are written as such. @throws ImportError [E_DETECTIONS] for a data set without category ids. */
export function formatCocoDetections(dataSet: DataSet, detections: Iterable<StatedDetection>): string {
  const categoryIds = categoryIdsOf(dataSet);
  const entries: string[] = [];
  for (const { image, classIndex, score, box } of detections) {
    const { id } = dataSet.images[image];
    const number = Number(id);
    const ids = { image_id: String(number) === id ? number : id, category_id: categoryIds[classIndex][0] };
    entries.push(JSON.stringify({ ...ids, bbox: box, score }));
  }
  return `[${entries.join(",\n")}]\n`;
}

function categoryIdsOf(dataSet: DataSet): readonly (readonly number[])[] {
  if (dataSet.categoryIds) return dataSet.categoryIds;
  throw new ImportError(
    "E_DETECTIONS",
    `${dataSet.name} is not a COCO data set, and its pictures have no COCO ids. Use comp…_det_…_<class>.txt files`,
  );
}
