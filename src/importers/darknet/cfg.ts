/**
 * Darknet's configuration file: `[section]` headers, `key = value` lines, `#` and `;` comments.
 *
 * Parsing gives sections of typed-on-demand options; what they mean is the importer's business.
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

const maxCfgCharacters = 2 ** 22;

/** @throws ImportError [E_CFG] with file and line. */
export function parseCfg(text: string, file: string): readonly Section[] {
  if (text.length > maxCfgCharacters)
    throw new ImportError("E_CFG", `${file} is no darknet cfg: it is ${text.length} characters long`);
  const sections: (Section & { readonly options: Map<string, string> })[] = [];
  for (const [number, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/[#;].*$/, "").trim();
    if (!line) continue;
    const header = /^\[\s*([\w-]+)\s*\]$/.exec(line);
    if (header) {
      sections.push({
        type: header[1].toLowerCase(),
        line: number + 1,
        index: sections.length - 1,
        options: new Map(),
      });
      continue;
    }
    const option = /^([\w.-]+)\s*=\s*(.*)$/.exec(line);
    if (!option || sections.length === 0) {
      throw new ImportError(
        "E_CFG",
        `${file} line ${number + 1}: expected [section] or key=value but found "${line.slice(0, 40)}"`,
      );
    }
    sections[sections.length - 1].options.set(option[1], option[2].trim());
  }
  if (sections.length < 2 || !["net", "network"].includes(sections[0].type)) {
    throw new ImportError("E_CFG", `${file} is no darknet cfg: it must begin with [net] and have layers after it`);
  }
  return sections;
}

/** Reads one section's options; every error names file, section and line. */
export class SectionReader {
  readonly section: Section;
  readonly #file: string;

  constructor(section: Section, file: string) {
    this.section = section;
    this.#file = file;
  }

  fail(what: string): never {
    const { type, line } = this.section;
    throw new ImportError("E_CFG", `${this.#file} line ${line} [${type}]: ${what}`);
  }

  has(key: string): boolean {
    return this.section.options.has(key);
  }

  text(key: string, fallback: string): string {
    return this.section.options.get(key) ?? fallback;
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
    const text = this.section.options.get(key);
    if (text === undefined) return fallback ?? this.fail(`${key} is missing`);
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) this.fail(`${key}=${text} is not a number`);
    return value;
  }

  /** A comma-separated list of numbers; empty where the key is absent. */
  numbers(key: string): readonly number[] {
    const text = this.section.options.get(key);
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

  /** Refuses keys outside `known`: in a layer that computes, an unknown key may change the result. */
  allow(known: readonly string[]): void {
    for (const key of this.section.options.keys()) {
      if (!known.includes(key)) this.fail(`${key} is not supported here; known are ${known.join(", ")}`);
    }
  }
}
