/** Rows as CSV (RFC 4180): a header, one line a row, lines ending in CR LF. */
import type { Row } from "./figures/figure.ts";

/**
 * Rows as the text of a CSV file (RFC 4180): a header, one line a row, lines ending in CR LF.
 * @param rows of the same columns; without rows, without a header.
 */
export function toCsv(rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const columns = Object.keys(rows[0]);
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return lines
    .map((cells) => `${cells.map((cell) => quoted(cell === null ? "" : String(cell))).join(",")}\r\n`)
    .join("");
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
