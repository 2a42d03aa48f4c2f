import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { maxFileBytes } from "../core/file-size.ts";
import { readFile } from "./node.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "spiking-yolo-node-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string) => join(folder, name);
const refused = (path: string, kind: keyof typeof maxFileBytes = "data") => expect(readFile(path, kind)).rejects;

test("a file is read whole", async () => {
  const content = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
  writeFileSync(file("a"), content);
  writeFileSync(file("empty"), "");
  expect(await readFile(file("a"))).toEqual(content);
  expect(await readFile(file("empty"))).toEqual(new Uint8Array());
});

test("a file larger than its kind is refused with its size, and nothing is allocated for it", async () => {
  const before = process.memoryUsage().arrayBuffers;
  for (const kind of ["data", "detections", "picture", "text"] as const) {
    // Without content: it takes no room on the disk.
    writeFileSync(file(kind), "");
    truncateSync(file(kind), maxFileBytes[kind] + 1);
    const message = `${file(kind)} has ${maxFileBytes[kind] + 1} bytes; at most ${maxFileBytes[kind]} are read of a file of its kind`;
    await refused(file(kind), kind).toMatchObject({ code: "E_FILE", message });
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
});

test("what is missing or a directory is refused in words", async () => {
  await refused(file("nothing")).toMatchObject({
    code: "E_FILE",
    message: expect.stringMatching(/no such file or directory\. Check the path$/),
  });
  await refused(folder).toMatchObject({
    code: "E_FILE",
    message: expect.stringMatching(/it is a directory\. Check the path$/),
  });
});

test.skipIf(process.platform === "win32")(
  "devices and pipes are refused at once: they may have no end, or no beginning",
  async () => {
    execFileSync("/usr/bin/env", ["mkfifo", file("pipe")]);
    for (const path of ["/dev/zero", "/dev/null", file("pipe")])
      await refused(path).toMatchObject({ code: "E_FILE", message: expect.stringMatching(/is a device or a pipe/) });
  },
);
