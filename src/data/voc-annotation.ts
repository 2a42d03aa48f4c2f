/**
 * One VOC annotation: the XML of one picture. Only what detection needs is read: size, file name, and the objects'
 * names, boxes and difficulty (person layout's <part> boxes are not objects).
 */
import { XMLParser } from "fast-xml-parser";
import type { Box } from "../core/box.ts";
import { ImportError } from "../core/errors.ts";
import { type BoxNumbers, fromVocNumbers, toVocNumbers } from "./dataset.ts";

export interface VocAnnotation {
  /** As stated; empty where absent. */
  readonly fileName: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly VocObject[];
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
 * Reads one annotation. Corners may hold decimals.
 * @throws ImportError [E_VOC] naming `file`: not XML, a document type (entities are never expanded), a box that is none.
 */
export function parseVocAnnotation(xml: string, file: string): VocAnnotation {
  const fail = (what: string, cause?: unknown): never => {
    throw new ImportError("E_VOC", `${file}: ${what}`, { cause });
  };
  if (xml.length > maxBytes) fail(`an annotation of ${xml.length} characters; at most ${maxBytes} are read`);
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) fail("holds a document type, which annotations have no use for. Remove it");
  const root = child(parse(xml, fail), "annotation");
  if (root === undefined) return fail("is not a VOC annotation: it has no <annotation> element");
  const size = child(root, "size");
  const sides = [textOf(size, "width"), textOf(size, "height")].map(Number);
  if (!sides.every((side) => Number.isInteger(side) && side > 0)) fail("<size> needs a positive width and height");
  const objects = (child(root, "object") ?? []) as unknown[];
  return {
    fileName: textOf(root, "filename"),
    width: sides[0],
    height: sides[1],
    objects: objects.map((object, index) => readObject(object, (what) => fail(`object ${index + 1} ${what}`))),
  };
}

function parse(xml: string, fail: (what: string, cause?: unknown) => never): unknown {
  try {
    // `true`: check that it is XML at all; without it, half a file would pass as a picture without objects.
    return parser.parse(xml, true);
  } catch (error) {
    return fail(`is not well-formed XML (${(error as Error).message})`, error);
  }
}

function readObject(object: unknown, fail: (what: string) => never): VocObject {
  const name = unescapeXml(textOf(object, "name"));
  if (name === "") fail("has no <name>");
  const box = child(object, "bndbox");
  const texts = ["xmin", "ymin", "xmax", "ymax"].map((corner) => textOf(box, corner));
  const stated = texts.map((text) => (text === "" ? Number.NaN : Number(text))) as unknown as BoxNumbers;
  if (!stated.every(Number.isFinite) || stated[2] < stated[0] || stated[3] < stated[1]) {
    fail(`(${name}) has no usable <bndbox>: xmin, ymin, xmax, ymax are ${texts.map((t) => t || "absent").join(", ")}`);
  }
  return { name, difficult: textOf(object, "difficult") === "1", ...fromVocNumbers(stated), stated };
}

function child(parent: unknown, name: string): unknown {
  return typeof parent === "object" && parent !== null ? (parent as Record<string, unknown>)[name] : undefined;
}

function textOf(parent: unknown, name: string): string {
  const value = child(parent, name);
  return typeof value === "string" ? value : "";
}

/** The XML of one annotation, as the devkit lays it out. */
export function formatVocAnnotation(annotation: VocAnnotation, folder: string): string {
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

/** XML's five own entities; no others exist without a document type. */
function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (entity) => entities[entity]);
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => Object.keys(entities).find((entity) => entities[entity] === mark)!);
}
