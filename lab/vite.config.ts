/** Builds the lab into dist/lab: static files that any host can serve. */
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { contentSecurityPolicy, labHeaders } from "../src/cli/lab/headers.ts";

/** The policy also stands in the page: a host that sets no headers is bound by it, too. */
const securityPolicy: Plugin = {
  name: "security-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: contentSecurityPolicy },
      injectTo: "head-prepend",
    },
  ],
};

const { "Cross-Origin-Opener-Policy": opener, "Cross-Origin-Embedder-Policy": embedder } = labHeaders;

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [react(), securityPolicy],
  resolve: { conditions: ["source", "browser", "module", "import", "default"] },
  worker: { format: "es" },
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  build: {
    outDir: "../dist/lab",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    reportCompressedSize: false,
  },
  server: { headers: { "Cross-Origin-Opener-Policy": opener, "Cross-Origin-Embedder-Policy": embedder } },
});
