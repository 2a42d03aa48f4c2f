/** The README's first example runs as it stands, against the built package under its own name. */
import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

test("the README's example prints detections that emerge over time", async () => {
  const [, code] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8"))!;
  expect(
    code
      .trim()
      .split("\n")
      .filter((line) => line && !line.startsWith("import")),
  ).toHaveLength(9);
  const file = join(root, "readme-example.mjs");
  writeFileSync(file, code);
  try {
    const output = await new Promise<string>((done, fail) => {
      execFile(process.execPath, [file], { cwd: root }, (error, stdout, stderr) =>
        error ? fail(new Error(stderr)) : done(stdout),
      );
    });
    expect(output).toMatch(/^8 \d+ \[\n? *\{/m);
    expect(output).toMatch(/classIndex: \d/);
  } finally {
    rmSync(file);
  }
});
