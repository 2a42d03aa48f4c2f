/**
 * Bundles the command line into dist/cli: a start reads a dozen files instead of hundreds, a command's own only when it
 * is asked for. What has native parts, or files of its own, stays outside.
 */
import { dirname, relative, resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const src = resolve(import.meta.dirname, "src");

/** Scripts of their own: the program, its threads', which they find beside it; commands for tests; how they take pictures, for bench. */
const entries = {
  main: "src/cli/main.ts",
  "evaluate-worker": "src/executors/evaluate-worker.js",
  run: "src/cli/run.ts",
  images: "src/cli/images.ts",
};

/** A module finds what lies beside it (kernels, scripts of small threads, models) where the library has it, too. */
const addresses: Plugin = {
  name: "addresses",
  transform(code, id) {
    if (!id.startsWith(src) || !code.includes("import.meta.url")) return;
    const path = relative(dirname(resolve(src, "cli/main.ts")), id).replace(/\.ts$/, ".js");
    return code.replace(/(new URL\("\.\/([\w-]+)\.js", )?import\.meta\.url/g, (found, beside, name) =>
      name in entries ? found : `${beside ?? ""}new URL("${path}", import.meta.url).href`,
    );
  },
};

export default defineConfig({
  plugins: [addresses],
  ssr: {
    target: "node",
    noExternal: true,
    external: [
      "@resvg/resvg-js",
      "bullmq",
      "h5wasm",
      "ioredis",
      "onnxruntime-common",
      "onnxruntime-node",
      "onnxruntime-web",
      "sharp",
    ],
    resolve: { conditions: ["source", "node", "module", "import", "default"] },
  },
  build: {
    ssr: true,
    outDir: "dist/cli",
    emptyOutDir: true,
    copyPublicDir: false,
    target: "node20.19",
    minify: false,
    license: { fileName: "licenses.md" },
    rolldownOptions: { input: entries, output: { entryFileNames: "[name].js", chunkFileNames: "[name].js" } },
  },
});
