import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { decodeImage, outlineSvg, rasterizeSvg } from "#platform";
import { accuracy } from "../../test/figure-data.ts";
import { accuracyFigure } from "./figures/accuracy.ts";
import { nodeCanvas } from "./node-canvas.ts";
import { paperCanvas, sizedForPaper } from "./paper-size.ts";
import { toPdf } from "./pdf.ts";

const red = "data:image/png;base64,AAAA";

function draw(svg: string, widthInches = 2): Promise<Uint8Array> {
  const pictures = new Map([[red, { width: 1, height: 1, data: Uint8Array.of(255, 0, 0) }]]);
  return toPdf({ svg, viewBox: [0, 30, 100, 50] }, { widthInches, title: "Figure 5. mAP – 1", pictures });
}

/** Inflated content of the object with that number. */
function contentOf(pdf: Uint8Array, number: number): string {
  const text = Buffer.from(pdf).toString("latin1");
  const object = text.indexOf(`\n${number} 0 obj\n`);
  const from = text.indexOf("stream\n", object) + 7;
  const [, length] = /\/Length (\d+)/.exec(text.slice(object, from)) ?? [];
  return inflateSync(pdf.subarray(from, from + Number(length))).toString("latin1");
}

test("every object stands where the file's table says", async () => {
  const pdf = Buffer.from(await draw(`<image x="0" y="0" width="2" height="2" xlink:href="${red}"/>`)).toString(
    "latin1",
  );
  const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(pdf)?.[1]);
  expect(pdf.slice(start, start + 5)).toBe("xref\n");
  const places = [...pdf.slice(start).matchAll(/(\d{10}) 00000 n /g)].map(([, place]) => Number(place));
  expect(places).toHaveLength(6);
  for (const [i, place] of places.entries()) expect(pdf.slice(place, place + 8)).toBe(`${i + 1} 0 obj\n`);
});

test("a page is as wide as asked for, with its y going down from the drawing's top", async () => {
  const pdf = await draw("");
  expect(Buffer.from(pdf).toString("latin1")).toContain("/MediaBox [0 0 144 72]");
  // 1.44 points a unit; y = 30 is the page's top, 72 points up: −1.44·30 + 115.2.
  expect(contentOf(pdf, 4)).toMatch(/^1\.44 0 0 -1\.44 0 115\.2 cm\n/);
});

test("a quadratic curve goes through the same points as a cubic one", async () => {
  const [line] = /^.* c$/m.exec(
    contentOf(await draw('<path fill="#ff0000" stroke="none" d="M 1 2 Q 4 8 10 5 Z"/>'), 4),
  )!;
  const [x1, y1, x2, y2, x3, y3] = line.split(" ").map(Number);
  for (const t of [0.25, 0.5, 0.8]) {
    const s = 1 - t;
    const cubic = (a: number, b: number, c: number, d: number) =>
      s ** 3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t ** 3 * d;
    const quadratic = (a: number, b: number, c: number) => s * s * a + 2 * s * t * b + t * t * c;
    expect(cubic(1, x1, x2, x3)).toBeCloseTo(quadratic(1, 4, 10), 3);
    expect(cubic(2, y1, y2, y3)).toBeCloseTo(quadratic(2, 8, 5), 3);
  }
});

test("a halo is stroked before its text is filled, and no operand has an exponent", async () => {
  const path = '<path fill="#ff0000" stroke="#ffffff" paint-order="stroke" stroke-width="3" d="M 1e-9 2 L 3 4 Z"/>';
  const content = contentOf(await draw(path), 4);
  expect(content.indexOf("\nS")).toBeGreaterThan(0);
  expect(content.indexOf("\nS")).toBeLessThan(content.indexOf("\nf"));
  expect(content).toContain("0 2 m");
});

const hasPoppler = spawnSync("pdftoppm", ["-v"]).error === undefined;

test.skipIf(!hasPoppler)(
  "another program shows the figure as it is drawn here (skipped without pdftoppm)",
  async () => {
    const size = { widthInches: 3.3, fontPoints: 7.5 };
    const { svg } = accuracyFigure(accuracy(), paperCanvas(nodeCanvas(), size));
    const outlined = await outlineSvg(sizedForPaper(svg, size));
    const viewBox = /viewBox="([^"]+)"/.exec(outlined)![1].split(" ").map(Number) as [number, number, number, number];
    const pdf = await toPdf({ svg: outlined, viewBox }, { widthInches: 3.3, title: "t", pictures: new Map() });
    const folder = await mkdtemp(join(tmpdir(), "pdf-"));
    try {
      await writeFile(join(folder, "figure.pdf"), pdf);
      execFileSync("pdftoppm", ["-r", "200", "-png", "-singlefile", join(folder, "figure.pdf"), join(folder, "page")]);
      const page = await decodeImage(await readFile(join(folder, "page.png")), "page.png");
      const own = await rasterizeSvg(sizedForPaper(svg, size), page.width);
      expect(Math.abs(own.height - page.height)).toBeLessThanOrEqual(1);
      const shared = Math.min(own.data.length, page.data.length);
      let differing = 0;
      for (let i = 0; i < shared; i++) if (Math.abs(own.data[i] - page.data[i]) > 128) differing++;
      // Two rasterizers differ along edges; a name that is missing, or a curve beside its place, is more than that.
      expect(differing / shared).toBeLessThan(0.004);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
