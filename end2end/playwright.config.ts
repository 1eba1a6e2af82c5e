import { defineConfig } from "@playwright/test";
import { CHROMIUM, FLAGS } from "./support/browser.ts";

// Every test has a server and a database of its own, so it meets nobody else's patients.
// The same tests run on both databases; PostgreSQL where `.ci/with-postgres` started one.
const postgres = process.env.NCRS_TEST_POSTGRES_URL;

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  fullyParallel: true,
  forbidOnly: true,
  // Another chance, but not a quiet one: the summary names whoever needed it, for someone to mend.
  retries: 1,
  workers: 2,
  // A bound for what never ends, not a measure: the longest walks have two people and a dozen accessibility checks.
  timeout: 150_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["json", { outputFile: "test-results/report.json" }]],
  globalSetup: "./support/template.ts",
  use: {
    browserName: "chromium",
    locale: "en-GB",
    timezoneId: "Europe/London",
    viewport: { width: 375, height: 667 },
    hasTouch: true,
    // A trace makes every test a quarter slower: ask for it with `--trace retain-on-failure`.
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: CHROMIUM,
      args: FLAGS,
    },
  },
  projects: [
    { name: "sqlite", metadata: { database: "sqlite" } },
    ...(postgres
      ? [
          {
            name: "postgres",
            metadata: { database: "postgres" },
            // What differs by database is what is read and written, not what a page looks like.
            testMatch: /(walk|adjustments|find)\.spec\.ts/,
          },
        ]
      : []),
  ],
});
