/** A real browser for tests: the machine's Chromium, or the one that CHROMIUM names. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { describe } from "vitest";

const executablePath = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
]
  .filter((path) => path !== undefined)
  .find((path) => existsSync(path));

/** @param more arguments of Chromium. */
export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    // The camera is a moving test picture, given without asking.
    args: ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", ...more],
  });
}

/** With these a Chromium has a WebGPU adapter on any machine: one that computes on the processor. */
export const softwareGpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** A `describe` that is skipped, with its reason in its name, where there is no browser. */
export function describeInBrowser(name: string, define: () => void): void {
  if (executablePath) describe(name, define);
  else describe.skip(`${name} (skipped: no Chromium; install it or set CHROMIUM)`, define);
}
