/** Runs a TypeScript file of this folder in this process: Node.js below 22 cannot. Arguments: its name, then what it is given. */
import { resolve } from "node:path";
import { runnerImport } from "vite";

await runnerImport(resolve(import.meta.dirname, process.argv[2]), {
  configFile: false,
  logLevel: "error",
  // The sources, as everything else here: an error's class is one class.
  resolve: { alias: { "#platform": resolve(import.meta.dirname, "../../src/platform/node.ts") } },
});
