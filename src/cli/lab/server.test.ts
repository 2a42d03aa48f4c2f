/** The lab's server, over HTTP, with a folder of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LabServer, serveLab } from "./server.ts";

let root: string;
let server: LabServer;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "lab-server-"));
  mkdirSync(join(root, "lab/assets"), { recursive: true });
  writeFileSync(join(root, "secret.txt"), "not for you");
  writeFileSync(join(root, "lab/index.html"), "<p>page</p>");
  writeFileSync(join(root, "lab/assets/kernels-1.wasm"), "wasm");
  server = await serveLab({ folder: join(root, "lab"), host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

/** The path goes out as it is: `fetch` would tidy it up first. */
function ask(
  path: string,
  method = "GET",
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((done, failed) => {
    request({ hostname, port, path, method }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
    })
      .on("error", failed)
      .end();
  });
}

test("serves the page at its root, whatever the query", async () => {
  for (const path of ["/", "/index.html", "/?scene=3"]) {
    const { status, headers, body } = await ask(path);
    expect([status, body, headers["content-type"]]).toEqual([200, "<p>page</p>", "text/html; charset=utf-8"]);
  }
});

test("isolates the page, binds it to a policy without eval, and lets hashed files be kept", async () => {
  const { headers } = await ask("/assets/kernels-1.wasm");
  expect(headers).toMatchObject({
    "content-type": "application/wasm",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "x-content-type-options": "nosniff",
    "cache-control": "public, max-age=31536000, immutable",
  });
  const policy = String(headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
  expect(policy).not.toMatch(/'unsafe-eval'|https?:|\*/);
});

test.each([
  "/../secret.txt",
  "/..%2fsecret.txt",
  "/%2e%2e/secret.txt",
  "/assets/../../secret.txt",
  "//secret.txt",
  "/assets",
  "/assets/",
  "/index.html%00.js",
  "/constructor",
  "/__proto__",
])("gives out nothing but the built files: %s", async (path) => {
  const { status, body } = await ask(path);
  expect(status).toBe(404);
  expect(body).not.toContain("not for you");
});

test("answers HEAD without a body and refuses to be written to", async () => {
  expect(await ask("/", "HEAD")).toMatchObject({ status: 200, body: "" });
  for (const method of ["POST", "PUT", "DELETE"]) expect((await ask("/", method)).status).toBe(405);
});

test("says so where the port is taken or the page was not built", async () => {
  const port = Number(new URL(server.url).port);
  await expect(serveLab({ folder: join(root, "lab"), host: "127.0.0.1", port })).rejects.toThrow(/is taken.*--port/);
  await expect(serveLab({ folder: root, host: "127.0.0.1", port: 0 })).rejects.toThrow(/npm run build/);
});
