/** A source file as Vite's own parser sees it: its statements, and the doc comment before each. */
import { readFileSync } from "node:fs";
import { type ESTree, parseSync } from "vite";

export interface SourceFile {
  readonly statements: ESTree.Program["body"];
  /** As written. */
  readonly textOf: (node: Span) => string;
  /** The doc comment that ends right before a node, without its asterisks; empty where there is none. */
  readonly docOf: (node: Span) => string;
  /** The file's first comment, where its role stands. */
  readonly header: string;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** @throws Error where the file is no TypeScript. */
export function readSource(file: string): SourceFile {
  const text = readFileSync(file, "utf8");
  const { program, comments, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const docs = comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"));
  const docOf = ({ start }: Span) => {
    const last = docs.findLast(({ end }) => end <= start);
    return last && text.slice(last.end, start).trim() === "" ? bare(last.value) : "";
  };
  const [first] = docs;
  return {
    statements: program.body,
    textOf: ({ start, end }) => text.slice(start, end),
    docOf,
    header: first && /^(#!.*)?\s*$/.test(text.slice(0, first.start)) ? bare(first.value) : "",
  };
}

function bare(comment: string): string {
  return comment
    .slice(1)
    .split("\n")
    .map((line) => line.replace(/^ ?\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}
