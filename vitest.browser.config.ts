import { defineConfig } from "vitest/config";

const conditions = ["source", "node", "import", "module", "default"];

/** Tests that drive the built page in a real browser. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/browser/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // Two browsers keep two cores busy: pages wait for playback and for each other's threads.
    maxWorkers: 2,
  },
});
