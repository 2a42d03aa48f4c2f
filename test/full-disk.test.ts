/**
 * A disk that fills up while `train` runs: one clear line, no half-written file, and the last whole checkpoint can be
 * gone on from. The disk is a real one of a few pages, mounted in a namespace of the test's own; or a process may write
 * no large files. Where the machine allows neither, the tests are skipped, saying so.
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sceneClasses } from "../src/data/scenes/classes.ts";
import { sceneImages } from "../src/data/scenes/labelled.ts";
import { writeVocDataSet } from "../src/data/voc.ts";
import { darknetCfg, scenesHead } from "./darknet-cfg.ts";

const program = resolve(import.meta.dirname, "../dist/cli/main.js");

const cfg = darknetCfg(
  "net width=64 height=48 channels=3",
  "convolutional batch_normalize=1 filters=48 size=3 stride=2 pad=1 activation=leaky",
  ...scenesHead,
);

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "full-disk-"));
  writeFileSync(join(folder, "net.cfg"), cfg);
  await writeVocDataSet(sceneImages(4, 6, "voc", { width: 96, height: 72 }), sceneClasses, {
    root: join(folder, "voc"),
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `train` as a shell would call it. */
const train = (out: string, more = "") =>
  `'${process.execPath}' '${program}' train --dataset voc:voc --cfg net.cfg --steps 6 --batch 2 --every 1 -o ${out} ${more}`;

function shell(script: string, ...wrapper: readonly string[]): Promise<{ code: number; stderr: string }> {
  const [command, ...args] = [...wrapper, "sh", "-c", script];
  return new Promise((done) => {
    execFile(command, args, { cwd: folder }, (error, _, stderr) =>
      done({ code: error ? Number(error.code) : 0, stderr }),
    );
  });
}

const inNamespace = ["unshare", "--user", "--map-root-user", "--mount"];
const mounted = (kilobytes: number) => `mkdir -p disk && mount -t tmpfs -o size=${kilobytes}k none disk`;

/** Whether the script works here. */
function can(...command: readonly string[]): boolean {
  try {
    execFileSync(command[0], command.slice(1), { cwd: tmpdir(), stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const describeWhere = (isPossible: boolean, name: string, reason: string, define: () => void) =>
  isPossible ? describe(name, define) : describe.skip(`${name} (skipped: ${reason})`, define);

describeWhere(
  can(...inNamespace, "sh", "-c", "mount -t tmpfs -o size=4k none /tmp"),
  "a disk without space",
  "this user may mount nothing, not even in a namespace",
  () => {
    test("the line names file and reason; the checkpoint before is whole, and the run goes on from it", async () => {
      // Room for one checkpoint (about 33 kB), not for another beside it.
      const { code, stderr } = await shell(
        `${mounted(56)} && ${train("disk/net")}; code=$?; cp -r disk rescued; exit $code`,
        ...inNamespace,
      );
      expect(code).toBe(1);
      expect(stderr.trim().split("\n").at(-1)).toMatch(
        /^error \[E_WRITE\] disk\/net\.checkpoint cannot be written: no space is left on the disk/,
      );
      expect(stderr).not.toContain("    at ");
      expect(readdirSync(join(folder, "rescued"))).toEqual(["net.checkpoint"]);
      const resumed = await shell(train("rescued/net", "--resume"));
      expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining("going on from step 1 of 6") });
      await shell(train("whole"));
      expect(readFileSync(join(folder, "rescued/net.weights"))).toEqual(readFileSync(join(folder, "whole.weights")));
    });
  },
);

describeWhere(can("sh", "-c", "ulimit -f 1"), "a limit on the size of files", "this shell sets none", () => {
  test("the line names file and reason; nothing is left", async () => {
    const { code, stderr } = await shell(`ulimit -f 16 && ${train("limited/net")}`);
    expect(code).toBe(1);
    expect(stderr.trim().split("\n").at(-1)).toMatch(
      /^error \[E_WRITE\] limited\/net\.checkpoint cannot be written: it would be larger than this process may write/,
    );
    expect(readdirSync(join(folder, "limited"))).toEqual([]);
  });
});
