/** Search in the page: the index comes when somebody turns to the field. */
import MiniSearch from "minisearch";
import { type Entry, searchOptions } from "./search-options.ts";

const most = 12;

export function startSearch(form: HTMLFormElement, root: string): void {
  const field = form.querySelector("input") as HTMLInputElement;
  const list = form.querySelector(".found") as HTMLElement;
  let index: Promise<MiniSearch<Entry>> | undefined;
  const load = () => {
    index ??= fetch(`${root}search.json`)
      .then((response) => (response.ok ? response.text() : Promise.reject(new Error(String(response.status)))))
      .then((text) => MiniSearch.loadJSON(text, searchOptions));
    return index;
  };
  form.hidden = false;
  field.addEventListener("focus", () => void load().catch(() => {}));
  field.addEventListener("input", () => void show());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event);
  });
  document.addEventListener("click", ({ target }) => {
    if (!form.contains(target as Node)) list.hidden = true;
  });

  async function show(): Promise<void> {
    const words = field.value.trim();
    if (words === "") return close();
    try {
      const found = (await load()).search(words).slice(0, most);
      // What was typed meanwhile has its own answer.
      if (field.value.trim() !== words) return;
      list.replaceChildren(...(found.length === 0 ? [line("Nothing found.")] : [listOf(found)]));
    } catch {
      list.replaceChildren(line("The index cannot be loaded."));
    }
    list.hidden = false;
  }

  function listOf(found: readonly { id: string; title?: string; page?: string }[]): HTMLElement {
    const items = document.createElement("ul");
    for (const { id, title, page } of found) {
      const link = document.createElement("a");
      link.href = root + id;
      link.textContent = title ?? id;
      const where = document.createElement("span");
      where.textContent = page === title ? "" : (page ?? "");
      link.append(where);
      // A place on this page loads nothing.
      link.addEventListener("click", close);
      const item = document.createElement("li");
      item.append(link);
      items.append(item);
    }
    return items;
  }

  function move(event: KeyboardEvent): void {
    const stops: HTMLElement[] = [field, ...list.querySelectorAll<HTMLElement>("a")];
    const at = stops.indexOf(document.activeElement as HTMLElement);
    const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (at < 0 || !next) return;
    event.preventDefault();
    next.focus();
  }

  function close(): void {
    if (list.contains(document.activeElement)) field.focus();
    list.hidden = true;
    list.replaceChildren();
  }
}

function line(text: string): HTMLElement {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  return paragraph;
}
