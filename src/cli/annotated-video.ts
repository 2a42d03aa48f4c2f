/** The annotated video of `detect --out FILE.mp4`: each frame with the boxes of DNN and spiking network, and what frames cost below. */
import { realpath } from "node:fs/promises";
import { encodePng, rasterizeSvg } from "#platform";
import { ArgumentError } from "../core/errors.ts";
import type { FrameSource, SeenFrame } from "../detections/video.ts";
import { drawVideoFrame, type FrameCost } from "../image/draw-video.ts";
import { emptyFile, type OutputFlags, refuseToReplace } from "./outputs.ts";
import { expectVideoName, openVideoWriter, type VideoWriter } from "./video-writer.ts";

export interface AnnotatedVideo extends Pick<VideoWriter, "finish" | "discard"> {
  add(frame: SeenFrame): Promise<void>;
}

export interface AnnotatedVideoOptions {
  readonly fps: number;
  readonly classNames: readonly string[];
  readonly dnnMacs: number;
}

/** Frames of this rate where nobody says theirs. */
export const usualFps = 25;

/** Panels no wider than this: two of them fill a screen. */
const maxPanelWidth = 640;
/** And no narrower, since labels would cover what they name. */
const minPanelWidth = 480;

/** @throws ArgumentError [E_USAGE, E_EXISTS] where the file cannot be that of these videos; called before long work. */
export async function expectVideoOut(path: string, sources: readonly FrameSource[], flags: OutputFlags): Promise<void> {
  expectVideoName(path);
  if (sources.length > 1)
    throw new ArgumentError("E_USAGE", "--out names one video: run detect on each video by itself");
  const [source, target] = await Promise.all([sources[0].path, path].map((name) => realpath(name).catch(() => name)));
  if (source === target) throw new ArgumentError("E_USAGE", `--out ${path} is the video itself. Name another file`);
  await refuseToReplace(path, emptyFile, flags);
}

export function openAnnotatedVideo(path: string, { fps, classNames, dnnMacs }: AnnotatedVideoOptions): AnnotatedVideo {
  const writer = openVideoWriter(path, fps);
  const costs: FrameCost[] = [];
  return {
    async add({ result: { dnn, snn, cut = false }, picture }) {
      costs.push({ ratio: snn.synOps / dnnMacs, isCut: cut });
      const { width, height } = picture;
      const pictureUri = `data:image/png;base64,${Buffer.from(await encodePng(picture)).toString("base64")}`;
      const panels = [
        ...(dnn ? [{ title: "DNN", detections: dnn }] : []),
        { title: "Spiking network", detections: snn.detections },
      ];
      const panelWidthPx = Math.max(minPanelWidth, Math.min(maxPanelWidth, width));
      const svg = drawVideoFrame({ pictureUri, width, height, panels, classNames, panelWidthPx }, costs);
      await writer.write(await rasterizeSvg(svg));
    },
    finish: writer.finish,
    discard: writer.discard,
  };
}
