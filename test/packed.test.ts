/** What a user installs: how large it is, and that it runs from there, also where ONNX Runtime has no native binary. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Installed, installPacked, userPackages } from "./packed.ts";
import type { Result } from "./program.ts";

const root = resolve(import.meta.dirname, "..");
const street = join(root, "examples/street.png");
const page = readFileSync(join(root, "docs/install.md"), "utf8");

/** Bytes of all files below a folder. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true })
    .map((path) => lstatSync(join(folder, String(path))))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}

function run({ folder, program }: Installed, ...args: readonly string[]): Result {
  try {
    const stdout = execFileSync(program, args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
    return { code: 0, stdout, stderr: "" };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, stdout, stderr };
  }
}

describe.skipIf(process.platform === "win32")("installed", () => {
  let whole: Installed;
  beforeAll(() => {
    whole = installPacked();
  });
  afterAll(() => whole.remove());

  test("the size stays within what docs/install.md says, ONNX Runtime's native binaries apart", () => {
    const native = "onnxruntime-node";
    const packages = userPackages();
    expect(packages).toContain(native);
    expect(packages).not.toContain("onnxruntime-web");
    const others = packages.filter((name) => name !== native).map((name) => sizeOf(join(root, "node_modules", name)));
    const own = whole.files.reduce((sum, { size }) => sum + size, 0);
    const [, stated] = /\| all but ONNX Runtime's native package \| (\d+) \|/.exec(page)!;
    const megabytes = others.reduce((a, b) => a + b, own) / 1e6;
    expect(megabytes).toBeLessThan(Number(stated));
    expect(megabytes).toBeGreaterThan(Number(stated) * 0.6);
  });

  test("detects, with the built-in model", () => {
    const { code, stdout } = run(whole, "detect", street, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).images[0].dnn.detections.length).toBeGreaterThan(3);
  });

  test("serves the lab, with the ONNX Runtime that its page runs", async () => {
    const server = spawn(whole.program, ["lab", "--no-open", "--port", "0"], { cwd: whole.folder });
    try {
      const [first] = await once(server.stdout, "data");
      const page = await fetch(String(first).trim());
      expect([page.status, (await page.text()).includes("<title>spiking-yolo lab</title>")]).toEqual([200, true]);
      const files = whole.files.map(({ path }) => path);
      expect(files.filter((path) => /^dist\/lab\/assets\/ort-wasm.*\.wasm$/.test(path))).toHaveLength(1);
    } finally {
      server.kill();
      await once(server, "close");
    }
  });

  test("without the native package: one line says what to install, and with that it finds the same", () => {
    const bare = installPacked(["onnxruntime-node"]);
    const web = installPacked(["onnxruntime-node"], ["onnxruntime-web"]);
    try {
      const failed = run(bare, "detect", street);
      expect([failed.code, failed.stdout]).toEqual([2, ""]);
      expect(failed.stderr).toMatch(
        /^error \[E_ONNX_RUNTIME\] .*'onnxruntime-node'.* npm install onnxruntime-web@\d+\.\d+\.\d+\n$/,
      );
      const found = ({ stdout }: Result) =>
        JSON.parse(stdout).images[0].dnn.detections.map(({ className, box }: { className: string; box: object }) => [
          className,
          Object.values(box).map(Math.round),
        ]);
      expect(found(run(web, "detect", street, "--json"))).toEqual(found(run(whole, "detect", street, "--json")));
    } finally {
      bare.remove();
      web.remove();
    }
  });
});

test.skipIf(process.platform === "win32")("the line that removes other platforms' binaries leaves this one's", () => {
  const [, line] = /\n {4}(find node_modules\/onnxruntime-node.*)\n/.exec(page)!;
  const folder = mkdtempSync(join(tmpdir(), "slim-"));
  const binaries = "node_modules/onnxruntime-node/bin/napi-v6";
  const platforms = ["darwin/arm64", "linux/arm64", "linux/x64", "win32/x64"];
  for (const platform of platforms) {
    mkdirSync(join(folder, binaries, platform), { recursive: true });
    writeFileSync(join(folder, binaries, platform, "onnxruntime_binding.node"), "");
  }
  // The line is for Linux on x64, as the page says.
  execFileSync("sh", ["-c", line], { cwd: folder });
  const left = platforms.filter((platform) => existsSync(join(folder, binaries, platform)));
  rmSync(folder, { recursive: true });
  expect(left).toEqual(["linux/x64"]);
  if (process.platform === "linux" && process.arch === "x64")
    expect(existsSync(join(root, binaries, "linux/x64/onnxruntime_binding.node"))).toBe(true);
});
