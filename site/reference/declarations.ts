/** What the sources say of their types: doc comments and fields. */
import type { ESTree } from "vite";
import { readSource, type SourceFile } from "./source-file.ts";

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
  const source = readSource(file);
  const found = source.statements.flatMap((statement): Interface[] => {
    const node = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (node?.type !== "TSInterfaceDeclaration") return [];
    const { id, body, extends: bases } = node;
    return [
      {
        name: id.name,
        doc: asLine(source.docOf(statement)),
        fields: body.body.flatMap((member) => fieldOf(member, source)),
        bases: bases.map((base) => source.textOf(base)),
      },
    ];
  });
  return new Map(found.map((one) => [one.name, one]));
}

function fieldOf(member: ESTree.TSSignature, source: SourceFile): readonly Field[] {
  if (member.type !== "TSPropertySignature") return [];
  const type = member.typeAnnotation ? source.textOf(member.typeAnnotation.typeAnnotation) : "";
  return [
    {
      name: source.textOf(member.key),
      type: type.replaceAll(/\s+/g, " "),
      isOptional: member.optional,
      doc: asLine(source.docOf(member)),
    },
  ];
}

/** A doc comment in one line of Markdown; links between types become their names. */
function asLine(doc: string): string {
  return doc.replaceAll(/\s+/g, " ").replaceAll(/\{@link (\w+)[^}]*\}/g, "`$1`");
}
