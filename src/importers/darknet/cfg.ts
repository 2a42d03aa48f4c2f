/**
 * Darknet's configuration file: `[section]` headers, `key = value` lines, `#`, `;` and `//` comments.
 *
 * Parsing gives sections of options as text. What is not used is told, never skipped silently.
 */
import { ImportError } from "../../core/errors.ts";

export interface Section {
  /** Without brackets, lower case. */
  readonly type: string;
  /** Line of the header, 1-based. */
  readonly line: number;
  /** Position among layer sections (`[net]` not counted), as darknet numbers them. */
  readonly index: number;
  readonly options: ReadonlyMap<string, string>;
}

/** Told what a user should know of a file that is read all the same. */
export type Remark = (line: string) => void;

const maxCfgCharacters = 2 ** 22;

/**
 * Of a key that stands twice in a section, the first value counts, as in darknet.
 * @throws ImportError [E_CFG] with file and line.
 */
export function parseCfg(text: string, file: string, remark: Remark = () => {}): readonly Section[] {
  if (text.length > maxCfgCharacters)
    throw new ImportError("E_CFG", `${file} is no darknet cfg: it is ${text.length} characters long`);
  const sections: (Section & { readonly options: Map<string, string> })[] = [];
  const [twice, unread]: [string[], string[]] = [[], []];
  for (const [number, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n?|\n/)
    .entries()) {
    const line = raw.replace(/[#;].*$|(^|\s)\/\/.*$/, "").trim();
    if (!line) continue;
    const header = /^\[\s*([\w-]+)\s*\]$/.exec(line);
    if (header) {
      const options = new Map<string, string>();
      sections.push({ type: header[1].toLowerCase(), line: number + 1, index: sections.length - 1, options });
      continue;
    }
    const section = sections.at(-1);
    const option = /^([\w.-]*\w[\w.-]*)\s*=\s*(.*)$/.exec(line);
    if (section && option) {
      const [, key, value] = option;
      if (section.options.has(key)) twice.push(`${key} in line ${number + 1}`);
      else section.options.set(key, value.trim());
    } else if (section && !/[\p{L}\p{N}]/u.test(line)) {
      unread.push(`line ${number + 1}`);
    } else {
      const list = /^[\d.,\s-]+$/.test(line) ? "; a list must stand on one line, as darknet reads it" : "";
      throw new ImportError(
        "E_CFG",
        `${file} line ${number + 1}: expected [section] or key=value but found "${line.slice(0, 40)}"${list}`,
      );
    }
  }
  if (twice.length > 0) remark(`${file} says twice, where the first counts as in darknet: ${firstOf(twice)}`);
  if (unread.length > 0) remark(`${file} has lines that say nothing: ${firstOf(unread)}`);
  if (sections.length < 2 || !["net", "network"].includes(sections[0].type)) {
    throw new ImportError("E_CFG", `${file} is no darknet cfg: it must begin with [net] and have layers after it`);
  }
  return sections;
}

/** How many there are, and the first five. */
export function firstOf(items: readonly string[]): string {
  return `${items.length} (${items.slice(0, 5).join(", ")}${items.length > 5 ? ", …" : ""})`;
}

/** Reads one section's options; every error names file, section and line. It knows which options were asked for. */
export class SectionReader {
  readonly section: Section;
  readonly #file: string;
  readonly #asked = new Set<string>();

  constructor(section: Section, file: string) {
    this.section = section;
    this.#file = file;
  }

  fail(what: string): never {
    const { type, line } = this.section;
    throw new ImportError("E_CFG", `${this.#file} line ${line} [${type}]: ${what}`);
  }

  has(key: string): boolean {
    return this.#find(key) !== undefined;
  }

  text(key: string, fallback: string): string {
    return this.#find(key) ?? fallback;
  }

  /** An integer in [min, max]; `fallback` where the key is absent, an error where there is no fallback. */
  integer(key: string, fallback: number | undefined, min = 0, max = 65_536): number {
    const value = this.number(key, fallback);
    if (!Number.isInteger(value) || value < min || value > max) {
      this.fail(`${key}=${this.text(key, "")} must be an integer from ${min} to ${max}`);
    }
    return value;
  }

  number(key: string, fallback: number | undefined): number {
    const text = this.#find(key);
    if (text === undefined) return fallback ?? this.fail(`${key} is missing`);
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) this.fail(`${key}=${text} is not a number`);
    return value;
  }

  /** Whether a number other than 0 stands there: what darknet takes for true. */
  truth(key: string): boolean {
    return this.number(key, 0) !== 0;
  }

  /** A comma-separated list of numbers; empty where the key is absent. */
  numbers(key: string): readonly number[] {
    const text = this.#find(key);
    if (text === undefined) return [];
    return text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "")
      .map((item) => {
        const value = Number(item);
        if (!Number.isFinite(value)) this.fail(`${key} holds "${item}", which is not a number`);
        return value;
      });
  }

  /** Refuses options that would change the result, unless they are 0. */
  refuse(...keys: readonly string[]): void {
    for (const key of keys) if (this.truth(key)) this.fail(`${key} is not supported; it would change the result`);
  }

  /** Keys that nothing asked for. */
  unused(): readonly string[] {
    return [...this.section.options.keys()].filter((key) => !this.#asked.has(key));
  }

  #find(key: string): string | undefined {
    this.#asked.add(key);
    return this.section.options.get(key);
  }
}
