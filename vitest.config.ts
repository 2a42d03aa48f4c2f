import { defineConfig } from "vitest/config";

// `source` makes `#platform` resolve to the TypeScript files, so tests run without a build step between edits.
const conditions = ["source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // The oracle of the gradient tests registers its gradients in files that Node does not load as modules.
    server: { deps: { inline: [/@tensorflow\/tfjs-core/] } },
    include: ["src/**/*.test.ts", "lab/src/**/*.test.ts", "site/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["test/browser/**"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // ONNX Runtime brings threads of its own; two test processes keep two cores busy.
    maxWorkers: 2,
  },
});
