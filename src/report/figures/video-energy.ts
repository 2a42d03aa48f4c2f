/** Beyond the paper: what each frame of a video costs neurons that keep their state, beside a DNN that computes every frame anew. */
import { digits } from "../format.ts";
import type { Canvas, Figure } from "./figure.ts";
import { linePanel, type Series } from "./line-panel.ts";
import { lookOf } from "./look.ts";
import { drawSheet, gridOf } from "./svg.ts";

export interface VideoEnergyData {
  /** For people. */
  readonly video: string;
  /** Energy models, for people. */
  readonly models: readonly string[];
  readonly frames: readonly VideoFrameEnergy[];
}

export interface VideoFrameEnergy {
  /** Since the first frame. */
  readonly seconds: number;
  /** Accumulates for each multiply-accumulate of the DNN. */
  readonly acsPerMac: number;
  /** By energy model: the spiking network's joules for each of the DNN's in 32 bits, and in 8. */
  readonly ofDnn: readonly number[];
  readonly ofQuantized: readonly number[];
}

/** Joules of the DNN that the frame's are divided by. */
const opponents = { ofDnn: "the DNN in 32 bits", ofQuantized: "the DNN in 8 bits" } as const;

export function videoEnergyFigure({ video, models, frames }: VideoEnergyData, canvas: Canvas): Figure {
  const title = "Accumulates and energy of a video's frames, neurons keeping their state";
  const { columns, widthPx } = gridOf(canvas, { columns: 1, widthPx: 820 }, 3, 300);
  const x = { label: "seconds", type: "linear" } as const;
  const size = { widthPx, heightPx: canvas.columnPx === undefined ? 240 : 210, labelWidthPx: 250 };
  const activity = linePanel(canvas, {
    ...size,
    title: video,
    series: [line("accumulates", 0, frames, ({ acsPerMac }) => acsPerMac)],
    x,
    y: { label: "accumulates for each MAC of the DNN", type: "log" },
  });
  const energies = (Object.keys(opponents) as (keyof typeof opponents)[]).map((of) =>
    linePanel(canvas, {
      ...size,
      title: `against ${opponents[of]}, by energy model`,
      series: models.map((model, k) => line(model, k, frames, (frame) => frame[of][k])),
      rules: [{ y: 1, name: opponents[of] }],
      x,
      y: { label: `energy, in that of ${opponents[of]}`, type: "log" },
    }),
  );
  const later = frames.slice(1);
  const mean = (of: (frame: VideoFrameEnergy) => number) =>
    later.reduce((sum, frame) => sum + of(frame), 0) / Math.max(1, later.length);
  const spoken = models.map((model, k) => `${model} ${digits(mean(({ ofDnn }) => ofDnn[k]))}`).join(", ");
  const alt = `${title}. ${video}, ${frames.length} frames: ${digits(frames[0].acsPerMac)} accumulates a multiply-accumulate in the first frame${
    later.length > 0
      ? `, ${digits(mean(({ acsPerMac }) => acsPerMac))} in later ones; their energy in that of the DNN, by model: ${spoken}`
      : ""
  }.`;
  return {
    id: "figure-12",
    label: "Figure 12",
    title,
    caption:
      "The first frame comes to neurons at rest; later ones send what has changed. The picture's multiply-accumulates count where a pixel has changed. Below the dashed line a frame costs less than the DNN's.",
    alt,
    svg: drawSheet([activity, ...energies], { id: "figure-12", title, alt, columns }),
    rows: frames.flatMap(({ seconds, acsPerMac, ofDnn, ofQuantized }) =>
      models.map((model, k) => ({ seconds, acsPerMac, model, ofDnn: ofDnn[k], ofQuantized: ofQuantized[k] })),
    ),
  };
}

function line(
  name: string,
  k: number,
  frames: readonly VideoFrameEnergy[],
  costOf: (frame: VideoFrameEnergy) => number,
): Series {
  const points = frames.map((frame) => ({ x: frame.seconds, y: costOf(frame) })).filter(({ y }) => y > 0);
  return { name, look: lookOf(k), points };
}
