/** A drawing at the size at which a paper or a slide prints it: no title of its own, text as large as asked for. */
import type { Canvas } from "./figures/figure.ts";
import { fontSizePx } from "./figures/look.ts";
import { withoutTitle } from "./figures/svg.ts";

export interface PaperSize {
  readonly widthInches: number;
  /** Of the smallest text. */
  readonly fontPoints: number;
}

const pointsPerInch = 72;

/** Drawings are laid out in px of which text is 12 high: the larger the text, the fewer of them make up the width. */
export function paperCanvas(canvas: Canvas, { widthInches, fontPoints }: PaperSize): Canvas {
  return { ...canvas, columnPx: Math.floor((widthInches * pointsPerInch * fontSizePx) / fontPoints) };
}

/** @param svg drawn on a {@link paperCanvas} of that size. */
export function sizedForPaper(svg: string, { widthInches }: PaperSize): string {
  return withoutTitle(svg).replace(/ width="([\d.]+)" height="([\d.]+)"/, (_, width, height) => {
    const inches = (px: string) => `${Number(((Number(px) * widthInches) / Number(width)).toFixed(4))}in`;
    return ` width="${inches(width)}" height="${inches(height)}"`;
  });
}
