/** `inspect --calibrate`: how much of a DNN's outputs rests on negative activations, measured on pictures and told. */
import { ArgumentError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { leakyLayers, measureNegativeSide, type NegativeSide } from "../evaluate/negative-side.ts";
import type { Graph } from "../graph/graph.ts";
import { printColumns } from "./columns.ts";
import { calibrationPictures, networkInputs } from "./images.ts";
import { print, showProgress } from "./io.ts";

/** Means over more change by little. */
export const mostPictures = 8;

/** @throws ArgumentError where there is no DNN to measure. */
export async function negativeSideOn(folderOrSpec: string, dnn: Graph | undefined): Promise<NegativeSide | undefined> {
  if (!dnn) throw new ArgumentError("E_USAGE", "--calibrate measures the DNN, and the model file does not hold it");
  const pictures = await calibrationPictures(folderOrSpec);
  const count = Math.min(mostPictures, pictures.length);
  const some = Array.from({ length: count }, (_, i) => pictures[Math.floor((i * pictures.length) / count)]);
  const images: FloatTensor[] = [];
  for await (const image of networkInputs(some, dnn)) images.push(image);
  const progress = showProgress("cutting layers off at zero", leakyLayers(dnn).length + 1);
  try {
    return await measureNegativeSide(dnn, images, (done) => progress.update(done));
  } finally {
    progress.stop();
  }
}

export function printNegativeSide(side: NegativeSide | undefined): void {
  print();
  if (!side) {
    print("no layer is leaky: nothing of the outputs rests on negative activations");
    return;
  }
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  print("What rests on values below zero of leaky layers, of which plain IF neurons send nothing:");
  printColumns(
    [
      ["layer", "below zero", "cut off, the outputs change by"],
      ...side.layers.map(({ name, belowZero, outputError }) => [name, percent(belowZero), percent(outputError)]),
      ["all", "", percent(side.outputError)],
    ],
    "  ",
  );
}
