/** The index that pages search without a server: made once, when the site is built. */
import MiniSearch from "minisearch";
import { searchOptions } from "../src/search-options.ts";
import type { Rendered } from "./markdown.ts";
import type { Page } from "./pages.ts";

export function searchIndex(pages: readonly { readonly page: Page; readonly rendered: Rendered }[]): string {
  const index = new MiniSearch(searchOptions);
  index.addAll(
    pages.flatMap(({ page, rendered }) =>
      rendered.sections.map(({ level, title, anchor, text }) => ({
        id: level === 1 ? page.path : `${page.path}#${anchor}`,
        title,
        page: page.title,
        text,
      })),
    ),
  );
  return JSON.stringify(index);
}
