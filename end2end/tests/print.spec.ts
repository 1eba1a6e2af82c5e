// On paper: whose record it is on every page, no row torn, no word broken; and no word broken on the screen.
import { execFileSync } from "node:child_process";
import type { Page } from "@playwright/test";
import { PATIENTS, type Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

/** NHS numbers of the personas whose summary can be opened, in two halves: each is printed. */
const SUMMARIES = [
  ["9990010021", "9990402132", "9990252955", "9990010145", "9990010242", "9990010064", "9990010072"],
  ["9990010080", "9990010102", "9990010110", "9990010129", "9990010137", "9990240272", "9990010153"],
  ["9990010161", "9990010188", "9990010196", "9990010218", "9990010226", "9990010234"],
  ["9990010250", "9990010269", "9990010277"],
];
/** Those of the others: what there is of them is printed too. */
const NO_SUMMARIES = ["9990010013", "9990010048", "9990010056"];

const plain = (text: string): string => text.normalize("NFKC").replace(/\s+/gu, " ");

/** What a page can break at: spaces, and after hyphens and slashes. */
const words = (text: string): string[] =>
  plain(text)
    .split(/(?<=[-\u2010-\u2015/])|\s/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));

/** Prints to A4, and reads each page back. */
const printed = async (page: Page, file: string): Promise<string[]> => {
  await page.pdf({ path: file, format: "A4", preferCSSPageSize: true, printBackground: false });
  // A page ends with a form feed.
  return execFileSync("pdftotext", ["-enc", "UTF-8", file, "-"], { encoding: "utf8" })
    .split("\f")
    .slice(0, -1)
    .map(plain);
};

const banner = (page: Page) => page.getByRole("region", { name: "Patient", exact: true });

const expectHeads = async (page: Page, pages: string[]): Promise<void> => {
  const name = plain(await banner(page).locator(".ncrs-banner__name").innerText());
  const ids = await banner(page).locator("dd").allInnerTexts();
  expect(ids).toHaveLength(3);
  const [born = "", gender = "", number = ""] = ids.map(plain);
  for (const [index, text] of pages.entries()) {
    // A page on which nothing stands is nobody's.
    const bare = text.replace(/Training: made-up patients|Page \d+ of \d+/g, "").trim();
    if (bare === "") continue;
    expect(text).toContain(name);
    // On the screen the age is short: (83y).
    expect(text).toContain(`Born ${born.slice(0, 11)} (`);
    expect(text).toContain(`Gender ${gender}.`);
    expect(text).toContain(`NHS No. ${number}.`);
    expect(text).toMatch(
      /Printed by Priya Nair, [\w ]+, Dales and Vale Ambulance Trust, \d+ \w+ \d{4} at \d+:\d\d[ap]m\./,
    );
    expect(text).toContain(`Page ${index + 1} of ${pages.length}`);
  }
};

/** Everything of the record that can be read on the screen stands on paper, word by word. */
const expectWhole = async (page: Page, pages: string[]): Promise<void> => {
  const on = new Set(words(pages.join(" ")));
  const main = page.getByRole("main");
  const texts = [
    ...(await main.getByRole("table").allInnerTexts()),
    ...(await main.locator(".ncrs-allergies, .ncrs-section h2, .ncrs-disclaimer").allInnerTexts()),
  ];
  const lost = words(texts.join(" ")).filter((word) => !on.has(word));
  expect(lost).toEqual([]);
};

/** Each row of a table stands on one page, with all its words. */
const expectRowsTogether = async (page: Page, pages: string[]): Promise<number> => {
  const sets = pages.map((text) => new Set(words(text)));
  const rows = await page.getByRole("main").locator("tbody tr").allInnerTexts();
  for (const row of rows) {
    expect(
      sets.some((on) => words(row).every((word) => on.has(word))),
      row,
    ).toBe(true);
  }
  return rows.length;
};

const openSummary = async (person: Person, nhsNumber: string): Promise<void> => {
  await person.searchNumber(nhsNumber);
  await person.button(/: open the record$/).click();
  await person.heading("Overview").waitFor();
  await person.tab("Summary");
  await person.patientAgrees();
  await person.button("Close summary").first().waitFor();
  // The words of rows are read as they stand in a table.
  await person.page.setViewportSize({ width: 1280, height: 800 });
};

for (const [part, numbers] of SUMMARIES.entries()) {
  test(`every page of a printed summary says whose it is, and breaks no word (${part + 1})`, async ({
    person,
  }, info) => {
    await person.enrol("paramedic");
    let [most, rows] = [0, 0];
    for (const number of numbers) {
      await openSummary(person, number);
      const pages = await printed(person.page, info.outputPath(`${number}.pdf`));
      await expectHeads(person.page, pages);
      await expectWhole(person.page, pages);
      rows += await expectRowsTogether(person.page, pages);
      most = Math.max(most, pages.length);
    }
    expect(most).toBeGreaterThan(1);
    expect(rows).toBeGreaterThan(10);
  });
}

test("a record without a summary is printed with whose it is, too", async ({ person }, info) => {
  await person.enrol("paramedic");
  for (const number of NO_SUMMARIES) {
    await person.searchNumber(number);
    await person.button(/: open the record$/).click();
    await person.heading("Overview").waitFor();
    for (const part of ["Overview", "Summary", "Details"] as const) {
      await person.tab(part);
      await person.page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
      await expect(banner(person.page).locator("dd")).toHaveCount(3);
      await expect(person.page.getByRole("status").filter({ hasText: /^(Opening|Reading)/ })).toHaveCount(0);
      await expectHeads(person.page, await printed(person.page, info.outputPath(`${number}-${part}.pdf`)));
    }
  }
});

/** Words of at most 24 letters that stand on more than one line. */
const broken = (page: Page): Promise<string[]> =>
  page
    .getByRole("main")
    .first()
    .evaluate((main) => {
      const found: string[] = [];
      const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        for (const match of (node.textContent ?? "").matchAll(/[^\s\-‐-―/]+/gu)) {
          if (match[0].length > 24) continue;
          const range = document.createRange();
          range.setStart(node, match.index);
          range.setEnd(node, match.index + match[0].length);
          const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
          if (lines.size > 1) found.push(match[0]);
        }
      }
      return found;
    });

test("no word is broken on any screen, and nothing is wider than it", async ({ person }) => {
  await person.enrol("paramedic");
  for (const patient of [PATIENTS.everyHeading, PATIENTS.emergency]) {
    await openSummary(person, patient.nhsNumber);
    for (const width of [320, 375, 640, 768, 800, 1024, 1280, 1920]) {
      await person.page.setViewportSize({ width, height: 800 });
      expect(await broken(person.page), `${width}`).toEqual([]);
      await person.expectFits();
    }
  }
});
