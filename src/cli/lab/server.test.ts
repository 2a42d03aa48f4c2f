/** The lab's server, over HTTP, with a folder of its own. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type LabServer, serveLab } from "./server.ts";

let root: string;
let server: LabServer;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "lab-server-"));
  mkdirSync(join(root, "lab/assets"), { recursive: true });
  writeFileSync(join(root, "secret.txt"), "not for you");
  writeFileSync(join(root, "lab/index.html"), "<p>page</p>");
  writeFileSync(join(root, "lab/assets/kernels-1.wasm"), "wasm");
  // More than a socket takes at once.
  writeFileSync(join(root, "lab/assets/large-1.js"), Buffer.alloc(2 ** 24));
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
  host?: string,
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((done, failed) => {
    request({ hostname, port, path, method, headers: host === undefined ? {} : { host } }, (response) => {
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
  // A link may name a model anywhere; nothing else comes from elsewhere, and nothing that runs.
  expect(policy).toContain("connect-src 'self' https:;");
  expect(policy.replace("connect-src 'self' https:;", "")).not.toMatch(/'unsafe-eval'|https?:|\*/);
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

test("answers to its own names only: a name that was led here from elsewhere opens nothing", async () => {
  for (const host of ["localhost", "127.0.0.1:4242", "[::1]:80", "LOCALHOST:1"])
    expect((await ask("/", "GET", host)).status, host).toBe(200);
  const strangers = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example:80",
    "192.168.0.7",
    "x@localhost",
  ];
  for (const host of strangers) {
    const { status, body } = await ask("/", "GET", host);
    expect([status, body.includes("page")], host).toEqual([421, false]);
  }
});

test("--host adds a name, or all addresses", async () => {
  for (const [host, name, status] of [
    ["0.0.0.0", "192.168.0.7:80", 200],
    ["0.0.0.0", "[fe80::1]", 200],
    ["0.0.0.0", "evil.example", 421],
    ["127.0.0.2", "127.0.0.2", 200],
    ["127.0.0.2", "127.0.0.3", 421],
  ] as const) {
    const other = await serveLab({ folder: join(root, "lab"), host, port: 0 });
    const { hostname, port } = new URL(other.url);
    const got = await new Promise((done, failed) =>
      request({ hostname, port, headers: { host: name } }, (response) => done(response.resume().statusCode))
        .on("error", failed)
        .end(),
    );
    await other.close();
    expect(got, `${host} ${name}`).toBe(status);
  }
});

test.skipIf(!existsSync("/proc/self/fd"))("closes the file of a download that is broken off", async () => {
  const path = join(root, "lab/assets/large-1.js");
  const isOpen = () =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false;
      }
    }).length;
  const { hostname, port } = new URL(server.url);
  const breakOff = () =>
    new Promise<void>((done, failed) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(`GET /assets/large-1.js HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`),
      );
      socket.once("data", () => socket.destroy());
      socket.once("close", () => done()).once("error", failed);
    });
  for (let i = 0; i < 30; i++) await breakOff();
  await vi.waitFor(() => expect(isOpen()).toBe(0), 5000);
});

test("says so where the port is taken or the page was not built", async () => {
  const port = Number(new URL(server.url).port);
  await expect(serveLab({ folder: join(root, "lab"), host: "127.0.0.1", port })).rejects.toThrow(/is taken.*--port/);
  await expect(serveLab({ folder: root, host: "127.0.0.1", port: 0 })).rejects.toThrow(/npm run build/);
});
