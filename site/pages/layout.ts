/** The frame of every page: head, search, navigation, contents. */
import type { Rendered } from "./markdown.ts";
import type { Group, Page } from "./pages.ts";

export interface Frame {
  readonly page: Page;
  readonly groups: readonly Group[];
  readonly rendered: Rendered;
  /** Scripts and styles, as the build has named them. */
  readonly script: string;
  readonly styles: readonly string[];
}

export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The whole document; all addresses are relative, so that the site works in any folder of any host. */
export function documentOf({ page, groups, rendered, script, styles }: Frame): string {
  const root = "../".repeat(page.path.split("/").length - 1) || "./";
  const title = page.path === "index.html" ? page.title : `${page.title} · spiking-yolo`;
  const contents = rendered.sections.filter(({ level }) => level === 2);
  return `<!doctype html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${escapeHtml(page.about)}">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="${root}icon.svg">
<title>${escapeHtml(title)}</title>
${styles.map((style) => `<link rel="stylesheet" href="${root}${style}">`).join("\n")}
<script type="module" src="${root}${script}"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
<header class="top">
<a class="name" href="${root}index.html">spiking-yolo</a>
<form role="search" class="search" data-search hidden>
<input type="search" aria-label="Search these pages" placeholder="Search" autocomplete="off" spellcheck="false">
<div class="found" role="region" aria-label="Found" aria-live="polite" hidden></div>
</form>
<a class="to-lab" href="${root}lab/index.html">Open the lab</a>
</header>
<div class="frame">
<details class="pages" data-pages open>
<summary>All pages</summary>
<nav aria-label="Pages">
${groups.map((group) => navigation(group, page, root)).join("\n")}
</nav>
</details>
<main id="content" tabindex="-1">
${rendered.html}
${page.path === "index.html" ? cards(groups, root) : ""}
</main>
${contents.length > 2 ? contentsList(contents) : ""}
</div>
</body>
</html>
`;
}

function navigation({ title, pages }: Group, present: Page, root: string): string {
  const items = pages.map(({ path, title: name }) => {
    const current = path === present.path ? ' aria-current="page"' : "";
    return `<li><a href="${root}${path}"${current}>${escapeHtml(name)}</a></li>`;
  });
  return `<h2>${escapeHtml(title)}</h2>\n<ul>${items.join("")}</ul>`;
}

function contentsList(contents: Rendered["sections"]): string {
  const items = contents.map(({ anchor, title }) => `<li><a href="#${anchor}">${escapeHtml(title)}</a></li>`);
  return `<nav class="contents" aria-label="On this page"><h2>On this page</h2><ul>${items.join("")}</ul></nav>`;
}

/** The home page's way into all others. */
function cards(groups: readonly Group[], root: string): string {
  const card = ({ path, title, about }: Page) =>
    `<li><a href="${root}${path}">${escapeHtml(title)}</a><span>${escapeHtml(about)}</span></li>`;
  return groups
    .map(({ title, pages }) => `<h2>${escapeHtml(title)}</h2>\n<ul class="cards">${pages.map(card).join("")}</ul>`)
    .join("\n");
}
