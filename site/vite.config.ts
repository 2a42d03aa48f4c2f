/** Builds the documentation site into out/site: static files that any host can serve, in any folder. */
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin, runnerImport } from "vite";
import { documentOf } from "./pages/layout.ts";

const root = resolve(import.meta.dirname, "..");
const outDir = join(root, "out/site");

/** Writes the pages around the script and the styles that were built; and the lab, as it was built before. */
const pages: Plugin = {
  name: "pages",
  async generateBundle(_, bundle) {
    // In a runner of its own, where `#platform` is Node.js's and sources are loaded as they are.
    const { module } = await runnerImport<typeof import("./pages/site.ts")>(join(root, "site/pages/site.ts"), {
      configFile: false,
      logLevel: "error",
      resolve: { alias: { "#platform": join(root, "src/platform/node.ts") } },
    });
    const { groups, pages, search, files } = module.site;
    const chunks = Object.values(bundle);
    const entry = chunks.find((chunk) => chunk.type === "chunk" && chunk.isEntry);
    if (entry?.type !== "chunk") throw new Error("the site's script was not built");
    const styles = [...(entry.viteMetadata?.importedCss ?? [])];
    for (const { page, rendered } of pages) {
      const source = documentOf({ page, groups, rendered, script: entry.fileName, styles });
      this.emitFile({ type: "asset", fileName: page.path, source });
    }
    this.emitFile({ type: "asset", fileName: "search.json", source: search });
    const icon = readFileSync(join(root, "lab/public/icon.svg"));
    this.emitFile({ type: "asset", fileName: "icon.svg", source: icon });
    for (const file of files)
      this.emitFile({ type: "asset", fileName: `files/${file}`, source: readFileSync(join(root, file)) });
  },
  writeBundle() {
    const lab = join(root, "dist/lab");
    if (!existsSync(lab)) throw new Error("the lab, which the site holds, is not built yet: npm run build");
    cpSync(lab, join(outDir, "lab"), { recursive: true });
  },
};

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [react(), pages],
  worker: { format: "es" },
  resolve: { conditions: ["source", "browser", "module", "import", "default"] },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: join(root, "site/src/main.ts"),
      // Figures run no part of a network densely; the lab has a copy of its own.
      external: ["onnxruntime-web/wasm"],
    },
  },
});
