/** The package as it is built, served to pages without a bundler, and checkpoints as what can be sent from there. */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, resolve, sep } from "node:path";
import type { Checkpoint } from "../../src/snn/engine.ts";

const root = resolve(import.meta.dirname, "../..");
const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** What bare names mean in a page without a bundler. */
const importMap = {
  imports: {
    "#platform": "/dist/platform/browser.js",
    zod: "/node_modules/zod/index.js",
    pbf: "/node_modules/pbf/index.js",
    "onnxruntime-web/wasm": "/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
  },
};

/**
 * Serves a page that runs a module, and the package's files; `isIsolated` pages may share memory.
 * @param before a script that runs before the module.
 */
export function servePackage(program: string, isIsolated: boolean, before = ""): Promise<Server> {
  const page = `<!doctype html>
<script type="importmap">${JSON.stringify(importMap)}</script>
<script>${before}</script>
<script type="module">${program}</script>`;
  const headers = isIsolated
    ? { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }
    : {};
  const server = createServer(async ({ url = "/" }, response) => {
    if (url === "/") {
      response.writeHead(200, { ...headers, "Content-Type": "text/html" }).end(page);
      return;
    }
    const file = resolve(root, `.${url}`);
    const content = file.startsWith(root + sep) ? await readFile(file).catch(() => null) : null;
    const type = types[extname(file)] ?? "application/octet-stream";
    response.writeHead(content ? 200 : 404, { ...headers, "Content-Type": type }).end(content);
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

export function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** A checkpoint as JSON, in one order. Refers to nothing outside, so that its text can be part of a page. */
export function flatten({ t, heads, activity, recorded }: Checkpoint): unknown {
  const list = (map: ReadonlyMap<string, ArrayLike<number>>) =>
    [...map].map(([name, data]) => [name, Array.from(data)]);
  return {
    t,
    vmem: [...heads].map(([name, { vmem }]) => [name, Array.from(vmem.data)]),
    count: [...heads].map(([name, { count }]) => [name, Array.from(count.data)]),
    activity: [...activity],
    counts: list(recorded.counts),
    membranes: list(recorded.membranes),
    rasters: list(recorded.rasters),
  };
}
