/** Single figures of a report at the size at which a paper or a slide prints them. */
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { decodeImage, encodePng, outlineSvg, rasterizeSvg } from "#platform";
import { ArgumentError } from "../core/errors.ts";
import type { Pixels } from "../core/pixels.ts";
import type { Figure } from "../report/figures/figure.ts";
import { type PaperSize, sizedForPaper } from "../report/paper-size.ts";
import { toPdf } from "../report/pdf.ts";
import { type FigureNumber, figureNumbers } from "../report/report-figures.ts";
import { numberFrom } from "./options.ts";
import { type FileKind, fileKinds, type OutputFlags, refuseToReplace, writeOutput } from "./outputs.ts";

const formats = ["svg", "pdf", "png"] as const;
type Format = (typeof formats)[number];

export interface PaperFlags extends OutputFlags {
  readonly output: string;
  readonly figure?: readonly FigureNumber[];
  readonly width?: number;
  readonly fontSize?: number;
  readonly format?: Format;
  readonly pictures: number;
}

/** A column of most conferences, in inches. */
const defaultWidthInches = 3.3;
/** Journals ask for 6 to 8. */
const leastFontPoints = 7;
const defaultFontPoints = 7.5;
/** What printers ask for where text is in a picture. */
const dotsPerInch = 600;

export function addPaperOptions(command: Command): Command {
  return command
    .option(
      "--figure <numbers>",
      "only these figures, for a paper or slide: 5 or 1,4,5; what they do not need is not run",
      figures,
    )
    .option("--width <length>", `of a --figure: 3.3in, 84mm, 240pt (default: ${defaultWidthInches}in)`, inches)
    .option("--font-size <pt>", `of a --figure (default: ${defaultFontPoints})`, numberFrom(leastFontPoints, 72))
    .addOption(new Option("--format <name>", "of a --figure (default: pdf)").choices(formats));
}

/** @throws ArgumentError [E_USAGE] where options of a single figure come without one. */
export function paperSizeOf({ figure, width, fontSize, format }: PaperFlags): PaperSize {
  const lone = Object.entries({ width, "font-size": fontSize, format }).find(([, value]) => value !== undefined);
  if (!figure && lone)
    throw new ArgumentError(
      "E_USAGE",
      `--${lone[0]} is for a single figure. Say which with --figure, such as --figure 5`,
    );
  return { widthInches: width ?? defaultWidthInches, fontPoints: fontSize ?? defaultFontPoints };
}

/** Before long work. @throws ArgumentError [E_EXISTS] where a figure's file is there and is something else. */
export async function refuseToReplaceFigures(numbers: readonly FigureNumber[], flags: PaperFlags): Promise<void> {
  const ids = numbers.flatMap((number) =>
    number === 6 ? Array.from({ length: flags.pictures }, (_, i) => `6-${i + 1}`) : [String(number)],
  );
  const format = formatOf(flags);
  for (const id of ids) await refuseToReplace(fileOf(`figure-${id}`, flags), fileKindOf[format], flags);
}

/** @param figures drawn for a paper of that size. @returns the files. */
export async function writePaperFigures(
  figures: readonly Figure[],
  size: PaperSize,
  flags: PaperFlags,
): Promise<readonly string[]> {
  const format = formatOf(flags);
  const files: string[] = [];
  for (const figure of figures) {
    const file = fileOf(figure.id, flags);
    await writeOutput(file, await contentOf[format](figure, size), fileKindOf[format], flags);
    files.push(file);
  }
  return files;
}

const fileKindOf: { readonly [F in Format]: FileKind } = { svg: fileKinds.svg, pdf: fileKinds.pdf, png: fileKinds.png };

const contentOf: { readonly [F in Format]: (figure: Figure, size: PaperSize) => Promise<Uint8Array | string> } = {
  svg: async ({ svg }, size) => sizedForPaper(svg, size),
  pdf: async ({ svg, label, title }, size) => {
    const outlined = await outlineSvg(sizedForPaper(svg, size));
    const [x, y, width, height] = (/viewBox="([^"]+)"/.exec(outlined)?.[1] ?? "").split(" ").map(Number);
    return toPdf(
      { svg: outlined, viewBox: [x, y, width, height] },
      { widthInches: size.widthInches, title: `${label}. ${title}`, pictures: await picturesWithin(outlined) },
    );
  },
  png: async ({ svg }, size) => {
    const pixels = await rasterizeSvg(sizedForPaper(svg, size), Math.round(size.widthInches * dotsPerInch));
    return encodePng(pixels, dotsPerInch);
  },
};

async function picturesWithin(svg: string): Promise<ReadonlyMap<string, Pixels>> {
  const addresses = new Set([...svg.matchAll(/xlink:href="(data:[^"]+)"/g)].map(([, href]) => href));
  const decoded = [...addresses].map(async (href) => {
    const bytes = Buffer.from(href.slice(href.indexOf(",") + 1), "base64");
    return [href, await decodeImage(bytes, "a figure's picture")] as const;
  });
  return new Map(await Promise.all(decoded));
}

function formatOf({ format = "pdf" }: PaperFlags): Format {
  return format;
}

function fileOf(id: string, flags: PaperFlags): string {
  return join(flags.output, `${id}.${formatOf(flags)}`);
}

function figures(text: string): readonly FigureNumber[] {
  return text.split(",").map((part) => {
    const number = figureNumbers.find((known) => String(known) === part.trim());
    if (number === undefined)
      throw new InvalidArgumentError(`There are figures ${figureNumbers[0]} to ${figureNumbers.at(-1)}.`);
    return number;
  });
}

const inchesOf: Readonly<Record<string, number>> = { in: 1, cm: 1 / 2.54, mm: 1 / 25.4, pt: 1 / 72 };
const [leastInches, mostInches] = [2, 40];

function inches(text: string): number {
  const [, value, unit] = /^([\d.]+)(in|cm|mm|pt)$/.exec(text.trim()) ?? [];
  const length = Number(value) * (inchesOf[unit] ?? Number.NaN);
  if (!(length >= leastInches && length <= mostInches))
    throw new InvalidArgumentError(
      `It must be a length with its unit, such as 3.3in, 84mm or 240pt, of ${leastInches} to ${mostInches} inches.`,
    );
  return length;
}
