/** How pages are searched: the same where the index is made and where it is read. */
import type { Options } from "minisearch";

/** A section of a page; its id is its address below the site's root. */
export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly page: string;
  readonly text: string;
}

export const searchOptions: Options<Entry> = {
  fields: ["title", "page", "text"],
  storeFields: ["title", "page"],
  searchOptions: { boost: { title: 4, page: 2 }, prefix: true, fuzzy: 0.1, combineWith: "AND" },
};
