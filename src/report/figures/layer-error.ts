/** Beyond the paper: how far each layer is from the DNN's, over time: where accuracy goes. */
import { digits } from "../format.ts";
import { evenTicks } from "./axis.ts";
import type { Canvas, Figure } from "./figure.ts";
import { linePanel } from "./line-panel.ts";
import { lookOf } from "./look.ts";
import { drawSheet, gridOf } from "./svg.ts";

export interface LayerErrorData {
  readonly layers: readonly string[];
  readonly configurations: readonly {
    readonly configuration: string;
    /** ‖λ·n/t − a‖₂ / ‖a‖₂ by layer, at some steps. */
    readonly at: readonly { readonly t: number; readonly errors: readonly number[] }[];
  }[];
}

/** Errors above this say no more than that nothing is right. */
const mostDrawn = 1.2;

export function layerErrorFigure({ layers, configurations }: LayerErrorData, canvas: Canvas): Figure {
  const title = "Conversion error of each layer";
  const top = Math.max(...configurations.flatMap(({ at }) => at.flatMap(({ errors }) => errors)));
  const drawnTop = Math.min(mostDrawn, top);
  const { columns, widthPx } = gridOf(canvas, { columns: 3, widthPx: 340 }, configurations.length, 250);
  const panels = configurations.map(({ configuration, at }) =>
    linePanel(canvas, {
      title: configuration,
      series: at.map(({ t, errors }, i) => ({
        name: `T = ${t}`,
        look: lookOf(i),
        points: errors.map((error, layer) => ({ x: layers[layer], y: Math.min(error, mostDrawn) })),
      })),
      x: { label: "layer", type: "category", domain: layers },
      y: { label: "relative error", type: "linear", domain: [0, evenTicks(drawnTop).at(-1) as number] },
      widthPx,
      heightPx: 290,
      labelWidthPx: 84,
    }),
  );
  const last = configurations.map(({ configuration, at }) => {
    const { t, errors } = at[at.length - 1];
    return `${configuration} after ${t} steps: ${layers.map((layer, i) => `${layer} ${digits(errors[i])}`).join(", ")}.`;
  });
  const alt = `${title}. ${last.join(" ")}`;
  return {
    id: "figure-8",
    label: "Figure 8",
    title,
    caption:
      "Distance of λ·n/t to the DNN's activations, relative to their norm, mean over pictures. A layer's error holds what it was handed by the layers before it: accuracy is lost where the line rises. The last layer is the head's readout, by its spike count. Errors above 1.2 are drawn at 1.2.",
    alt,
    svg: drawSheet(panels, { id: "figure-8", title, alt, columns }),
    rows: configurations.flatMap(({ configuration, at }) =>
      at.flatMap(({ t, errors }) => errors.map((error, i) => ({ configuration, t, layer: layers[i], error }))),
    ),
  };
}
