/** At a view's foot: its drawing and its numbers, to be kept. */
import type { RefObject } from "react";
import { type Row, toCsv } from "../../../src/index.ts";
import { saveFile } from "./save-file.ts";
import { standaloneSvg } from "./standalone-svg.ts";

export interface Keepable {
  /** Of the files, without their ends. */
  readonly name: string;
  readonly rows: () => readonly Row[];
  /** The drawing, where the page's own is none that can be taken as it is. */
  readonly svg?: () => string;
}

export function KeepView({
  view,
  title,
  name,
  rows,
  svg,
}: Keepable & { readonly view: RefObject<HTMLElement | null>; readonly title: string }) {
  const saveDrawing = () => {
    const drawing = svg?.() ?? (view.current && standaloneSvg(view.current, title));
    if (drawing) saveFile(new Blob([drawing], { type: "image/svg+xml" }), `${name}.svg`);
  };
  return (
    <p className="keep">
      <button type="button" onClick={saveDrawing}>
        Save as SVG<span className="visually-hidden">: {title}</span>
      </button>
      <button type="button" onClick={() => saveFile(new Blob([toCsv(rows())], { type: "text/csv" }), `${name}.csv`)}>
        CSV<span className="visually-hidden">: {title}</span>
      </button>
    </p>
  );
}
