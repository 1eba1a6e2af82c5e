// Measures what the README promises, prints a table, and writes bench.json.
import { chromium, test, type Page } from "@playwright/test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import lighthouse from "lighthouse";
import { launch } from "chrome-launcher";
import { Server } from "../support/server.ts";

/** One measure. `ratio` is the value over `ratio_to`, and `within` whether the budget is kept. */
type Measure = {
  name: string;
  value: number;
  unit: string;
  ratio_to: string | null;
  ratio: number | null;
  budget: string | null;
  within: boolean | null;
};

const chrome = process.env.NCRS_CHROMIUM ?? "/usr/bin/chromium";
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const measures: Measure[] = [];

const round = (value: number): number => Math.round(value * 100) / 100;

const atMost = (name: string, value: number, unit: string, budget: number): void => {
  const ratio = round(value / budget);
  measures.push({
    name,
    value: round(value),
    unit,
    ratio_to: "budget",
    ratio,
    budget: `<= ${budget}`,
    within: value <= budget,
  });
};

const atLeast = (name: string, value: number, unit: string, budget: number): void => {
  const ratio = round(value / budget);
  measures.push({
    name,
    value: round(value),
    unit,
    ratio_to: "budget",
    ratio,
    budget: `>= ${budget}`,
    within: value >= budget,
  });
};

/** Bytes over the wire until the page is alive, by kind, with everything that it loads. */
const firstLoad = async (page: Page, url: string): Promise<number> => {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  let bytes = 0;
  cdp.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  await page.goto(url);
  await page.locator("body[data-ready]").waitFor();
  await page.waitForLoadState("networkidle");
  return bytes;
};

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const browserMeasures = async (server: Server): Promise<void> => {
  const signIn = `${server.url}/sign-in`;
  const browser = await chromium.launch({ executablePath: chrome, args: flags });
  try {
    const context = await browser.newContext({
      viewport: { width: 375, height: 667 },
      serviceWorkers: "block",
    });
    const page = await context.newPage();
    atMost("first_load_brotli_kb", (await firstLoad(page, signIn)) / 1000, "kB", 300);

    const repeats: number[] = [];
    const taps: number[] = [];
    for (let visit = 0; visit < 7; visit += 1) {
      await page.goto("about:blank");
      const began = performance.now();
      await page.goto(signIn);
      await page.locator("body[data-ready]").waitFor();
      repeats.push(performance.now() - began);
      // From the tap to the next screen painted, all of it on the device.
      taps.push(
        await page.evaluate(
          () =>
            new Promise<number>((resolve) => {
              const began = performance.now();
              document.querySelector<HTMLAnchorElement>('main a[href="/enrol"]')?.click();
              const look = () =>
                location.pathname === "/enrol"
                  ? resolve(performance.now() - began)
                  : requestAnimationFrame(look);
              requestAnimationFrame(look);
            }),
        ),
      );
    }
    atMost("repeat_visit_ms", median(repeats), "ms", 500);
    atMost("answer_to_a_tap_ms", median(taps), "ms", 100);
  } finally {
    await browser.close();
  }

  const profile = await mkdtemp(join(tmpdir(), "ncrs-lighthouse-"));
  const launched = await launch({ chromePath: chrome, chromeFlags: flags, userDataDir: profile });
  try {
    const result = await lighthouse(signIn, {
      port: launched.port,
      onlyCategories: ["accessibility", "best-practices", "performance"],
      logLevel: "error",
    });
    const score = (category: string): number => (result?.lhr.categories[category]?.score ?? 0) * 100;
    atLeast("lighthouse_accessibility", score("accessibility"), "of 100", 100);
    atLeast("lighthouse_best_practices", score("best-practices"), "of 100", 100);
    atLeast("lighthouse_performance", score("performance"), "of 100", 95);
  } finally {
    launched.kill();
    await rm(profile, { recursive: true, force: true });
  }
};

test("measures", async () => {
  test.setTimeout(600_000);
  const server = await Server.create("sqlite");
  try {
    await server.start();
    await browserMeasures(server);
  } finally {
    await server.remove();
  }
  await report();
});

const report = async (): Promise<void> => {
  // The searches and the audit are measured by the server's own benchmarks, in its own language.
  for (const file of (process.env.NCRS_BENCH_FILES ?? "").split(":").filter(Boolean)) {
    measures.push(...(JSON.parse(await readFile(file, "utf8")) as Measure[]));
  }

  const rows = measures.map((measure) => [
    measure.name,
    `${measure.value} ${measure.unit}`,
    measure.budget ?? "",
    measure.ratio === null ? "" : `${measure.ratio} of ${measure.ratio_to}`,
    measure.within === null ? "" : measure.within ? "yes" : "NO",
  ]);
  const table = [["measure", "value", "budget", "ratio", "within"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  for (const row of table) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
  await writeFile(new URL("../../bench.json", import.meta.url), `${JSON.stringify(measures, null, 2)}\n`);
};
