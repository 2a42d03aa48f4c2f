/**
 * The DNN as an ONNX file (operator set 17, float32, one picture): from the picture to the raw maps that heads decode.
 *
 * What a picture must be and how heads read the maps are no operators of the file. They stand in its metadata: `names` and `imgsz` as
 * Ultralytics writes them, `preprocessing` and `heads` as JSON of this program's own fields.
 */
import { ConversionError } from "../core/errors.ts";
import { graphToOnnx } from "../dnn/graph-to-onnx.ts";
import { type Graph, headsOf, inputOf } from "../graph/graph.ts";
import { isHead } from "../graph/layers.ts";
import { describeHead, type Exported, pictureLine } from "./exporter.ts";

/** @throws ConversionError [E_NOT_PORTABLE] for islands; EngineError [E_NOT_A_DNN] for a spiking graph. */
export function exportOnnx(dnn: Graph): Exported {
  const island = dnn.layers.find(({ kind }) => kind === "island");
  if (island)
    throw new ConversionError(
      "E_NOT_PORTABLE",
      `${island.name} is an island: operators of the file that it came from, maybe of another ONNX version. Use that file`,
    );
  const heads = headsOf(dnn);
  const input = inputOf(dnn);
  const [, height, width] = input.shape;
  const outputs = [...new Set(heads.flatMap(({ inputs }) => inputs))];
  const metadata = {
    ...(dnn.classNames.length > 0 ? { names: pythonDictionary(dnn.classNames) } : {}),
    imgsz: `[${height}, ${width}]`,
    preprocessing: JSON.stringify(dnn.preprocessing),
    heads: JSON.stringify(heads.map(describeHead)),
  };
  const isRounded = dnn.layers.some((layer) => layer.kind === "activation" && layer.trainedLambda);
  const layers = dnn.layers.filter((layer) => !isHead(layer));
  return {
    bytes: graphToOnnx(dnn, outputs, { layers, inputs: [input.name], metadata }),
    notPortable: [
      `the picture: ${pictureLine(dnn.preprocessing, input.name, width, height)}`,
      ...heads.map(
        ({ name, kind, inputs }) =>
          `head ${name} (${kind}): boxes have to be decoded from ${inputs.length > 1 ? "outputs" : "output"} ${inputs.join(", ")}`,
      ),
      "suppression of boxes that overlap",
      ...(isRounded ? ["ranges of activations that training through the spikes rounded to whole counts"] : []),
    ],
  };
}

/** As Python reads it: {0: "cat", 1: "dog"}. */
function pythonDictionary(names: readonly string[]): string {
  return `{${names.map((name, i) => `${i}: ${JSON.stringify(name)}`).join(", ")}}`;
}
