/** Draws a raster: a mark for each spike up to the present step. On a canvas, since there are thousands. */
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
  readonly chosen: number;
}

export function paintRaster(canvas: HTMLCanvasElement, picture: RasterPicture): void {
  const { width, height, tops, rowHeight, lane, moment, chosen } = picture;
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

  context.fillStyle = color("--row");
  for (const top of tops) context.fillRect(0, top + rowHeight - 1, width, 0.5);
  context.fillStyle = color("--row-chosen");
  context.fillRect(0, tops[chosen] - 1, width, rowHeight + 1);

  const { axis, t } = moment;
  const inner = width - 4;
  const markWidth = Math.max(1, Math.min(5, (0.6 * inner) / moment.run.timeSteps));
  const colors = { positive: color("--spike"), negative: color("--spike-negative") };
  let step = 0;
  for (const checkpoint of lane.checkpoints) {
    const { raster } = checkpoint;
    for (let from = 0; from < raster.length; from += tops.length) {
      step++;
      const x = axis.at(step) * inner;
      for (let row = 0; row < tops.length; row++) {
        const spike = raster[from + row];
        if (spike === 0) continue;
        context.fillStyle = spike > 0 ? colors.positive : colors.negative;
        context.fillRect(x, tops[row], markWidth, rowHeight - 1);
      }
    }
  }
  context.fillStyle = color("--now");
  context.fillRect(axis.at(t) * inner + markWidth + 1, 0, 1, height);
}
