/** A data set as training samples: decoded when first asked for, shrunk to a little more than the network reads, kept. */
import { ImportError } from "../core/errors.ts";
import { type Failure, refuseFailures } from "../core/failures.ts";
import type { Preprocessing } from "../core/preprocessing.ts";
import { type RemarkTally, tallyRemarks } from "../core/remarks.ts";
import type { DataSetContents, ImageEntry } from "../data/dataset.ts";
import { loadPicture } from "../data/load-picture.ts";
import type { TrainingObject } from "../dnn/training/targets.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { type NetworkInput, preprocess } from "../image/preprocess.ts";
import type { Sample } from "./augment.ts";

/** Crops enlarge: stored pictures have so many times the network's width and height. */
const reserve = 1.25;

/** Most bytes of pixels that are kept; what is beyond is decoded anew each time. */
const maxKeptBytes = 4 * 2 ** 30;

export interface Samples {
  readonly count: number;
  /** The picture, or the next one that can be read: always the same. @throws ImportError as `refuseFailures`. */
  get(index: number): Promise<Sample>;
  /** What was found out about the pictures so far: which could not be read, what was special about others. */
  remarks(): readonly string[];
}

/** @param input shape of the network's input. @param needsObjects whether labels are learned from. @throws ImportError [E_DATASET] where there is nothing to learn from. */
export function samplesOf(
  dataSet: Pick<DataSetContents, "name" | "images">,
  input: Shape,
  preprocessing: Preprocessing,
  needsObjects = true,
): Samples {
  if (needsObjects && !dataSet.images.some(({ objects }) => objects.length > 0)) {
    throw new ImportError("E_DATASET", `${dataSet.name} holds no picture with objects; training needs at least one`);
  }
  const { images } = dataSet;
  const shape: Shape = [input[0], Math.round(input[1] * reserve), Math.round(input[2] * reserve)];
  const kept = new Map<number, Sample>();
  const failures = new Map<number, Failure>();
  const tally = tallyRemarks();
  const known = new Set<number>();
  let bytes = 0;
  const read = async (index: number): Promise<Sample | undefined> => {
    const entry = images[index];
    try {
      // Pictures beyond what is kept are decoded again and again, and told of once.
      const sample = await load(entry, shape, preprocessing, known.has(index) ? undefined : tally);
      known.add(index);
      bytes += sample.pixels.data.length;
      if (bytes <= maxKeptBytes) kept.set(index, sample);
      return sample;
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      failures.set(index, { name: entry.id, code: error.code, message: error.message });
      tally.add("pictures that could not be read, in whose place the next ones are taken", error.message);
      refuseFailures("pictures", [...failures.values()], images.length);
      return undefined;
    }
  };
  return {
    count: images.length,
    async get(index) {
      for (let at = index; ; at = (at + 1) % images.length) {
        const sample = kept.get(at) ?? (failures.has(at) ? undefined : await read(at));
        if (sample) return sample;
      }
    },
    remarks: tally.lines,
  };
}

async function load(
  entry: ImageEntry,
  shape: Shape,
  preprocessing: Preprocessing,
  tally: RemarkTally | undefined,
): Promise<Sample> {
  const decoded = await loadPicture(entry, (remark) => tally?.add(remark, entry.id));
  const { image, toInput } = preprocess(decoded, shape, preprocessing);
  const [channels, height, width] = shape;
  const area = width * height;
  const data = new Uint8Array(3 * area);
  for (let i = 0; i < area; i++) {
    for (let channel = 0; channel < 3; channel++)
      data[3 * i + channel] = image.data[(channel % channels) * area + i] * 255 + 0.5;
  }
  return { pixels: { width, height, data }, objects: objectsOf(entry, toInput) };
}

/** The objects in fractions of the network's input. */
function objectsOf(entry: ImageEntry, toInput: NetworkInput["toInput"]): TrainingObject[] {
  return entry.objects
    .map((object) => ({
      classIndex: object.classIndex,
      isIgnored: object.difficult || object.crowd,
      ...toInput(object),
    }))
    .filter((object) => object.xMax > object.xMin && object.yMax > object.yMin);
}
