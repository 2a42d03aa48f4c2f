/** What a table of the report is: rows of cells, and how to show them. */
import type { Row } from "../figures/figure.ts";

export interface Column {
  readonly key: string;
  readonly label: string;
  /** How a cell is shown; as it is where absent. Nothing is shown as a dash. */
  readonly format?: (value: number, row: Row) => string;
}

export interface Table {
  /** File name without extension, and anchor in the page. */
  readonly id: string;
  /** `Table 1`. */
  readonly label: string;
  readonly title: string;
  /** Plain text. */
  readonly caption: string;
  /** The first names the row. */
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export function cellText({ key, format }: Column, row: Row): string {
  const cell = row[key];
  if (cell === null) return "–";
  return typeof cell === "number" && format ? format(cell, row) : String(cell);
}
