/** Tables in plain text. */
import { printable } from "../core/printable.ts";
import { print } from "./io.ts";

/** Rows of cells in columns as wide as they must be: the first to the left, the others to the right. */
export function printColumns(texts: readonly (readonly string[])[], indent = ""): void {
  // Before they are measured: an escaped letter is wider.
  const rows = texts.map((row) => row.map(printable));
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])));
    print(`${indent}${cells.join("  ")}`.trimEnd());
  }
}
