/** Layers, neurons, functions and heads: the program's tables, with what the sources say of each row. */
import { join } from "node:path";
import { activationSchema } from "../../src/functions/functions.ts";
import { layerKinds } from "../../src/graph/layer-kinds.ts";
import type { NeuronKind } from "../../src/graph/layers.ts";
import { headKinds } from "../../src/heads/heads.ts";
import { neuronModels } from "../../src/snn/neuron.ts";
import { type Interface, interfacesOf } from "./declarations.ts";
import { readSource } from "./source-file.ts";
import { code, markdownTable } from "./table.ts";

const fieldTable = ({ fields }: Interface, without: readonly string[]): string =>
  markdownTable(
    ["field", "type", ""],
    fields
      .filter(({ name }) => !without.includes(name))
      .map(({ name, type, isOptional, doc }) => [code(`${name}${isOptional ? "?" : ""}`), code(type), doc]),
  );

/** The interface whose field has this literal as its type. */
function withLiteral(all: ReadonlyMap<string, Interface>, field: string, value: string): Interface {
  for (const one of all.values())
    if (one.fields.some(({ name, type }) => name === field && type === JSON.stringify(value))) return one;
  throw new Error(`no interface has ${field}: "${value}"`);
}

const arity = ([least, most]: readonly [number, number]): string =>
  least === most ? String(least) : `${least} to ${Number.isFinite(most) ? most : "any number"}`;

export function layersPage(root: string): string {
  const own = interfacesOf(join(root, "src/graph/layers.ts"));
  const heads = interfacesOf(join(root, "src/heads/head.ts"));
  const population = own.get("Population") as Interface;
  const sections = Object.entries(layerKinds).map(([kind, spec]) => {
    const isHead = Object.hasOwn(headKinds, kind);
    const layer = withLiteral(isHead ? heads : own, "kind", kind);
    const inputs = `Inputs: ${arity(spec.arity)}.`;
    if (isHead)
      return `## ${kind}\n\n${layer.doc}\n\n${inputs} A head: [its fields](heads.html#${kind.toLowerCase()}).`;
    const more = layer.bases.includes("Population") ? fieldTable(population, []) : "";
    return `## ${kind}\n\n${layer.doc}\n\n${inputs}\n${fieldTable({ ...layer, fields: [...layer.fields] }, ["kind"])}${more}`;
  });
  return `# Layers\n\n${readSource(join(root, "src/graph/layers.ts")).header}\n\nEach has a \`name\`, unique in its graph, and \`inputs\`: names of layers that stand before it.\n\n${sections.join("\n\n")}`;
}

export function headsPage(root: string): string {
  const all = interfacesOf(join(root, "src/heads/head.ts"));
  const sections = Object.entries(headKinds).map(([kind, spec]) => {
    const head = withLiteral(all, "kind", kind);
    return `## ${kind}\n\n${head.doc}\n\nReads ${arity(spec.arity)}.\n${fieldTable(head, ["kind"])}`;
  });
  return `# Heads\n\nA head says how the numbers of a network's last layers become boxes. A graph may have several.\n\n${sections.join("\n\n")}`;
}

export function functionsPage(root: string): string {
  const all = interfacesOf(join(root, "src/functions/function.ts"));
  const names = (activationSchema.options as unknown as { shape: { fn: { value: string } } }[]).map(
    ({ shape }) => shape.fn.value,
  );
  const rows = names.map((fn) => {
    const { doc, fields } = withLiteral(all, "fn", fn);
    const parameters = fields
      .filter(({ name }) => name !== "fn")
      .map(({ name, doc: about }) => `${code(name)}${about ? `: ${about}` : ""}`);
    return [code(fn), doc, parameters.join("; ")];
  });
  return `# Functions\n\nActivation functions as data. Plain, signed and take-back neurons follow those of two straight lines; trackers follow all.\n${markdownTable(["`fn`", "", "parameters"], rows)}`;
}

/** Where each kind is defined. */
const neuronFiles: { readonly [K in NeuronKind]: string } = {
  takeback: "take-back.ts",
  ibt: "threshold.ts",
  signed: "threshold.ts",
  if: "threshold.ts",
  tracker: "tracker.ts",
};

export function neuronsPage(root: string): string {
  const yes = (value: boolean) => (value ? "yes" : "no");
  const rows = Object.entries(neuronModels).map(([kind, { remembersCount, receivesAtOnce, follows }]) => [
    code(kind),
    follows({ fn: "silu" }) ? "any function" : "functions of two straight lines",
    yes(remembersCount),
    receivesAtOnce ? "whole, before the first step" : "a part at every step",
  ]);
  const files = [...new Set(Object.values(neuronFiles))];
  const sections = files.map((file) => {
    const kinds = Object.entries(neuronFiles).filter(([, of]) => of === file);
    return `## ${kinds.map(([kind]) => kind).join(", ")}\n\n${readSource(join(root, "src/snn/neurons", file)).header}`;
  });
  return `# Neurons\n\n${readSource(join(root, "src/snn/neuron.ts")).header}\n\n[A neuron to play with](../concepts/one-neuron.html).\n${markdownTable(["`--neuron`", "follows", "remembers its count", "receives what is constant"], rows)}\n${sections.join("\n\n")}`;
}
