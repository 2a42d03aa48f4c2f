/** Sets a loaded network back to its start, and puts a picture before it. */
import { EngineError } from "../../../core/errors.ts";
import type { FloatTensor } from "../../../core/tensor.ts";
import type { RunOptions } from "../../engine.ts";
import { quantizePixel } from "../../input-coding.ts";
import { hasSmallWeights, pairOf } from "./load.ts";
import type { LoadedNetwork } from "./loaded-network.ts";
import { writeField } from "./records.ts";

/** @param goesOn whether neurons and pools begin as the last frame has left them. */
export function startRun(
  { network, layout, views }: LoadedNetwork,
  image: FloatTensor,
  options: RunOptions,
  goesOn = false,
): void {
  const { words, doubles, floats } = views;
  const pictures = network.stages.flatMap((stage) => (stage.kind === "population" ? stage.pictures : []));
  // Only what the kernels of this network read.
  const readsPairs = pictures.some((picture) => hasSmallWeights(picture, network));
  const readsDoubles = pictures.some((picture) => !hasSmallWeights(picture, network));
  const { data } = image;
  const pairs = words.subarray(layout.pairs / 4, layout.pairs / 4 + data.length);
  const whole = doubles.subarray(layout.pixels / 8, layout.pixels / 8 + data.length);
  for (let i = 0; i < data.length; i++) {
    const pixel = quantizePixel(data[i]);
    // Beyond ±1 a current could exceed what checkBounds has allowed for.
    if (!(pixel >= -65_536 && pixel <= 65_536)) {
      throw new EngineError("E_PICTURE", "a picture's values must lie within [−1, 1]. Divide bytes by 255");
    }
    if (readsPairs) pairs[i] = pairOf(pixel >> 2, pixel & 3);
    if (readsDoubles) whole[i] = pixel;
  }
  writeField(words, layout.program, "program", "timeSteps", options.timeSteps);
  writeField(words, layout.program, "program", "goesOn", goesOn ? 1 : 0);
  for (const stage of network.stages) {
    if (stage.kind === "poisson") {
      floats.set(data, layout.poissonPixels / 4);
      writeField(words, layout.others.get(stage)!, "poisson", "seed", options.seed);
    } else if (goesOn) {
      // What follows sets states back.
    } else if (stage.kind === "pool") {
      const { ownsCounts, counts, countStride, sent } = layout.pools.get(stage)!;
      const [, height, width] = stage.input.shape;
      if (ownsCounts) words.fill(0, counts / 4, counts / 4 + height * width * countStride);
      const { stride } = layout.frames.get(stage.signal)!;
      if (sent) words.fill(0, sent / 4, sent / 4 + stage.signal.shape[1] * stage.signal.shape[2] * stride);
    } else if (stage.kind === "population") {
      // Membranes and counts are set back by the first tile itself.
      const { charge, stateStride } = layout.populations.get(stage)!;
      const [, height, width] = stage.signal.shape;
      if (charge) doubles.fill(0, charge / 8, charge / 8 + height * width * stateStride);
    }
  }
}
