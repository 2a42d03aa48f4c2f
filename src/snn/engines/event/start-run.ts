/** Sets a loaded network back to its start, and puts a picture before it. */
import { EngineError } from "../../../core/errors.ts";
import type { FloatTensor } from "../../../core/tensor.ts";
import type { RunOptions } from "../../engine.ts";
import { quantizePixels } from "../../input-coding.ts";
import type { LoadedNetwork } from "./loaded-network.ts";
import { writeField } from "./records.ts";

export function startRun({ network, layout, views }: LoadedNetwork, image: FloatTensor, options: RunOptions): void {
  const { words, doubles, floats } = views;
  // Beyond ±1 a current could exceed what checkBounds has allowed for.
  if (!image.data.every((value) => Math.abs(value) <= 1)) {
    throw new EngineError("E_PICTURE", "a picture's values must lie within [−1, 1]. Divide bytes by 255");
  }
  doubles.set(quantizePixels(image), layout.pixels / 8);
  floats.set(image.data, layout.poissonPixels / 4);
  writeField(words, layout.program, "program", "timeSteps", options.timeSteps);
  for (const stage of network.stages) {
    if (stage.kind === "poisson") {
      writeField(words, layout.others.get(stage)!, "poisson", "seed", options.seed);
    } else if (stage.kind === "pool") {
      const { ownsCounts, counts, countStride } = layout.pools.get(stage)!;
      const [, height, width] = stage.input.shape;
      if (ownsCounts) words.fill(0, counts / 4, counts / 4 + height * width * countStride);
    } else if (stage.kind === "population") {
      // Membranes and counts are set back by the first tile itself.
      const { constant, charge, stateStride } = layout.populations.get(stage)!;
      const [, height, width] = stage.signal.shape;
      const size = height * width * stateStride;
      if (constant) words.fill(0, constant / 4, constant / 4 + size);
      if (charge) doubles.fill(0, charge / 8, charge / 8 + size);
    }
  }
}
