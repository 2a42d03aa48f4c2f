/**
 * The DNN as an ONNX file (operator set 17, float32, one picture): from the picture to the raw maps that heads decode.
 *
 * What a picture must be and how heads read the maps are no operators of the file. They stand in its metadata: `names` and `imgsz` as
 * Ultralytics writes them, `preprocessing` and `heads` as JSON of this program's own fields.
 */
import { ConversionError } from "../core/errors.ts";
import type { Preprocessing } from "../core/preprocessing.ts";
import { graphToOnnx } from "../dnn/graph-to-onnx.ts";
import { type Graph, headsOf, inputOf } from "../graph/graph.ts";
import { type HeadLayer, isHead } from "../graph/layers.ts";
import type { Exported } from "./exporter.ts";

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
    heads: JSON.stringify(heads.map(describe)),
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

/** A head's own numbers; the operators that a tail keeps are left out. */
function describe({ name: _, ...head }: HeadLayer): Record<string, unknown> {
  return head.kind === "tail" ? { ...head, model: undefined } : head;
}

/** As Python reads it: {0: "cat", 1: "dog"}. */
function pythonDictionary(names: readonly string[]): string {
  return `{${names.map((name, i) => `${i}: ${JSON.stringify(name)}`).join(", ")}}`;
}

function pictureLine({ fit, filter, order, pad, mean }: Preprocessing, input: string, width: number, height: number) {
  const parts = [
    `given as "${input}", ${width}x${height}, ${order ?? "rgb"}, 0 to 1`,
    ...(mean ? [`less ${mean.map((value) => Number(value.toPrecision(6))).join(", ")}`] : []),
    `fitted by ${fit}${fit === "stretch" ? "" : ` on ${Number((pad ?? 0.5).toPrecision(6))}`}`,
    `resampled by filter ${filter}`,
  ];
  return parts.join(", ");
}
