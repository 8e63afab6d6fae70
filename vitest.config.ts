import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    // Most of a test file is the loading of the service: workers keep it. Tests share no state of modules.
    isolate: false,
    setupFiles: ["test/support/fast-check.ts"],
    // Tests that start a real Kamailio, PostgreSQL or Prometheus take their time on a loaded machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
