import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { recordsSource } from "../../../../kernels/generate.js";

test("the host's records are those of kernels/structs.ts", () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  expect(read("./kernel-records.ts"), "run npm run kernels").toBe(
    recordsSource(read("../../../../kernels/structs.ts")),
  );
});
