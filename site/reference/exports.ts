/** Everything that the package exports: each name's declaration and doc comment, from the sources that `src/index.ts` names. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ESTree } from "vite";
import { readSource, type SourceFile, type Span } from "./source-file.ts";

export interface Export {
  readonly name: string;
  readonly isType: boolean;
  /** Below `src`: its first folder. */
  readonly room: string;
  /** Without function bodies. */
  readonly declaration: string;
  readonly doc: string;
}

/** @param src the folder of the sources. @throws Error for a name that is declared nowhere. */
export function exportsOf(src: string): readonly Export[] {
  const index = join(src, "index.ts");
  return readSource(index).statements.flatMap((statement): readonly Export[] => {
    if (statement.type === "ExportAllDeclaration") {
      const file = resolveModule(index, statement.source.value, src);
      return [...declarationsOf(readSource(file))]
        .filter(([, { isType }]) => isType)
        .map(([name, found]) => ({ name, room: roomOf(file, src), ...found }));
    }
    if (statement.type !== "ExportNamedDeclaration" || !statement.source) return [];
    const file = resolveModule(index, statement.source.value, src);
    return statement.specifiers.map(({ local, exported }) => ({
      name: nameOf(exported),
      ...find(nameOf(local), file, src),
    }));
  });
}

/** Where a name is declared, through files that hand it on. */
function find(name: string, file: string, src: string): Omit<Export, "name"> {
  const source = readSource(file);
  const found = declarationsOf(source).get(name);
  if (found) return { room: roomOf(file, src), ...found, doc: withHeader(found.doc, name, file, source.header) };
  for (const statement of source.statements) {
    if (statement.type !== "ExportNamedDeclaration" || !statement.source) continue;
    const specifier = statement.specifiers.find(({ exported }) => nameOf(exported) === name);
    if (specifier) return find(nameOf(specifier.local), resolveModule(file, statement.source.value, src), src);
  }
  throw new Error(`${file} does not export ${name}`);
}

/** A file that is named after what it exports says in its header what that is. */
function withHeader(doc: string, name: string, file: string, header: string): string {
  const isMain = basename(file, ".ts").replaceAll("-", "") === name.toLowerCase();
  return isMain && (doc === "" || doc.startsWith("@")) ? `${header}\n\n${doc}` : doc;
}

const nameOf = (name: ESTree.ModuleExportName): string => (name.type === "Literal" ? name.value : name.name);
const roomOf = (file: string, src: string): string => file.slice(src.length + 1).split(/[\\/]/)[0];

function resolveModule(from: string, specifier: string, src: string): string {
  const file = specifier === "#platform" ? join(src, "platform/node.ts") : join(dirname(from), specifier);
  if (!existsSync(file)) throw new Error(`${from} exports from ${specifier}, which is no file`);
  return file;
}

type Found = Pick<Export, "isType" | "declaration" | "doc">;

function declarationsOf(source: SourceFile): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>();
  for (const statement of source.statements) {
    if (statement.type !== "ExportNamedDeclaration" || !statement.declaration) continue;
    const doc = source.docOf(statement);
    for (const [name, isType, declaration] of namesIn(statement.declaration, source))
      found.set(name, { isType, declaration, doc });
  }
  return found;
}

type Declared = readonly [name: string, isType: boolean, text: string];

function namesIn(node: ESTree.Declaration, source: SourceFile): readonly Declared[] {
  const until = (body: Span | null | undefined) =>
    source.textOf({ start: node.start, end: body?.start ?? node.end }).trim();
  switch (node.type) {
    case "FunctionDeclaration":
    case "TSDeclareFunction":
      return [[node.id?.name ?? "", false, until(node.body)]];
    case "ClassDeclaration":
      return [[node.id?.name ?? "", false, until(node.body)]];
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return [[node.id.name, true, until(null)]];
    case "VariableDeclaration":
      return node.declarations.map(({ id, init }) => [
        nameOfBinding(id),
        false,
        `const ${constantText(id, init, source)}`,
      ]);
    default:
      return [];
  }
}

const nameOfBinding = (id: ESTree.BindingPattern): string => (id.type === "Identifier" ? id.name : "");

/** Longer values are not shown: what they hold is data. */
const shortValue = 240;

/** With its type where it states one, else with its value where that is short; a function without its body. */
function constantText(id: ESTree.BindingPattern, init: ESTree.Expression | null, source: SourceFile): string {
  const name = nameOfBinding(id);
  if (id.type === "Identifier" && id.typeAnnotation) return `${name}${source.textOf(id.typeAnnotation)}`;
  if (!init) return name;
  if (init.type === "ArrowFunctionExpression")
    return `${name} = ${source.textOf({ start: init.start, end: init.body.start })}…`;
  const value = source.textOf(init);
  return `${name} = ${value.length <= shortValue ? value : `${value.slice(0, 1)} … ${value.slice(-1)}`}`;
}
