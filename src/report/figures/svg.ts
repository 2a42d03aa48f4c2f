/**
 * SVG documents from what the plotting library draws: standing for themselves (namespace, white background, title and
 * description), the same bytes from the same data, and one element a line, so that a change can be read in a diff.
 */
import * as Plot from "@observablehq/plot";
import type { Canvas } from "./figure.ts";
import { fontFamily, fontSizePx, ink, titleSizePx } from "./look.ts";

/** A plot within a figure. */
export interface Panel {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Inner SVG, without a document around it. */
  readonly content: string;
}

/** Draws one plot; its title, if any, stands over it in bold. */
export function drawPanel(
  { document }: Canvas,
  { title, ...options }: Omit<Plot.PlotOptions, "title"> & { readonly title?: string },
): Panel {
  const widthPx = options.width ?? 320;
  const heightPx = options.height ?? 200;
  const plot = Plot.plot({
    ...options,
    document,
    width: widthPx,
    height: heightPx,
    style: { fontFamily, fontSize: `${fontSizePx}px`, color: ink },
  });
  const heading = title ? `<text x="4" y="14" font-weight="bold" text-anchor="start">${escapeXml(title)}</text>` : "";
  const inner = plot.outerHTML.replace(/^<svg[^>]*>/, "").replace(/<\/svg>$/, "");
  return { widthPx, heightPx, content: `${heading}${tidy(inner)}` };
}

/** How panels of one width stand. */
export interface Grid {
  /** Panels in a row; the rest go below. */
  readonly columns: number;
  readonly widthPx: number;
}

/** As on a page; or where a column is to be filled, as many panels in a row as fit with `leastPx` each. */
export function gridOf({ columnPx }: Canvas, page: Grid, panels: number, leastPx: number): Grid {
  if (columnPx === undefined) return page;
  const columns = Math.max(1, Math.min(page.columns, panels, Math.floor(columnPx / leastPx)));
  return { columns, widthPx: Math.floor(columnPx / columns) };
}

const titleHeightPx = 30;
const titleMark = 'class="title"';

export interface SheetOptions {
  readonly id: string;
  readonly title: string;
  readonly alt: string;
  /** Panels in a row; the rest go below. */
  readonly columns: number;
}

/** Panels side by side under one title, as a document. Panels of a sheet are of one width, and a row is as high as its highest. */
export function drawSheet(panels: readonly Panel[], { id, title, alt, columns }: SheetOptions): string {
  const [{ widthPx }] = panels;
  const width = Math.min(columns, panels.length) * widthPx;
  const rows = Array.from({ length: Math.ceil(panels.length / columns) }, (_, row) =>
    panels.slice(row * columns, (row + 1) * columns),
  );
  let height = titleHeightPx;
  const placed: string[] = [];
  for (const row of rows) {
    for (const [i, { content }] of row.entries())
      placed.push(`<g transform="translate(${i * widthPx},${height})">${content}</g>`);
    height += Math.max(...row.map(({ heightPx }) => heightPx));
  }
  return isolateIds(
    toLines(
      [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc" font-family="${fontFamily}" font-size="${fontSizePx}" fill="${ink}" color="${ink}" text-anchor="middle">`,
        `<title id="title">${escapeXml(title)}</title>`,
        `<desc id="desc">${escapeXml(alt)}</desc>`,
        `<rect width="${width}" height="${height}" fill="white"/>`,
        `<text ${titleMark} x="4" y="19" font-size="${titleSizePx}" font-weight="bold" text-anchor="start">${escapeXml(title)}</text>`,
        ...placed,
        "</svg>",
      ].join(""),
    ),
    id,
  );
}

/** The same drawing without its title and the room that it takes: for a page that has it in a heading. */
export function withoutTitle(svg: string): string {
  if (!svg.includes(titleMark)) return svg;
  return svg
    .replace(/ height="(\d+)" viewBox="0 0 (\d+) \d+"/, (_, height, width) => {
      const rest = height - titleHeightPx;
      return ` height="${rest}" viewBox="0 ${titleHeightPx} ${width} ${rest}"`;
    })
    .replace(new RegExp(`<text ${titleMark}[\\s\\S]*?</text>\\s*`), "");
}

/** Gives the document's ids a prefix, and what refers to them, so that many documents fit into one page. */
export function isolateIds(svg: string, prefix: string): string {
  return svg
    .replace(/(\sid=")([^"]+)"/g, `$1${prefix}-$2"`)
    .replace(/(href="#|url\(#)([^")]+)/g, `$1${prefix}-$2`)
    .replace(/(aria-labelledby=")([^"]+)"/g, (_, name, ids) => {
      const prefixed = ids.split(" ").map((id: string) => `${prefix}-${id}`);
      return `${name}${prefixed.join(" ")}"`;
    });
}

/** Without the library's style and labels of parts; coordinates to a hundredth of a pixel; clip paths numbered anew. */
function tidy(svg: string): string {
  return svg.replace(/<style>[\s\S]*?<\/style>/g, "").replace(/<[^>]*>/g, (tag) =>
    tag
      .replace(/ aria-(label|hidden|description)="[^"]*"/g, "")
      .replace(/-?\d+\.\d{3,}(e-?\d+)?/g, (number) => String(Math.round(Number(number) * 100) / 100 || 0))
      .replace(/ \/>$/, "/>"),
  );
}

/** Every element on a line of its own; text keeps its parts together. */
function toLines(svg: string): string {
  return `${svg.replace(/(<(?!tspan|\/tspan|\/text|\/title|\/desc)[^>]+>)/g, "\n$1").trimStart()}\n`;
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
