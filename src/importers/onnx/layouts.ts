/** How a tail's outputs are read as boxes: by their shapes, where the family leaves a choice. */
import type { TailLayout } from "../../heads/head.ts";
import type { Family } from "./families.ts";

interface Output {
  readonly name: string;
  readonly dims: readonly number[];
}

export function layoutFor(
  family: Family,
  outputs: readonly Output[],
  fail: (what: string) => never,
): { readonly layout: TailLayout; readonly classes: number } {
  const shapes = outputs.map(({ name, dims }) => `${name} [${dims.join(", ")}]`).join(", ");
  const unknown = () => fail(`has outputs that no known layout reads: ${shapes}. Give one by --layout, or --family`);
  if (outputs.length === 1) {
    const [, rows, columns, ...more] = outputs[0].dims;
    if (more.length > 0 || columns === undefined) return unknown();
    if (family === "yolox") return { layout: "yolox", classes: columns - 5 };
    if (columns === 6 && rows !== 6) return { layout: "rows", classes: 65_536 };
    if (rows < columns) return { layout: "columns", classes: rows - 4 };
    return { layout: "objectness", classes: columns - 5 };
  }
  const scores = outputs.find(({ dims }) => dims.length === 3 && dims[2] !== 4);
  const boxes = outputs.find(({ dims }) => dims.length === 3 && dims[2] === 4);
  if (outputs.length === 2 && scores && boxes && scores.dims[1] === boxes.dims[1])
    return { layout: "scoresAndBoxes", classes: scores.dims[2] - 1 };
  return unknown();
}
