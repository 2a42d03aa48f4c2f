/**
 * Draws a raster: a mark for each spike up to the present step, the wider the more it weighs. On a canvas, since there are
 * thousands.
 */
import { stepWeight } from "../../../src/index.ts";
import type { LaneMoment, Moment } from "./moment.ts";

export interface RasterPicture {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Upper edge of each neuron's row. */
  readonly tops: readonly number[];
  readonly rowHeight: number;
  readonly lane: LaneMoment;
  readonly moment: Moment;
  /** −1 for none. */
  readonly chosen: number;
}

export function paintRaster(canvas: HTMLCanvasElement, picture: RasterPicture): void {
  const { width, height } = picture;
  const density = devicePixelRatio;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  if (!context) return;
  const style = getComputedStyle(canvas);
  const color = (name: string) => style.getPropertyValue(name).trim();
  context.scale(density, density);
  drawRaster(context, color, picture);
}

/** What a raster is drawn on: a canvas, or what makes a file of it. */
export type RasterContext = Pick<CanvasRenderingContext2D, "fillRect"> & { fillStyle: unknown };

/** @param color by the name of a style sheet's variable. */
export function drawRaster(
  context: RasterContext,
  color: (name: string) => string,
  { width, height, tops, rowHeight, lane, moment, chosen }: RasterPicture,
): void {
  context.fillStyle = color("--row");
  for (const top of tops) context.fillRect(0, top + rowHeight - 1, width, 0.5);
  context.fillStyle = color("--row-chosen");
  if (chosen >= 0) context.fillRect(0, tops[chosen] - 1, width, rowHeight + 1);

  const { axis } = lane;
  const t = Math.min(moment.t, lane.info.timeSteps);
  const inner = width - 4;
  const room = inner / lane.info.timeSteps;
  /** A mark of weight 1, and as much again for each doubling, as far as there is room. */
  const unit = Math.max(1, Math.min(5, 0.6 * room));
  const markWidth = (step: number) =>
    Math.max(unit, Math.min(unit * (1 + Math.log2(stepWeight(step, lane.info.phases))), 0.8 * room));
  const left = (step: number) => Math.min(axis.at(step) * inner, width - markWidth(step));
  const colors = { positive: color("--spike"), negative: color("--spike-negative") };
  let step = 0;
  for (const checkpoint of lane.checkpoints) {
    const { raster } = checkpoint;
    for (let from = 0; from < raster.length; from += tops.length) {
      step++;
      const [x, wide] = [left(step), markWidth(step)];
      for (let row = 0; row < tops.length; row++) {
        const spike = raster[from + row];
        if (spike === 0) continue;
        context.fillStyle = spike > 0 ? colors.positive : colors.negative;
        context.fillRect(x, tops[row], wide, rowHeight - 1);
      }
    }
  }
  context.fillStyle = color("--now");
  context.fillRect(axis.at(t) * inner + markWidth(t) + 1, 0, 1, height);
}
