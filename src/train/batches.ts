/**
 * Batches by number: the same seed and step give the same pictures, whoever asked for which before. That is what makes
 * a resumed run equal to one that was never interrupted.
 */
import { type Random, seededRandom } from "../core/random.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import type { TrainingObject } from "../dnn/training/targets.ts";
import { type Augmentation, augment } from "./augment.ts";
import type { Samples } from "./samples.ts";

export interface Batch {
  /** [N, channels, H, W]. */
  readonly images: FloatTensor;
  readonly objects: readonly (readonly TrainingObject[])[];
}

export interface BatchSettings {
  /** 3; or 1, of grey pictures. */
  readonly channels: number;
  readonly batch: number;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly augmentation: Augmentation;
}

/** Gives the batch of a step, counted from 0. Every picture is seen once before any is seen again. */
export function batchesOf(
  samples: Pick<Samples, "count" | "get">,
  settings: BatchSettings,
): (step: number) => Promise<Batch> {
  const { batch, channels, width, height, seed, augmentation } = settings;
  const area = width * height;
  const colours = new Float32Array(3 * area);
  const order = orderOf(samples.count, seed);
  return async (step) => {
    const images = floatTensor([batch, channels, height, width]);
    const objects: TrainingObject[][] = [];
    for (let i = 0; i < batch; i++) {
      const position = step * batch + i;
      const sample = await samples.get(order(position));
      objects.push(augment(sample, streamAt(seed, position, 1), augmentation, colours, width, height));
      // Of a grey picture all three are the same.
      images.data.set(colours.subarray(0, channels * area), i * channels * area);
    }
    return { images, objects };
  };
}

/** Position in the endless sequence of pictures → index of the picture. */
function orderOf(count: number, seed: number): (position: number) => number {
  let epoch = -1;
  const indices = new Int32Array(count);
  return (position) => {
    const wanted = Math.floor(position / count);
    if (wanted !== epoch) {
      epoch = wanted;
      shuffle(indices, streamAt(seed, epoch, 2));
    }
    return indices[position % count];
  };
}

/** Fisher and Yates. Writes `indices`. */
function shuffle(indices: Int32Array, random: Random): void {
  indices.forEach((_, i) => {
    indices[i] = i;
  });
  for (let i = indices.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [indices[i], indices[j]] = [indices[j], indices[i]];
  }
}

function streamAt(seed: number, index: number, purpose: number): Random {
  const random = seededRandom(Math.imul(seed + purpose, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  for (let i = 0; i < 3; i++) random();
  return random;
}
