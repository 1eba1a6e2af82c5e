// The browser of every test and measure.

/** Where it is. */
export const CHROMIUM = process.env.NCRS_CHROMIUM ?? "/usr/bin/chromium";

/** How it is started: without a screen, and without asking anybody for anything by itself. */
export const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
