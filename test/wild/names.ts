/** Files of class names as people have them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { decodeText } from "../../src/core/text.ts";
import { parseNames } from "../../src/importers/darknet/import-darknet.ts";
import type { WildCase } from "./case.ts";
import { runHere } from "./run.ts";
import { smallDetector } from "./small-detector.ts";

async function detected(path: string, scratch: string) {
  const calibration = smallDetector(path, scratch).at(-1) as string;
  return runHere(
    ...["detect", join(calibration, "a.jpg"), "--json", "--model", join(path, "c.cfg"), "--weights"],
    ...[join(path, "c.weights"), "--names", join(path, "c.names"), "--calibrate", calibration],
  );
}

const named = (folder: string, what: string, ...labels: readonly string[]): WildCase => ({
  folder,
  expects: `${what}: the names are ${labels.join(" and ")}`,
  check: async (path, scratch) => {
    const { code, stdout, stderr } = await detected(path, scratch);
    expect(code, stderr).toBe(0);
    const { detections } = JSON.parse(stdout).images[0].dnn as { detections: { label: string; classIndex: number }[] };
    expect(detections.length).toBeGreaterThan(0);
    for (const { label, classIndex } of detections) expect(label).toBe(labels[classIndex]);
    // Not every class is found in the picture.
    expect(parseNames(decodeText(readFileSync(join(path, "c.names")), "c.names"))).toEqual(labels);
  },
});

const refused = (folder: string, what: string, message: RegExp): WildCase => ({
  folder,
  expects: `${what} are refused in one line`,
  check: async (path, scratch) => {
    const { code, stderr } = await detected(path, scratch);
    expect(stderr).toMatch(/^error \[E_[A-Z]+\] [^\n]+$/);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  },
});

export const names: readonly WildCase[] = [
  named("n01-names-blank", "blank lines and CRLF", "cat", "dog"),
  named("n02-names-bom", "a byte order mark", "cat", "dog"),
  named("n03-names-utf16", "UTF-16", "cat", "dog"),
  refused("n04-names-more", "more names than classes", /the head has 2 classes but 3 names are given/),
  named("n05-names-comment", "spaces and any script", "traffic light", "\u72d7"),
  refused("n06-names-latin1", "names in Latin-1", /c\.names is not UTF-8 text.* Save it as UTF-8/),
];
