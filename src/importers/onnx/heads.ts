/** The end of a network: which outputs hold boxes, in which layout, and what of the file has to be run to come to them. */
import { ImportError } from "../../core/errors.ts";
import type { HeadLayer } from "../../graph/layers.ts";
import { cellsOf } from "../../heads/layouts/boxes.ts";
import type { Layout, Shapes } from "../../heads/layouts/layout.ts";
import { classesOfLayout } from "../../heads/layouts/layouts.ts";
import { nodeMacs } from "../../onnx/macs.ts";
import { partTensor } from "../../onnx/part.ts";
import type { Builder } from "./builder.ts";
import { cutPart } from "./cut.ts";
import { type FamilyName, familyNames, familyOf, layoutChoices, usualStrides } from "./families.ts";
import type { Walked } from "./walk.ts";

/** Names that `--layout` takes: those of layouts, and darknet's heads on raw grids. */
export const layoutNames: readonly string[] = ["auto", ...Object.keys(layoutChoices), "region", "yolov3"];

export interface HeadOptions {
  readonly family: FamilyName | "auto";
  readonly layout: string;
  /** [width, height] pairs: in grid cells for `region`, in pixels for `yolov3`, smallest first. */
  readonly anchors: readonly number[] | undefined;
  readonly outputs: readonly string[];
  readonly input: { readonly width: number; readonly height: number };
  readonly file: string;
}

export interface Found {
  readonly family: FamilyName;
  readonly layout: string;
  readonly classes: number;
  readonly heads: readonly HeadLayer[];
  /** Multiply-accumulates that the tail runs densely. */
  readonly tailMacs: number;
}

/** What the outputs look like: enough to find out family and layout, before any layer is made. */
export interface Ending {
  readonly family: FamilyName;
  /** Undefined for darknet's heads, which are layers' outputs as they are. */
  readonly layout: Layout | undefined;
  readonly classes: number;
}

/**
 * @param shapes of the outputs, in order.
 * @param operators of the nodes behind the last convolutions.
 * @throws ImportError [E_LAYOUT] where no layout fits, or several do.
 */
export function findEnding(options: HeadOptions, shapes: Shapes, operators: ReadonlySet<string>): Ending {
  const { family, layout, input, file } = options;
  const shown = shapes.map((shape) => `[${shape?.join(", ") ?? "?"}]`).join(", ");
  const darknetLayout = layout === "region" || layout === "yolov3" || (family === "darknet" && layout === "auto");
  if (darknetLayout) return { family: "darknet", layout: undefined, classes: 0 };
  if (layout !== "auto") {
    const chosen = layoutChoices[layout];
    const classes = classesOfLayout(chosen, shapes, input);
    if (classes === undefined)
      throw new ImportError("E_LAYOUT", `${file}: outputs ${shown} are not of layout ${layout}`);
    if (family === "auto")
      throw new ImportError(
        "E_FAMILY",
        `${file}: --layout ${layout} needs --family NAME, which says what a picture must be`,
      );
    return { family, layout: chosen, classes };
  }
  const hasOneEachCell = shapes[0]?.[1] === cellsOf(input, usualStrides);
  const endings = (family === "auto" ? familyNames : [family]).flatMap((name): Ending[] => {
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
    `${file}: its outputs ${shown} are of no layout known${family === "auto" ? "" : ` of family ${family}`}. Name one by --family (${familyNames.join(", ")}) or --layout (${layoutNames.join(", ")}); raw grids of darknet need --family darknet and --anchors`,
  );
}

function meaningOf({ family, layout }: Ending): string {
  return JSON.stringify([familyOf(family).picture, layout]);
}

/** Makes the head layers. */
export function makeHeads(options: HeadOptions, ending: Ending, walked: Walked, builder: Builder): Found {
  if (!ending.layout) return darknetHeads(options, walked, builder);
  const { signals, source } = walked;
  const part = cutPart(source, options.outputs, (value) => {
    const signal = signals.get(value);
    return signal && [signal.planes.length, signal.height, signal.width];
  });
  if (part.inputs.length === 0)
    throw new ImportError("E_ONNX", `${options.file}: nothing of it depends on the picture`);
  const inputs = part.inputs.map((value) => builder.exactly(signals.get(value) as never, value));
  const { classes, family, layout } = ending;
  const head = {
    kind: "tail",
    name: builder.freeName("tail"),
    inputs,
    model: partTensor(part.bytes),
    layout,
    classes,
  } as const;
  const tailMacs = part.nodes.reduce((sum, node) => sum + nodeMacs(node, source.infos), 0);
  return { family, layout: layout.name, classes, heads: [head], tailMacs };
}

function darknetHeads(options: HeadOptions, { signals }: Walked, builder: Builder): Found {
  const { file, outputs, anchors, input } = options;
  const fail = (what: string): never => {
    throw new ImportError("E_LAYOUT", `${file}: ${what}`);
  };
  if (!anchors || anchors.length === 0) return fail("darknet's heads need their anchors: add --anchors W,H,W,H,…");
  const isRegion = options.layout === "region" || (options.layout === "auto" && outputs.length === 1);
  const grids = outputs.map((value) => {
    const signal =
      signals.get(value) ?? fail(`its output ${value.slice(0, 80)} is not a convolution's, as darknet's heads are`);
    return { value, signal };
  });
  // Smallest anchors belong to the finest grid.
  const ranked = [...grids].sort((a, b) => b.signal.height - a.signal.height);
  const each = anchors.length / 2 / grids.length;
  if (!Number.isInteger(each)) return fail(`${anchors.length / 2} anchors do not divide among ${grids.length} grids`);
  const heads = grids.map(({ value, signal }): HeadLayer => {
    const place = ranked.findIndex((grid) => grid.value === value);
    const own = anchors.slice(2 * each * place, 2 * each * (place + 1));
    const classes = signal.planes.length / each - 5;
    if (!Number.isInteger(classes) || classes < 1)
      return fail(`${signal.planes.length} channels are not those of ${each} anchors`);
    const base = { inputs: [builder.exactly(signal, value)], classes, anchors: own };
    return isRegion
      ? { ...base, kind: "region", name: builder.freeName(`region_${value}`), softmax: true }
      : { ...base, kind: "yolo", name: builder.freeName(`yolo_${value}`), scaleXY: 1 };
  });
  const { classes } = heads[0];
  if (heads.some((head) => head.classes !== classes)) return fail("its grids hold different numbers of classes");
  if (isRegion && anchors.some((anchor) => anchor > Math.max(input.width, input.height) / 8))
    return fail("anchors of a region head are in cells of its grid, not in pixels");
  return { family: "darknet", layout: isRegion ? "region" : "yolov3", classes, heads, tailMacs: 0 };
}
