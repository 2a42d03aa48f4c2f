/**
 * A drawing as a PDF of one page (ISO 32000-1), vectors staying vectors. Text comes as outlines, so that no font has to be
 * embedded and every viewer and printer shows the same.
 */
import type { Pixels } from "../core/pixels.ts";

/** A drawing of filled and stroked paths, pictures, and groups that transform: what `outlineSvg` leaves of an SVG. */
export interface Outlines {
  /** Of groups, paths and pictures, without the document around them; in viewBox's units. */
  readonly svg: string;
  readonly viewBox: readonly [x: number, y: number, width: number, height: number];
}

export interface PdfOptions {
  readonly widthInches: number;
  /** For viewers. */
  readonly title: string;
  /** Pictures by their `href`. */
  readonly pictures: ReadonlyMap<string, Pixels>;
}

const pointsPerInch = 72;

/** @returns the file's bytes: the same from the same drawing. */
export async function toPdf(outlines: Outlines, { widthInches, title, pictures }: PdfOptions): Promise<Uint8Array> {
  const [x, y, width, height] = outlines.viewBox;
  const scale = (widthInches * pointsPerInch) / width;
  const names = new Map([...pictures.keys()].map((href, i) => [href, `P${i}`]));
  const opacities = new Map<string, string>();
  const drawing = operatorsOf(outlines.svg, names, opacities);
  // PDF's y goes up, SVG's down.
  const content = `${[scale, 0, 0, -scale, -x * scale, (height + y) * scale].map(number).join(" ")} cm\n${drawing}`;
  const firstPicture = 6;
  const resources = [
    `/XObject << ${[...names.values()].map((name, i) => `/${name} ${firstPicture + i} 0 R`).join(" ")} >>`,
    `/ExtGState << ${[...opacities].map(([value, name]) => `/${name} << /CA ${value} /ca ${value} >>`).join(" ")} >>`,
  ];
  return assemble([
    ascii("<< /Type /Catalog /Pages 2 0 R >>"),
    ascii("<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
    ascii(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${number(width * scale)} ${number(height * scale)}] /Contents 4 0 R /Resources << ${resources.join(" ")} >> >>`,
    ),
    await stream("", ascii(content)),
    ascii(`<< /Title ${utf16(title)} /Producer (spiking-yolo) >>`),
    ...(await Promise.all([...pictures.values()].map(pictureObject))),
  ]);
}

/** PDF's operators for an SVG of groups, paths and pictures. */
function operatorsOf(svg: string, pictures: ReadonlyMap<string, string>, opacities: Map<string, string>): string {
  const operators: string[] = [];
  for (const [, end, name, text] of svg.matchAll(/<(\/?)(g|path|image)\b([^>]*)>/g)) {
    if (end) {
      operators.push("Q");
      continue;
    }
    const attributes = new Map([...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
    if (name === "g") {
      const matrix = /matrix\(([^)]+)\)/.exec(attributes.get("transform") ?? "");
      operators.push(
        "q",
        ...(matrix
          ? [
              `${matrix[1]
                .split(/[\s,]+/)
                .map((part) => number(Number(part)))
                .join(" ")} cm`,
            ]
          : []),
      );
      if (text.endsWith("/")) operators.push("Q");
    } else if (name === "path") {
      operators.push(pathOperators(attributes, opacities));
    } else {
      const [x, y, width, height] = ["x", "y", "width", "height"].map((key) => Number(attributes.get(key) ?? 0));
      const picture = pictures.get(attributes.get("xlink:href") ?? "");
      // A PDF's picture fills a unit square, its first line at the top.
      if (picture)
        operators.push(`q ${[width, 0, 0, -height, x, y + height].map(number).join(" ")} cm /${picture} Do Q`);
    }
  }
  return operators.join("\n");
}

function pathOperators(attributes: ReadonlyMap<string, string>, opacities: Map<string, string>): string {
  const [fill, stroke] = [attributes.get("fill") ?? "#000000", attributes.get("stroke") ?? "none"];
  const [isFilled, isStroked] = [fill !== "none", stroke !== "none"];
  const evenOdd = attributes.get("fill-rule") === "evenodd" ? "*" : "";
  const opacity = attributes.get(isStroked ? "stroke-opacity" : "fill-opacity");
  const segments = pathSegments(attributes.get("d") ?? "");
  const painted = [
    ...(isFilled ? [`${segments}\nf${evenOdd}`] : []),
    // A halo of text is stroked before it is filled.
    ...(isStroked ? [`${segments}\nS`] : []),
  ];
  if (attributes.get("paint-order")?.startsWith("stroke")) painted.reverse();
  return [
    "q",
    ...(isFilled ? [`${color(fill)} rg`] : []),
    ...(isStroked ? [strokeOperators(stroke, attributes)] : []),
    ...(opacity === undefined ? [] : [`/${opacityName(opacity, opacities)} gs`]),
    ...painted,
    "Q",
  ].join("\n");
}

const caps: Readonly<Record<string, number>> = { butt: 0, round: 1, square: 2 };
const joins: Readonly<Record<string, number>> = { miter: 0, round: 1, bevel: 2 };

function strokeOperators(stroke: string, attributes: ReadonlyMap<string, string>): string {
  const dashes = attributes.get("stroke-dasharray") ?? "none";
  return [
    `${color(stroke)} RG`,
    `${attributes.get("stroke-width") ?? 1} w`,
    `${caps[attributes.get("stroke-linecap") ?? "butt"] ?? 0} J`,
    `${joins[attributes.get("stroke-linejoin") ?? "miter"] ?? 0} j`,
    ...(dashes === "none" ? [] : [`[${dashes.split(/[\s,]+/).join(" ")}] 0 d`]),
  ].join(" ");
}

function opacityName(opacity: string, opacities: Map<string, string>): string {
  const name = opacities.get(opacity) ?? `O${opacities.size}`;
  opacities.set(opacity, name);
  return name;
}

/** `M`, `L`, `Q`, `C` and `Z` with absolute coordinates; PDF knows no quadratic curves, which are cubic ones as well. */
function pathSegments(d: string): string {
  let [x, y] = [0, 0];
  const segments = [...d.matchAll(/([MLQCZ])([^MLQCZ]*)/g)].map(([, command, text]) => {
    const at = text
      .trim()
      .split(/[\s,]+/)
      .map(Number);
    const from = [x, y];
    if (command !== "Z") [x, y] = at.slice(-2);
    if (command === "Z") return "h";
    if (command === "M") return `${at.map(number).join(" ")} m`;
    if (command === "L") return `${at.map(number).join(" ")} l`;
    if (command === "C") return `${at.map(number).join(" ")} c`;
    const towards = (end: readonly number[]) => [0, 1].map((i) => end[i] + (2 / 3) * (at[i] - end[i]));
    return `${[...towards(from), ...towards([x, y]), x, y].map(number).join(" ")} c`;
  });
  return segments.join("\n");
}

/** `#rrggbb` as three parts of one. */
function color(hex: string): string {
  return [1, 3, 5].map((at) => number(Number.parseInt(hex.slice(at, at + 2), 16) / 255)).join(" ");
}

/** PDF knows no exponents. */
function number(value: number): string {
  return String(Number(value.toFixed(5)) || 0);
}

function pictureObject({ width, height, data }: Pixels): Promise<Uint8Array> {
  const kind = "/Type /XObject /Subtype /Image /ColorSpace /DeviceRGB /BitsPerComponent 8";
  return stream(`${kind} /Width ${width} /Height ${height} `, Uint8Array.from(data));
}

async function stream(entries: string, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const deflated = new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate")));
  const packed = new Uint8Array(await deflated.arrayBuffer());
  return concat([
    ascii(`<< ${entries}/Filter /FlateDecode /Length ${packed.length} >>\nstream\n`),
    packed,
    ascii("\nendstream"),
  ]);
}

/** The file: objects numbered from 1 (the first being the catalog, the fifth what the file says of itself), and where each stands. */
function assemble(objects: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [ascii("%PDF-1.4\n"), Uint8Array.of(0x25, 0xe2, 0xe3, 0xcf, 0xd3, 0x0a)];
  const places: number[] = [];
  let length = parts[0].length + parts[1].length;
  const push = (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
  };
  for (const [i, object] of objects.entries()) {
    places.push(length);
    for (const part of [ascii(`${i + 1} 0 obj\n`), object, ascii("\nendobj\n")]) push(part);
  }
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${length}\n%%EOF\n`;
  push(ascii(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${trailer}`));
  return concat(parts);
}

function utf16(text: string): string {
  const codes = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, "0"));
  return `<feff${codes.join("")}>`;
}

function ascii(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
