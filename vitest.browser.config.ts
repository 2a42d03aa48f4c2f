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
    // One browser at a time: the pages have threads of their own.
    maxWorkers: 1,
  },
});
