/** What darknet's sections say of one layer: windows, functions, heads, normalization; or why they cannot. */
import { ConversionError } from "../core/errors.ts";
import type { Activation } from "../functions/function.ts";
import type { ConvolutionLayer, LayerOf } from "../graph/layers.ts";
import { darknetPool } from "../graph/windows.ts";
import { darknetActivations } from "../importers/darknet/activations.ts";

type Options = Readonly<Record<string, string | number>>;

/** What darknet adds to a variance: on the GPU, and where it folds. */
const epsilon = 1e-5;

/** @param mend what to do instead. */
export function refuse(name: string, why: string, mend = "Export it as ONNX"): never {
  throw new ConversionError("E_NOT_PORTABLE", `${name} ${why}. ${mend}`);
}

/** @throws ConversionError [E_NOT_PORTABLE], as all functions here. */
export function activationName({ name, activation }: LayerOf<"activation">): string {
  const found = [...darknetActivations].find(([, known]) => isSame(known, activation));
  return found ? found[0] : refuse(name, `computes ${JSON.stringify(activation)}, which darknet has no name for`);
}

/** Of numbers that other files hold as float32. */
function isSame(a: Activation, b: Activation): boolean {
  const rounded = (activation: Activation) =>
    JSON.stringify(
      Object.entries(activation)
        .map(([key, value]) => [key, typeof value === "number" ? Math.fround(value) : value])
        .sort(),
    );
  return rounded(a) === rounded(b);
}

export function convolutionOptions({ name, weights, strides, dilations, pads, groups }: ConvolutionLayer): Options {
  const [filters, , size, width] = weights.shape;
  if (size !== width) refuse(name, `has a kernel of ${width}×${size}; darknet's are square`);
  if (pads.some((pad) => pad !== pads[0]))
    refuse(name, `has ${pads.join(", ")} zeros beyond its edges; darknet has as many on all sides`);
  const dilation = size === 1 ? 1 : dilations[0];
  if (size > 1 && dilations[1] !== dilation) refuse(name, "is dilated differently along x and y");
  const padding = pads[0] / dilation;
  // Darknet counts windows as if they were not dilated, which is right for odd windows with zeros for half of one only.
  if (dilation > 1 && (size % 2 === 0 || padding !== (size - 1) / 2))
    refuse(
      name,
      `is dilated with ${pads[0]} zeros beyond its edges; darknet counts its windows rightly with others only`,
    );
  return {
    filters,
    size,
    ...strideOptions(strides),
    ...(padding === Math.floor(size / 2) ? { pad: 1 } : { padding }),
    ...(dilation > 1 ? { dilation } : {}),
    ...(groups > 1 ? { groups } : {}),
  };
}

export function poolOptions({ name, size, strides, pads }: LayerOf<"maxPool" | "averagePool">): Options {
  if (size[0] !== size[1]) refuse(name, `has windows of ${size[1]}×${size[0]}; darknet's are square`);
  const padding = pads[0] + pads[2];
  if (darknetPool(size[0], 1, padding).pads.join() !== pads.join())
    refuse(
      name,
      `has ${pads.join(", ")} cells beyond its edges; darknet has as many on all sides, or one more right and below`,
    );
  return { size: size[0], ...strideOptions(strides), padding };
}

function strideOptions([y, x]: readonly [number, number]): Options {
  return y === x ? { stride: y } : { stride: y, stride_y: y, stride_x: x };
}

/** Biases, scales, means and variances, as weights files have them; another ε is moved into the variance. */
export function normParameters(layer: LayerOf<"batchNorm">): readonly Float32Array[] {
  const { name, bias, scale, mean, variance } = layer;
  if (layer.epsilon === epsilon) return [bias, scale, mean, variance].map(({ data }) => data);
  const moved = variance.data.map((value) => value + layer.epsilon - epsilon);
  if (moved.some((value) => value < 0))
    refuse(
      name,
      `adds ${layer.epsilon} to variances and darknet ${epsilon}, more than these allow: fold it with --fold`,
    );
  return [...[bias, scale, mean].map(({ data }) => data), moved];
}

export function headOptions(head: LayerOf<"region" | "yolo" | "gaussianYolo">): Options {
  const num = head.anchors.length / 2;
  const shared = { anchors: head.anchors.join(","), classes: head.classes, num };
  if (head.kind === "region") return { ...shared, coords: 4, softmax: head.softmax ? 1 : 0 };
  const mask = Array.from({ length: num }, (_, i) => i).join(",");
  const isSquared = head.kind === "yolo" && head.sizes !== undefined;
  return { mask, ...shared, scale_x_y: head.scaleXY, ...(isSquared ? { new_coords: 1 } : {}) };
}
