import { defineConfig } from "@playwright/test";

// Playwright runs the measures so that they share its way with TypeScript and the tests' server.
export default defineConfig({
  testDir: ".",
  outputDir: "../test-results/bench",
  workers: 1,
  reporter: "line",
  globalSetup: ["../support/template.ts", "./report.ts"],
});
