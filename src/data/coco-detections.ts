/** Detections in COCO's results format: a JSON list of `{image_id, category_id, bbox: [x, y, width, height], score}`. */
import { z } from "zod";
import { ImportError } from "../core/errors.ts";
import { checked } from "./coco.ts";
import { type DataSet, imageIndices, type StatedDetection } from "./dataset.ts";
import { jsonElements } from "./json-elements.ts";

const resultSchema = z.object({
  image_id: z.number().int(),
  category_id: z.number().int(),
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  score: z.number(),
});

/**
 * The detections in file order. `file` is its name, for errors.
 * @throws ImportError [E_JSON] or [E_COCO] for a file that is not of the format; [E_DETECTIONS] for a picture or a
 * category that the data set does not have, or for a data set without category ids.
 */
export function* readCocoDetections(dataSet: DataSet, bytes: Uint8Array, file: string): Generator<StatedDetection> {
  const images = imageIndices(dataSet);
  const classIndices = new Map(categoryIdsOf(dataSet).map((id, index) => [id, index]));
  let index = 0;
  for (const { key, value } of jsonElements(bytes, [], file)) {
    const { image_id, category_id, bbox, score } = checked(resultSchema, value, key, index, file);
    const image = images.get(String(image_id));
    const classIndex = classIndices.get(category_id);
    if (image === undefined)
      throw new ImportError("E_DETECTIONS", `${file}: entry ${index}: the data set has no picture ${image_id}`);
    if (classIndex === undefined) {
      const known = `the data set's run from ${dataSet.categoryIds?.at(0)} to ${dataSet.categoryIds?.at(-1)}`;
      const hint = "Write category ids, not contiguous class indices";
      throw new ImportError("E_DETECTIONS", `${file}: entry ${index}: no category ${category_id}; ${known}. ${hint}`);
    }
    yield { image, classIndex, score, box: bbox };
    index++;
  }
}

/** The results file. @throws ImportError [E_DETECTIONS] for a data set without category ids. */
export function formatCocoDetections(dataSet: DataSet, detections: Iterable<StatedDetection>): string {
  const categoryIds = categoryIdsOf(dataSet);
  const entries: string[] = [];
  for (const { image, classIndex, score, box } of detections) {
    const ids = { image_id: Number(dataSet.images[image].id), category_id: categoryIds[classIndex] };
    entries.push(JSON.stringify({ ...ids, bbox: box, score }));
  }
  return `[${entries.join(",\n")}]\n`;
}

function categoryIdsOf(dataSet: DataSet): readonly number[] {
  if (dataSet.categoryIds) return dataSet.categoryIds;
  throw new ImportError(
    "E_DETECTIONS",
    `${dataSet.name} is not a COCO data set, and its pictures have no COCO ids. Use comp…_det_…_<class>.txt files`,
  );
}
