/** Tables in Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return `\n${[line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n")}\n`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");

/** As code, or nothing for nothing. */
export const code = (text: string): string => (text === "" ? "" : `\`${text}\``);

/** Text that is no Markdown: what would be taken for a tag or for emphasis stands for itself. */
export const plain = (text: string): string => text.replaceAll(/[<>*_`\\[\]]/g, "\\$&");
