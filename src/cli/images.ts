/** Picture files as the commands meet them: named, in folders, of data sets; and network inputs made of them. */
import { stat } from "node:fs/promises";
import { ImportError } from "../core/errors.ts";
import { type Failure, refuseFailures } from "../core/failures.ts";
import type { Pixels } from "../core/pixels.ts";
import { tallyRemarks } from "../core/remarks.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { loadPicture, type PictureSource } from "../data/load-picture.ts";
import { isDataSetSpec, openDataSet } from "../data/open.ts";
import { pictureExtensions } from "../data/picture-files.ts";
import { picturesBelow } from "../data/pictures-below.ts";
import { type Graph, inputOf } from "../graph/graph.ts";
import { preprocess } from "../image/preprocess.ts";
import { note } from "./io.ts";

/** Picture files in a folder and the folders below it, by name. @throws ImportError [E_FILE, E_NO_IMAGES]. */
export async function picturesIn(folder: string): Promise<readonly string[]> {
  const entry = await stat(folder).catch(() => undefined);
  if (!entry?.isDirectory()) throw new ImportError("E_FILE", `${folder} is no folder that can be read. Check the path`);
  const pictures = await picturesBelow(folder);
  if (pictures.length === 0)
    throw new ImportError("E_NO_IMAGES", `${folder} holds no pictures (${pictureExtensions.join(", ")})`);
  return pictures;
}

/** Of a data set no more pictures calibrate: more change the statistics by little. */
const mostOfDataSet = 64;

/**
 * What calibrates: all pictures of a folder, or at most {@link mostOfDataSet} of a data set, evenly spread.
 * @throws ImportError, ArgumentError.
 */
export async function calibrationPictures(folderOrSpec: string): Promise<readonly PictureSource[]> {
  if (!isDataSetSpec(folderOrSpec)) return (await picturesIn(folderOrSpec)).map((path) => ({ path }));
  const { images, name, remarks } = await openDataSet(folderOrSpec, "training");
  for (const remark of remarks) note(remark);
  const count = Math.min(images.length, mostOfDataSet);
  if (count < images.length) note(`calibrating on ${count} of the ${images.length} pictures of ${name}, evenly spread`);
  return Array.from({ length: count }, (_, i) => images[Math.floor((i * images.length) / count)]);
}

export interface ReadPicture {
  /** Into the pictures given. */
  readonly index: number;
  readonly pixels: Pixels;
}

/**
 * Those pictures that can be read, decoded one at a time; at the end it is told which could not, and what was special.
 * @throws ImportError as `refuseFailures`, as soon as too many failed.
 */
export async function* readablePictures(pictures: readonly PictureSource[]): AsyncGenerator<ReadPicture> {
  const failures: Failure[] = [];
  const tally = tallyRemarks();
  for (const [index, picture] of pictures.entries()) {
    const remarks: string[] = [];
    let pixels: Pixels;
    try {
      pixels = await loadPicture(picture, (remark) => remarks.push(remark));
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      failures.push({ name: picture.path, code: error.code, message: error.message });
      refuseFailures("pictures", failures, pictures.length);
      tally.add("pictures that could not be read, left out", error.message);
      continue;
    }
    for (const remark of remarks) tally.add(remark, picture.path);
    yield { index, pixels };
  }
  for (const line of tally.lines()) note(line);
}

/** Network inputs of the pictures that can be read, one at a time. @throws as {@link readablePictures}. */
export async function* networkInputs(pictures: readonly PictureSource[], graph: Graph): AsyncGenerator<FloatTensor> {
  for await (const { pixels } of readablePictures(pictures))
    yield preprocess(pixels, inputOf(graph).shape, graph.preprocessing).image;
}
