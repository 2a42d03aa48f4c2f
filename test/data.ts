/**
 * Real data for tests: `../shared/data` beside the repository, or the folder that SPIKING_YOLO_DATA names.
 * Where it is absent these tests are skipped, saying so.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe } from "vitest";

const root = process.env.SPIKING_YOLO_DATA ?? resolve(import.meta.dirname, "../../shared/data");

export const hasData = existsSync(join(root, "README.md"));

/** Path of a file of the data folder. */
export function dataPath(path: string): string {
  return join(root, path);
}

/** A `describe` that is skipped, with its reason in its name, where the data is absent. */
export function describeWithData(name: string, define: () => void): void {
  if (hasData) describe(name, define);
  else describe.skip(`${name} (skipped: no data at ${root}; set SPIKING_YOLO_DATA)`, define);
}
