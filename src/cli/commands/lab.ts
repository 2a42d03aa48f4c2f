/** `lab`: serves the web page that shows detections emerging from spikes. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { note, print } from "../io.ts";
import { serveLab } from "../lab/server.ts";
import { integerFrom } from "../options.ts";

interface Options {
  readonly port: number;
  readonly host: string;
  readonly open: boolean;
}

/** Beside the command line in the built package. */
const folder = fileURLToPath(new URL("../../lab/", import.meta.url));

const loopback = new Set(["127.0.0.1", "::1", "localhost"]);

export function declare(command: Command): void {
  command
    .option("--port <n>", "port, or 0 for any free one", integerFrom(0, 65_535), 4242)
    .option(
      "--host <address>",
      "address to listen at; other than loopback, others on the network can open it",
      "127.0.0.1",
    )
    .option("--no-open", "do not open a browser")
    .addHelpText(
      "after",
      `
The page runs the networks itself: no picture and no model leaves the browser.

Example:
  spiking-yolo lab
  spiking-yolo lab --port 8080 --no-open`,
    )
    .action(lab);
}

async function lab({ port, host, open }: Options): Promise<void> {
  const server = await serveLab({ folder, host, port });
  print(server.url);
  note("Serving the lab. Stop with Ctrl-C.");
  if (!loopback.has(host)) note("Browsers give camera and threads only to loopback and https addresses.");
  if (open) openBrowser(server.url);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await server.close();
}

function openBrowser(url: string): void {
  const [program, ...args] =
    process.platform === "darwin"
      ? ["open", url]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", url]
        : ["xdg-open", url];
  // Where there is no browser to open, the printed address has to do.
  spawn(program, args, { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}
