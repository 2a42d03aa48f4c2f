/**
 * Serves the built lab. The files are listed once, at the start, and a request can only name one of them: no path that
 * a client sends ever reaches the file system.
 */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import { extname, join, relative, sep } from "node:path";
import { pipeline } from "node:stream";
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
  const server = createServer((request, response) => answer(files, host, request, response));
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

/** What everybody calls this machine. */
const ownNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Addresses that stand for all of the machine's own. */
const everyAddress: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * Whether a request names this server. A page of another site can have its own name lead here (DNS rebinding) and would
 * then count as the lab; its requests carry that name. An address is not a name that somebody could lead elsewhere, so
 * where the server listens at all addresses, each of them will do.
 */
function isOurs(header: string | undefined, host: string): boolean {
  if (header === undefined) return false;
  const name = header.toLowerCase().replace(/:\d*$/, "");
  const bare = name.replace(/^\[(.*)\]$/, "$1");
  return ownNames.has(name) || bare === host.toLowerCase() || (everyAddress.has(host) && isIP(bare) > 0);
}

function answer(
  files: ReadonlyMap<string, ServedFile>,
  host: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  for (const [name, value] of Object.entries(labHeaders)) response.setHeader(name, value);
  if (!isOurs(request.headers.host, host)) {
    response
      .writeHead(421, { "Content-Type": "text/plain; charset=utf-8" })
      .end("The lab is not called so. Open it by its printed address, or name the host with --host.\n");
    return;
  }
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
  // Not pipe(): a download that is broken off has to close the file, too.
  else pipeline(createReadStream(file.path), response, () => {});
}
