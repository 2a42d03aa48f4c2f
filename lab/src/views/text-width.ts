/** How wide a text is in the page's font, in parts of the font's size. */
const measuredAt = 100;
let context: OffscreenCanvasRenderingContext2D | null | undefined;

export function textWidth(text: string): number {
  if (context === undefined) {
    context = new OffscreenCanvas(1, 1).getContext("2d");
    if (context) context.font = `${measuredAt}px ${getComputedStyle(document.documentElement).fontFamily}`;
  }
  return context ? context.measureText(text).width / measuredAt : 0.6 * text.length;
}
