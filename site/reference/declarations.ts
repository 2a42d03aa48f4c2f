/** What the sources say of their types: doc comments and fields, read by the TypeScript compiler's parser. */
import { readFileSync } from "node:fs";
import ts from "typescript-6";

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly doc: string;
}

export interface Interface {
  readonly name: string;
  readonly doc: string;
  readonly fields: readonly Field[];
  /** Names of what it extends. */
  readonly bases: readonly string[];
}

export function interfacesOf(file: string): ReadonlyMap<string, Interface> {
  const source = parse(file);
  const found = source.statements.filter(ts.isInterfaceDeclaration).map((node): Interface => {
    const bases = node.heritageClauses?.flatMap(({ types }) => types.map((type) => type.getText(source))) ?? [];
    const fields = node.members.filter(ts.isPropertySignature).map((member) => ({
      name: member.name.getText(source),
      type: member.type?.getText(source).replaceAll(/\s+/g, " ") ?? "",
      isOptional: member.questionToken !== undefined,
      doc: docOf(member),
    }));
    return { name: node.name.text, doc: docOf(node), fields, bases };
  });
  return new Map(found.map((one) => [one.name, one]));
}

/** A file's first comment, where its role stands. */
export function headerOf(file: string): string {
  const text = readFileSync(file, "utf8");
  const [, comment = ""] = /^\s*\/\*\*([\s\S]*?)\*\//.exec(text) ?? [];
  return comment
    .split("\n")
    .map((line) => line.replace(/^ ?\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
}

function docOf(node: ts.Node): string {
  const text = ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "")
    .join(" ");
  return asMarkdown(text.replaceAll(/\s+/g, " ").trim());
}

/** Links between types become their names. */
export function asMarkdown(doc: string): string {
  return doc.replaceAll(/\{@link (\w+)[^}]*\}/g, "`$1`");
}
