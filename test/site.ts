/** The documentation site, built for tests; and a server that sets no headers beyond a file's type, as any static host. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
export const siteFolder = join(root, "out/site");

export function buildSite(): void {
  execFileSync(
    process.execPath,
    [join(root, "node_modules/vite/bin/vite.js"), "build", "site", "--logLevel", "error"],
    {
      cwd: root,
      stdio: "pipe",
    },
  );
}

/** Paths of all pages, the lab's left out. */
export function sitePages(): readonly string[] {
  return readdirSync(siteFolder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".html") && !path.startsWith("lab/"))
    .sort();
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

export interface StaticHost {
  /** Of a folder below the host's root, ending in a slash. */
  readonly url: string;
  close(): void;
}

/** Serves the site below a folder, where addresses that begin at the host's root would be dead. */
export async function serveSite(): Promise<StaticHost> {
  const prefix = "/docs/spiking-yolo/";
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://host");
    const path = join(siteFolder, pathname.slice(prefix.length));
    if (!pathname.startsWith(prefix) || !existsSync(path) || extname(path) === "") return response.writeHead(404).end();
    return response
      .writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" })
      .end(readFileSync(path));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}${prefix}`, close: () => server.close() };
}
