/** Markdown → HTML for the site: anchors, links to where things stand here, tables and code that scroll by keyboard. */
import MarkdownIt, { type Token } from "markdown-it";
import { uniqueSlugs } from "./slug.ts";

/** A part of a page as a reader finds it: what stands below one heading. */
export interface Section {
  readonly level: number;
  readonly title: string;
  readonly anchor: string;
  /** Plain. */
  readonly text: string;
}

export interface Rendered {
  readonly html: string;
  readonly sections: readonly Section[];
  /** Live figures that the page holds. */
  readonly live: readonly string[];
}

export interface Place {
  /** For messages. */
  readonly name: string;
  /** Address of what a page links to or shows; undefined where there is nothing to lead to. @throws Error for a dead link. */
  readonly resolve: (href: string) => string | undefined;
}

/** One page's anchors count over all of its parts. */
export class PageRenderer {
  readonly #slug = uniqueSlugs();
  readonly #md = new MarkdownIt({ html: true, typographer: false });
  readonly #sections: { level: number; title: string; anchor: string; text: string[] }[] = [];
  readonly #live: string[] = [];
  #place: Place = { name: "", resolve: () => undefined };
  #parts = "";
  #tables = 0;

  constructor() {
    const { rules } = this.#md.renderer;
    rules.table_open = () =>
      `<div class="scrolls" role="region" aria-label="Table ${++this.#tables}" tabindex="0"><table>`;
    rules.table_close = () => "</table></div>";
    const code = (text: string) => `<pre tabindex="0"><code>${this.#md.utils.escapeHtml(text)}</code></pre>`;
    rules.fence = (tokens, i) => code(tokens[i].content);
    rules.code_block = (tokens, i) => code(tokens[i].content);
    rules.html_block = (tokens, i) => this.#liveFigure(tokens[i].content);
    rules.html_inline = (tokens, i) => {
      throw new Error(`${this.#place.name} holds HTML, which a page cannot show: ${tokens[i].content}`);
    };
  }

  /** @param below levels that headings go down: a page has one of the first level. */
  add(markdown: string, place: Place, below = 0): void {
    this.#place = place;
    const tokens = this.#md.parse(markdown, {});
    for (const [i, token] of tokens.entries()) {
      if (token.type === "heading_open") this.#heading(token, tokens[i + 1], tokens[i + 2], below);
      else if (token.type === "inline") this.#inline(token, tokens[i - 1]?.type === "heading_open");
      else if (token.type === "th_open" && tokens[i + 1].content === "") asCell(token, tokens[i + 2]);
      else if (token.type === "fence" || token.type === "code_block") this.#sections.at(-1)?.text.push(token.content);
    }
    this.#parts += this.#md.renderer.render(tokens, this.#md.options, {});
  }

  done(): Rendered {
    const sections = this.#sections.map(({ text, ...rest }) => ({
      ...rest,
      text: text.join(" ").replaceAll(/\s+/g, " "),
    }));
    return { html: this.#parts, sections, live: this.#live };
  }

  #heading(open: Token, inline: Token, close: Token, below: number): void {
    const level = Math.min(6, Number(open.tag.slice(1)) + below);
    const title = plainText(inline);
    const anchor = this.#slug(title);
    open.tag = `h${level}`;
    close.tag = `h${level}`;
    open.attrSet("id", anchor);
    this.#sections.push({ level, title, anchor, text: [] });
  }

  #inline(token: Token, isHeading: boolean): void {
    if (!isHeading) this.#sections.at(-1)?.text.push(plainText(token));
    const children = token.children ?? [];
    for (const [i, child] of children.entries()) {
      if (child.type === "image") child.attrSet("src", this.#place.resolve(String(child.attrGet("src"))) ?? "");
      if (child.type !== "link_open") continue;
      const address = this.#place.resolve(String(child.attrGet("href")));
      if (address !== undefined) {
        child.attrSet("href", address);
        continue;
      }
      // Leads out of the site: its words stay.
      child.hidden = true;
      child.tag = "span";
      child.attrs = null;
      const close = children.slice(i).find(({ type }) => type === "link_close");
      if (close) close.tag = "span";
    }
  }

  #liveFigure(content: string): string {
    const [, name] = /^<!-- live: ([\w-]+) -->\s*$/.exec(content) ?? [];
    if (name === undefined) throw new Error(`${this.#place.name} holds HTML, which a page cannot show: ${content}`);
    this.#live.push(name);
    return `<div class="live" data-live="${name}"><noscript>A figure to play with, which needs JavaScript.</noscript></div>`;
  }
}

/** A column without a name has no heading. */
function asCell(open: Token, close: Token): void {
  open.tag = "td";
  close.tag = "td";
}

function plainText(token: Token): string {
  return (token.children ?? [])
    .map((child) =>
      ["text", "code_inline"].includes(child.type) ? child.content : child.type === "softbreak" ? " " : "",
    )
    .join("");
}

/** Sections of a text by their titles of the second level, in the order asked for; `""` is what comes before the first. */
export function sectionsOf(markdown: string, titles: readonly string[], name: string): string {
  const parts = markdown.split(/^(?=## )/m);
  return titles
    .map((title) => {
      const part = title === "" ? parts[0] : parts.find((text) => text.startsWith(`## ${title}\n`));
      if (part === undefined) throw new Error(`${name} has no section "${title}"`);
      return part;
    })
    .join("");
}
