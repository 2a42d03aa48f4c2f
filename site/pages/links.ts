/** Where a link of the repository's texts leads on the site. */
import { existsSync, statSync } from "node:fs";
import { posix } from "node:path";
import type { Page } from "./pages.ts";
import { slugOf } from "./slug.ts";

export interface Targets {
  /** Of each text that has a page, and of each section that has one (`README.md#anchor`): the page, and the anchor where it begins in it. */
  readonly pages: ReadonlyMap<string, { readonly page: Page; readonly anchor?: string }>;
  /** Pictures and other files that the site brings along; filled while links are resolved. */
  readonly files: Set<string>;
}

/** Folders of the repository that have a page. */
const folders: Readonly<Record<string, string>> = {
  examples: "reference/examples.html",
  "docs/decisions": "inside/decisions.html",
};

/** @param root of the repository. @param source file with the link. @param from page that it stands on. */
export function resolveLink(root: string, targets: Targets, source: string, from: string, href: string): string {
  if (/^(https?|mailto):/.test(href)) return href;
  const [path, anchor] = href.split("#");
  const hash = anchor === undefined ? "" : `#${anchor}`;
  if (path === "") return hash;
  const file = posix.normalize(posix.join(posix.dirname(source), path)).replace(/\/$/, "");
  const to = (address: string) => posix.relative(posix.dirname(from), address) || posix.basename(address);
  const section = targets.pages.get(`${file}${hash}`);
  if (hash && section) return `${to(section.page.path)}${hash}`;
  const target = targets.pages.get(file);
  if (target) return `${to(target.page.path)}${hash || (target.anchor ? `#${target.anchor}` : "")}`;
  const folder = folders[file];
  if (folder) return to(folder);
  if (posix.dirname(file) === "examples" && /\.m?js$/.test(file))
    return `${to("reference/examples.html")}#${slugOf(posix.basename(file))}`;
  if (!existsSync(posix.join(root, file)) || statSync(posix.join(root, file)).isDirectory())
    throw new Error(`${source} links to ${href}, which is no file of the repository`);
  targets.files.add(file);
  return to(`files/${file}`);
}
