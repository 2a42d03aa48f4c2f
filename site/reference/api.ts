/** The library's reference: everything that it exports, by what it is for. */
import { join } from "node:path";
import { uniqueSlugs } from "../pages/slug.ts";
import { readDoc } from "./doc-comment.ts";
import { type Export, exportsOf } from "./exports.ts";

/** Rooms that export something, in the order of the page. */
const rooms: Readonly<Record<string, string>> = {
  importers: "Importing",
  graph: "Graph and model file",
  convert: "From DNN to spikes",
  evaluate: "Choosing settings",
  platform: "Pictures",
  image: "From pictures to inputs, and drawing",
  dnn: "The DNN",
  snn: "Running spikes",
  detections: "Detections",
  heads: "Heads and suppression",
  metrics: "Operations and energy",
  targets: "Fitting a chip",
  exporters: "Exporting",
  functions: "Activation functions",
  data: "Scenes and class names",
  report: "Figures as data",
  core: "Boxes, tensors, errors, randomness",
};

export function apiPage(root: string): string {
  const all = exportsOf(join(root, "src"));
  const unknown = all.find(({ room }) => !rooms[room]);
  if (unknown) throw new Error(`${unknown.name} is exported from ${unknown.room}, which has no heading`);
  const groups = Object.entries(rooms)
    .map(([room, title]) => ({ title, members: sorted(all.filter((one) => one.room === room)) }))
    .filter(({ members }) => members.length > 0);
  const anchors = anchorsOf(groups.map(({ title, members }) => [title, ...members.map(({ name }) => name)]));
  const sections = groups.map(({ title, members }) => {
    const list = members.map(({ name }) => `[\`${name}\`](#${anchors.get(name)})`).join(" · ");
    return `## ${title}\n\n${list}\n\n${members.map((one) => entryOf(one, anchors)).join("\n\n")}`;
  });
  return `# Library\n\nEverything that \`import … from "spiking-yolo"\` can name. Where a browser's bundler takes the package, the same names come with the browser's own pictures, workers and ONNX Runtime.\n\n${sections.join("\n\n")}`;
}

/** What can be called first, then types; each by name. */
function sorted(members: readonly Export[]): readonly Export[] {
  return [...members].sort((a, b) => Number(a.isType) - Number(b.isType) || (a.name < b.name ? -1 : 1));
}

/** As the page will have them: its title comes before all. */
function anchorsOf(headings: readonly (readonly string[])[]): ReadonlyMap<string, string> {
  const slug = uniqueSlugs();
  slug("Library");
  return new Map(headings.flat().map((heading) => [heading, slug(heading)]));
}

function entryOf({ name, declaration, doc }: Export, anchors: ReadonlyMap<string, string>): string {
  const { text, parameters, returns, throws, examples } = readDoc(doc);
  const linked = (words: string) => asMarkdown(words, anchors);
  const lines = [
    ...parameters.map(({ name: parameter, text: about }) => `- \`${parameter}\`: ${linked(about)}`),
    ...(returns === "" ? [] : [`- Gives ${linked(returns)}`]),
    ...(throws === "" ? [] : [`- Throws ${linked(throws)}`]),
  ];
  const parts = [
    `### ${name}`,
    `\`\`\`ts\n${declaration}\n\`\`\``,
    linked(text),
    lines.join("\n"),
    ...examples.map((example) => `Example:\n\n\`\`\`js\n${example}\n\`\`\``),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Links between names become links of the page; what looks like a tag stands for itself. */
function asMarkdown(words: string, anchors: ReadonlyMap<string, string>): string {
  return words
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll("<", "&lt;")))
    .join("")
    .replaceAll(/\{@link (\w+)[^}]*\}/g, (_, name: string) =>
      anchors.has(name) ? `[\`${name}\`](#${anchors.get(name)})` : `\`${name}\``,
    );
}
