/**
 * Serves the built lab. The files are listed once, at the start, and a request can only name one of them: no path that
 * a client sends ever reaches the file system.
 */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { ArgumentError, EngineError } from "../../core/errors.ts";
import { labHeaders } from "./headers.ts";

export interface LabServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface LabServerOptions {
  readonly folder: string;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

interface ServedFile {
  readonly path: string;
  readonly bytes: number;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** @throws ArgumentError [E_PORT] where the port is taken, EngineError [E_LAB] where the page was not built. */
export async function serveLab({ folder, host, port }: LabServerOptions): Promise<LabServer> {
  const files = await listFiles(folder);
  const server = createServer((request, response) => answer(files, request, response));
  await listen(server, host, port);
  const address = server.address();
  const actual = typeof address === "object" && address ? address.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${actual}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Every file of the folder by the address under which it is served. */
async function listFiles(folder: string): Promise<ReadonlyMap<string, ServedFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, ServedFile>();
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const { size } = await stat(path);
    files.set(`/${relative(folder, path).split(sep).join("/")}`, { path, bytes: size });
  }
  const index = files.get("/index.html");
  if (!index)
    throw new EngineError("E_LAB", `the lab's page is not in ${folder}: build the package with npm run build`);
  return files.set("/", index);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "is taken" : `cannot be used: ${error.message}`;
      reject(
        new ArgumentError("E_PORT", `port ${port} on ${host} ${reason}. Choose another with --port, or 0 for any`, {
          cause: error,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

function answer(files: ReadonlyMap<string, ServedFile>, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(labHeaders)) response.setHeader(name, value);
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { Allow: "GET, HEAD" }).end();
    return;
  }
  const [name] = (request.url ?? "/").split("?");
  const file = files.get(name);
  if (!file) {
    response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" }).end("There is no such file in the lab.\n");
    return;
  }
  response.writeHead(200, {
    "Content-Type": contentTypes[extname(file.path)] ?? "application/octet-stream",
    "Content-Length": file.bytes,
    // Built files carry a hash of their content in their names.
    "Cache-Control": name.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
  });
  if (request.method === "HEAD") response.end();
  else
    createReadStream(file.path)
      .on("error", () => response.destroy())
      .pipe(response);
}
