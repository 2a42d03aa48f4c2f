/** What a page does besides being read: search, a list of pages that folds on narrow screens, live figures. */
import "../../lab/src/styles/tokens.css";
import "./styles.css";
import { startSearch } from "./search.ts";

const root = document.documentElement.dataset.root ?? "./";

const form = document.querySelector<HTMLFormElement>("[data-search]");
if (form) startSearch(form, root);

const pages = document.querySelector<HTMLDetailsElement>("[data-pages]");
const wide = matchMedia("(min-width: 900px)");
if (pages) {
  pages.open = wide.matches;
  wide.addEventListener("change", () => {
    pages.open = wide.matches;
  });
}

for (const place of document.querySelectorAll<HTMLElement>("[data-live]")) {
  if (place.dataset.live === "one-neuron") void import("./live/one-neuron.tsx").then(({ start }) => start(place));
}
