/** A data set as training samples: decoded when first asked for, shrunk to a little more than the network reads, kept. */
import { decodeImage, readFile } from "#platform";
import { ImportError } from "../core/errors.ts";
import type { Preprocessing } from "../core/preprocessing.ts";
import type { DataSet, ImageEntry } from "../data/dataset.ts";
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
  /** @throws ImportError [E_FILE, E_IMAGE] naming the picture. */
  get(index: number): Promise<Sample>;
}

/** @param input shape of the network's input. @throws ImportError [E_DATASET] where there is nothing to learn from. */
export function samplesOf(dataSet: DataSet, input: Shape, preprocessing: Preprocessing): Samples {
  const usable = dataSet.images.filter(({ objects }) => objects.length > 0);
  if (usable.length === 0) {
    throw new ImportError("E_DATASET", `${dataSet.name} holds no picture with objects; training needs at least one`);
  }
  const { images } = dataSet;
  const shape: Shape = [3, Math.round(input[1] * reserve), Math.round(input[2] * reserve)];
  const kept = new Map<number, Sample>();
  let bytes = 0;
  return {
    count: images.length,
    async get(index) {
      const known = kept.get(index);
      if (known) return known;
      const sample = await load(images[index], shape, preprocessing);
      bytes += sample.pixels.data.length;
      if (bytes <= maxKeptBytes) kept.set(index, sample);
      return sample;
    },
  };
}

async function load(entry: ImageEntry, shape: Shape, preprocessing: Preprocessing): Promise<Sample> {
  const decoded = await decodeImage(await readFile(entry.path, "picture"), entry.path);
  const { image, toInput } = preprocess(decoded, shape, preprocessing);
  const [, height, width] = shape;
  const area = width * height;
  const data = new Uint8Array(3 * area);
  for (let i = 0; i < area; i++) {
    for (let channel = 0; channel < 3; channel++) data[3 * i + channel] = image.data[channel * area + i] * 255 + 0.5;
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
