/** All pages as documents' parts: what the build writes. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { apiPage } from "../reference/api.ts";
import { commandsPage } from "../reference/commands.ts";
import { examplesPage } from "../reference/examples.ts";
import { functionsPage, headsPage, layersPage, neuronsPage } from "../reference/kinds.ts";
import { chipsPage, energyModelsPage } from "../reference/models.ts";
import { resolveLink, type Targets } from "./links.ts";
import { PageRenderer, type Rendered, sectionsOf } from "./markdown.ts";
import { type Generated, type Group, groupsOf, home, type Page, type Source } from "./pages.ts";
import { searchIndex } from "./search-index.ts";
import { slugOf } from "./slug.ts";

export interface Site {
  readonly groups: readonly Group[];
  readonly pages: readonly { readonly page: Page; readonly rendered: Rendered }[];
  /** JSON. */
  readonly search: string;
  /** Files of the repository that pages show or lead to. */
  readonly files: readonly string[];
}

type Maker = (root: string) => string | Promise<string>;

const generators: { readonly [G in Generated]: Maker } = {
  api: apiPage,
  commands: commandsPage,
  examples: examplesPage,
  layers: layersPage,
  neurons: neuronsPage,
  functions: functionsPage,
  heads: headsPage,
  "energy-models": energyModelsPage,
  chips: chipsPage,
};

/** @throws Error for a dead link, or for what a page cannot show. */
async function renderSite(root: string): Promise<Site> {
  const decisions = readdirSync(join(root, "docs/decisions"))
    .filter((name) => /^\d+-/.test(name))
    .sort()
    .map((name) => `docs/decisions/${name}`);
  const groups = groupsOf(decisions);
  const all = [home, ...groups.flatMap(({ pages }) => pages)];
  const targets: Targets = { pages: pagesOfFiles(root, all), files: new Set() };
  const pages = [];
  for (const page of all) pages.push({ page, rendered: await render(root, page, targets) });
  return { groups, pages, search: searchIndex(pages), files: [...targets.files] };
}

/** Where each whole text stands; of a page's further texts, the anchor of their heading. */
function pagesOfFiles(root: string, pages: readonly Page[]): Targets["pages"] {
  const found = new Map<string, { page: Page; anchor?: string }>();
  for (const page of pages) {
    if (typeof page.of === "string") continue;
    for (const [i, { file, sections }] of page.of.entries()) {
      for (const section of sections ?? []) found.set(`${file}#${slugOf(section)}`, { page });
      if (sections) continue;
      const [, title = ""] = /^# (.*)$/m.exec(readFileSync(join(root, file), "utf8")) ?? [];
      found.set(file, i === 0 ? { page } : { page, anchor: slugOf(title) });
    }
  }
  found.set("README.md", { page: home });
  return found;
}

async function render(root: string, page: Page, targets: Targets): Promise<Rendered> {
  const renderer = new PageRenderer();
  const place = (source: string) => ({
    name: source,
    resolve: (href: string) => resolveLink(root, targets, source, page.path, href),
  });
  if (typeof page.of === "string") {
    // Links of generated pages are the site's own.
    renderer.add(await generators[page.of](root), { name: page.path, resolve: (href) => href });
    return renderer.done();
  }
  for (const [i, source] of page.of.entries())
    renderer.add(textOf(root, page, source), place(source.file), i === 0 ? 0 : 1);
  return renderer.done();
}

function textOf(root: string, page: Page, { file, sections }: Source): string {
  const text = readFileSync(join(root, file), "utf8");
  if (!sections) return text;
  const title = sections.includes("") ? "" : `# ${page.title}\n\n`;
  return title + sectionsOf(text, sections, file);
}

/** Made while this module is loaded: whoever loads it gives commands the time to load theirs. */
export const site = await renderSite(resolve(import.meta.dirname, "../.."));
