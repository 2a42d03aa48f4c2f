/** The end of a network: which outputs hold boxes, in which layout, and what of the file has to be run to come to them. */
import { ImportError } from "../../core/errors.ts";
import { floatTensor } from "../../core/tensor.ts";
import type { HeadLayer, LayerOf } from "../../graph/layers.ts";
import type { Head } from "../../heads/head.ts";
import { cellsOf } from "../../heads/layouts/boxes.ts";
import type { Layout, Shapes } from "../../heads/layouts/layout.ts";
import { classesOfLayout } from "../../heads/layouts/layouts.ts";
import { denseMacs } from "../../onnx/macs.ts";
import { partTensor } from "../../onnx/part.ts";
import type { ReadValue } from "../../onnx/read-onnx.ts";
import { type Builder, unitConvolution } from "./builder.ts";
import { cutPart, type Part } from "./cut.ts";
import { type FamilyName, familyNames, familyOf, layoutChoices, usualStrides } from "./families.ts";
import type { Signal } from "./signals.ts";
import type { Walked } from "./walk.ts";

export interface EndOptions {
  readonly family: FamilyName | undefined;
  readonly layout: string | undefined;
  readonly outputs: readonly ReadValue[];
  readonly input: { readonly width: number; readonly height: number };
  readonly file: string;
}

/** Whose export a file is, and how its outputs hold boxes. */
export interface Ending {
  readonly family: FamilyName;
  readonly layout: Layout;
  readonly classes: number;
}

/** Names that `--layout` takes. */
export const layoutNames: readonly string[] = Object.keys(layoutChoices);

/**
 * @param shapes of the outputs, in order.
 * @param operators of the nodes behind the last convolutions.
 * @throws ImportError [E_LAYOUT] where no layout fits, [E_FAMILY] where several families do.
 */
export function findEnding(options: EndOptions, shapes: Shapes, operators: ReadonlySet<string>): Ending {
  const { family, layout, input, file } = options;
  const shown = shapes.map((shape) => `[${shape?.join(", ") ?? "?"}]`).join(", ");
  if (layout !== undefined) return chosenEnding(options, layout, shapes, shown);
  const hasOneEachCell = shapes[0]?.[1] === cellsOf(input, usualStrides);
  const endings = (family ? [family] : familyNames).flatMap((name): Ending[] => {
    for (const choice of familyOf(name).layouts) {
      if (choice.hasExp !== undefined && choice.hasExp !== operators.has("Exp")) continue;
      if (choice.hasSoftmax !== undefined && choice.hasSoftmax !== operators.has("Softmax")) continue;
      if (choice.hasOneEachCell !== undefined && choice.hasOneEachCell !== hasOneEachCell) continue;
      if (choice.outputs !== undefined && choice.outputs !== shapes.length) continue;
      const classes = classesOfLayout(choice.layout, shapes, input);
      if (classes !== undefined && classes === (choice.classes ?? classes))
        return [{ family: name, layout: choice.layout, classes }];
    }
    return [];
  });
  const [first] = endings;
  // Families that want the same of a picture and read its boxes alike are one.
  const others = endings.filter((ending) => meaningOf(ending) !== meaningOf(first));
  if (others.length > 0)
    throw new ImportError(
      "E_FAMILY",
      `${file}: its outputs ${shown} may be of ${[first, ...others].map((ending) => ending.family).join(" or ")}, which want other pictures. Say which by --family`,
    );
  if (first) return first;
  throw new ImportError(
    "E_LAYOUT",
    `${file}: its outputs ${shown} are of no layout known${family ? ` of family ${family}` : ""}. Name one by --family (${familyNames.join(", ")}) or --layout (${layoutNames.join(", ")}); raw grids of darknet need --heads CFG`,
  );
}

function chosenEnding({ family, input, file }: EndOptions, layout: string, shapes: Shapes, shown: string): Ending {
  const chosen = layoutChoices[layout];
  const classes = chosen && classesOfLayout(chosen, shapes, input);
  if (classes === undefined)
    throw new ImportError("E_LAYOUT", `${file}: its outputs ${shown} are not of layout ${layout}`);
  if (!family)
    throw new ImportError("E_FAMILY", `${file}: --layout ${layout} needs --family, which says what a picture must be`);
  return { family, layout: chosen, classes };
}

function meaningOf({ family, layout }: Ending): string {
  return JSON.stringify([familyOf(family).picture, layout]);
}

/** What turns the last layers' values into the outputs. */
export function endingPart(options: EndOptions, { signals, source }: Walked): Part {
  const names = options.outputs.map(({ name }) => name);
  const part = cutPart(source, names, (value) => {
    const signal = signals.get(value);
    return signal && [signal.planes.length, signal.height, signal.width];
  });
  if (part.inputs.length === 0)
    throw new ImportError("E_ONNX", `${options.file}: nothing of it depends on the picture`);
  return part;
}

/** The tail as a head. */
export function tailHead(
  part: Part,
  { layout, classes }: Ending,
  { signals }: Walked,
  builder: Builder,
): LayerOf<"tail"> {
  return {
    kind: "tail",
    name: builder.freeName("tail"),
    inputs: part.inputs.map((value) => readable(signals.get(value) as Signal, value, builder)),
    model: partTensor(part.bytes),
    inputNames: part.inputNames,
    outputNames: part.outputNames,
    layout,
    classes,
  };
}

/** Multiply-accumulates that a part takes each time it runs. */
export function macsOfPart(part: Part, { source }: Walked): number {
  return part.nodes.reduce((sum, node) => sum + denseMacs(node, source.infos), 0);
}

/**
 * YOLOv8's and 11's head, where the tail decodes it: so the input may have another size than the one that the export's tail is made
 * for. Told by what the tail reads: for each grid a map of distances and one of as many classes as the output has.
 */
export function dflHead(
  options: EndOptions,
  part: Part,
  { signals }: Walked,
  builder: Builder,
): LayerOf<"dfl"> | undefined {
  const rows = options.outputs[0]?.shape?.[1];
  const maps = part.inputs.map((value) => ({ value, signal: signals.get(value) as Signal }));
  if (options.outputs.length !== 1 || typeof rows !== "number" || !part.nodes.some(({ op }) => op === "Softmax"))
    return undefined;
  const classes = rows - 4;
  const byGrid = (a: (typeof maps)[number], b: (typeof maps)[number]) => b.signal.height - a.signal.height;
  const scores = maps.filter(({ signal }) => signal.planes.length === classes).sort(byGrid);
  const distances = maps.filter((map) => !scores.includes(map)).sort(byGrid);
  const channels = distances[0]?.signal.planes.length ?? 0;
  const isPaired =
    scores.length === distances.length &&
    distances.every(({ signal }, i) => signal.planes.length === channels && signal.height === scores[i].signal.height);
  if (channels === 0 || !isPaired || channels % 4 !== 0) return undefined;
  const ordered = distances.flatMap((map, i) => [map, scores[i]]);
  const inputs = ordered.map(({ signal, value }) => readable(signal, value, builder));
  return { kind: "dfl", name: builder.freeName("dfl"), inputs, classes, bins: channels / 4 };
}

/** Heads that are given for outputs which are maps of convolutions, in order. */
export function givenHeads(
  heads: readonly Head[],
  { outputs, file }: EndOptions,
  { signals }: Walked,
  builder: Builder,
): readonly HeadLayer[] {
  if (heads.length !== outputs.length)
    throw new ImportError("E_LAYOUT", `${file} has ${outputs.length} outputs, but ${heads.length} heads are given`);
  return heads.map((head, i): HeadLayer => {
    const { name } = outputs[i];
    const signal = signals.get(name);
    if (!signal)
      throw new ImportError(
        "E_LAYOUT",
        `${file}: its output ${name.slice(0, 80)} is no convolution's map, which a head reads`,
      );
    return { ...head, name: builder.freeName(`${head.kind}${i}`), inputs: [readable(signal, name, builder)] };
  });
}

/** Heads read linear maps; what is none passes through a convolution with one weight of 1 a channel. */
function readable(signal: Signal, value: string, builder: Builder): string {
  const name = builder.exactly(signal, value);
  const { kind } = builder.layer(name);
  if (kind === "convolution" || kind === "batchNorm" || kind === "sum") return name;
  const channels = signal.planes.length;
  const weights = floatTensor([channels, 1, 1, 1], new Float32Array(channels).fill(1));
  return builder.add(`${name}_read`, { ...unitConvolution(name, channels), weights }).planes[0].layer;
}
