/**
 * One VOC annotation: the XML of one picture. Only what detection needs is read: size, file name, and the objects'
 * names, boxes and difficulty (person layout's <part> boxes are not objects).
 */
import { XMLParser } from "fast-xml-parser";
import type { Box } from "../core/box.ts";
import { ImportError } from "../core/errors.ts";
import type { PictureSize } from "../core/picture-size.ts";
import { decodeText } from "../core/text.ts";
import { type BoxNumbers, fromVocNumbers, toVocNumbers } from "./dataset.ts";

export interface VocAnnotation {
  /** As stated; empty where absent. */
  readonly fileName: string;
  /** Absent where it is not stated, or is no size. */
  readonly size?: PictureSize;
  readonly objects: readonly VocObject[];
  /** Objects that were left out, each with its reason: "object 2 (dog) has no usable <bndbox>: …". */
  readonly problems: readonly string[];
}

export interface VocObject extends Box {
  readonly name: string;
  readonly difficult: boolean;
  /** xmin, ymin, xmax, ymax: 1-based, inclusive. */
  readonly stated?: BoxNumbers;
}

/** A picture with 1,000 objects needs a quarter of this. */
const maxBytes = 2 ** 20;

const parser = new XMLParser({
  ignoreAttributes: true,
  processEntities: false,
  parseTagValue: false,
  trimValues: true,
  maxNestedTags: 16,
  isArray: (name) => name === "object",
});

/**
 * Reads one annotation. Corners may hold decimals. Objects without a name or a box (polygons, reversed corners, words) are
 * left out, see `problems`.
 * @param xml text, or bytes in the encoding of their mark or declaration.
 * @throws ImportError [E_VOC, E_ENCODING] naming `file`: not XML, a document type (entities are never expanded).
 */
export function parseVocAnnotation(xml: Uint8Array | string, file: string): VocAnnotation {
  const fail = (what: string, cause?: unknown): never => {
    throw new ImportError("E_VOC", `${file}: ${what}`, { cause });
  };
  if (xml.length > maxBytes) fail(`an annotation of ${xml.length} characters; at most ${maxBytes} are read`);
  const text = typeof xml === "string" ? xml : decodeText(xml, file, xmlEncoding);
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) fail("holds a document type, which annotations have no use for. Remove it");
  const root = child(parse(text.replace(bareAmpersand, "&amp;"), fail), "annotation");
  if (root === undefined) return fail("is not a VOC annotation: it has no <annotation> element");
  const size = child(root, "size");
  const [width, height] = [textOf(size, "width"), textOf(size, "height")].map(Number);
  const problems: string[] = [];
  const elements = (child(root, "object") ?? []) as unknown[];
  const objects = elements.flatMap((element, index) => {
    const object = readObject(element);
    if (typeof object !== "string") return object;
    problems.push(`object ${index + 1} ${object}`);
    return [];
  });
  return {
    fileName: unescapeXml(textOf(root, "filename")),
    ...([width, height].every((side) => Number.isInteger(side) && side > 0) ? { size: { width, height } } : {}),
    objects,
    problems,
  };
}

/** What an XML declaration says. */
function xmlEncoding(head: string): string | undefined {
  return /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/i.exec(head)?.[1];
}

/** Tools write paths and names with ampersands that are no XML. */
const bareAmpersand = /&(?!(#\d+|#x[\da-f]+|[a-z]\w*);)/gi;

function parse(xml: string, fail: (what: string, cause?: unknown) => never): unknown {
  try {
    // `true`: check that it is XML at all; without it, half a file would pass as a picture without objects.
    return parser.parse(xml, true);
  } catch (error) {
    return fail(`is not well-formed XML (${(error as Error).message})`, error);
  }
}

/** The object, or why it is none. */
function readObject(object: unknown): VocObject | string {
  const name = unescapeXml(textOf(object, "name")).trim();
  if (name === "") return "has no <name>";
  const box = child(object, "bndbox");
  if (box === undefined) return `(${name}) has no <bndbox>`;
  const texts = ["xmin", "ymin", "xmax", "ymax"].map((corner) => textOf(box, corner));
  const stated = texts.map((text) => (text === "" ? Number.NaN : Number(text))) as unknown as BoxNumbers;
  // Corners are inclusive: of equal ones the box is one pixel.
  if (!stated.every(Number.isFinite) || stated[2] < stated[0] || stated[3] < stated[1])
    return `(${name}) has no usable <bndbox>: xmin, ymin, xmax, ymax are ${texts.map((t) => t || "absent").join(", ")}`;
  return { name, difficult: textOf(object, "difficult") === "1", ...fromVocNumbers(stated), stated };
}

function child(parent: unknown, name: string): unknown {
  return typeof parent === "object" && parent !== null ? (parent as Record<string, unknown>)[name] : undefined;
}

function textOf(parent: unknown, name: string): string {
  const value = child(parent, name);
  return typeof value === "string" ? value : "";
}

export interface WrittenAnnotation extends PictureSize {
  readonly fileName: string;
  readonly objects: readonly VocObject[];
}

/** The XML of one annotation, as the devkit lays it out. */
export function formatVocAnnotation(annotation: WrittenAnnotation, folder: string): string {
  const { fileName, width, height, objects } = annotation;
  return [
    "<annotation>",
    `\t<folder>${escapeXml(folder)}</folder>`,
    `\t<filename>${escapeXml(fileName)}</filename>`,
    `\t<size><width>${width}</width><height>${height}</height><depth>3</depth></size>`,
    "\t<segmented>0</segmented>",
    ...objects.map(formatObject),
    "</annotation>",
    "",
  ].join("\n");
}

function formatObject(object: VocObject): string {
  const [xMin, yMin, xMax, yMax] = toVocNumbers(object);
  return [
    "\t<object>",
    `\t\t<name>${escapeXml(object.name)}</name>`,
    "\t\t<pose>Unspecified</pose>",
    "\t\t<truncated>0</truncated>",
    `\t\t<difficult>${object.difficult ? 1 : 0}</difficult>`,
    `\t\t<bndbox><xmin>${xMin}</xmin><ymin>${yMin}</ymin><xmax>${xMax}</xmax><ymax>${yMax}</ymax></bndbox>`,
    "\t</object>",
  ].join("\n");
}

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
};

/** XML's five own entities, no others exist without a document type; and letters by number. */
function unescapeXml(text: string): string {
  return text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d+)|#x([\da-f]+));/gi, (reference, name, decimal, hexadecimal) => {
    if (name !== undefined) return entities[reference] ?? reference;
    const code = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : reference;
  });
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => Object.keys(entities).find((entity) => entities[entity] === mark)!);
}
