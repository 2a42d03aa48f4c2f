/** Snippets of the project's pages: fenced blocks, and the indented blocks that hold commands. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export interface Snippet {
  /** Path of the page. */
  readonly page: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** Of a fence: what stands behind its backticks. */
  readonly language: string;
  readonly text: string;
}

/** Pages that say how the program is used, in the order of their names. */
export const pages: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  ...["docs", "docs/decisions", "models"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .sort()
      .map((name) => `${folder}/${name}`),
  ),
];

/** All blocks of a page in order; an indented block within a list is the list's. */
export function snippetsOf(page: string): readonly Snippet[] {
  const lines = readFileSync(join(root, page), "utf8").split("\n");
  const snippets: Snippet[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, fence, language] = /^( *```)(\w*)/.exec(lines[i]) ?? [];
    const isIndented = /^ {4}\S/.test(lines[i]) && (i === 0 || lines[i - 1].trim() === "");
    if (fence === undefined && !isIndented) continue;
    const first = fence === undefined ? i : i + 1;
    let end = first;
    while (end < lines.length && (fence === undefined ? /^ {4}/.test(lines[end]) : !lines[end].startsWith(fence)))
      end++;
    const text = lines.slice(first, end).map((line) => (fence === undefined ? line.slice(4) : line));
    snippets.push({ page, line: first + 1, language: language ?? "", text: `${text.join("\n")}\n` });
    i = end;
  }
  return snippets;
}
