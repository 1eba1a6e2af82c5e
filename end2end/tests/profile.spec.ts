// Whoever takes the device and reads its disk learns nothing of any patient.
import { chromium, type Page } from "@playwright/test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadVisits, openVisit } from "../support/offline.ts";
import { PATIENTS, Person } from "../support/person.ts";
import { readProfile, search } from "../support/profile.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

const NOTE = "Prefers the quiet corner by the aquarium";

/** What the demonstration's records say of these patients, which is in nothing that the app is made of. */
const SECRETS = [
  ...["Gerald", "Ashdown", "9990010021", "999 001 0021", "999-001-0021"],
  ...["Margaret", "Holloway", "Priestley", "9990402132", "999 040 2132", "999-040-2132"],
  ...["Okafor", "9990240272", "999 024 0272", "999-024-0272"],
  ...["Ramipril", "Codeine Phosphate", "Penicillin", "Apixaban", "Levothyroxine"],
  NOTE,
];

/** What a mistake would leave behind, in either store of the browser. */
const plant = (page: Page, inStorage: string, inDatabase: string): Promise<void> =>
  page.evaluate(
    async ([inStorage, inDatabase]) => {
      localStorage.setItem("planted", inStorage);
      await new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open("planted", 1);
        opening.onerror = () => reject(opening.error);
        opening.onupgradeneeded = () => opening.result.createObjectStore("planted");
        opening.onsuccess = () => {
          const writing = opening.result.transaction("planted", "readwrite", { durability: "strict" });
          writing.objectStore("planted").put({ of: inDatabase }, 1);
          writing.oncomplete = () => {
            opening.result.close();
            resolve();
          };
          writing.onerror = () => reject(writing.error);
        };
      });
    },
    [inStorage, inDatabase] as const,
  );

test("nothing about a patient is on the disk in plain", async ({ server }, info) => {
  test.setTimeout(120_000);
  const folder = await mkdtemp(join(tmpdir(), "ncrs-profile-"));
  const { launchOptions, locale, timezoneId, viewport } = info.project.use;
  const context = await chromium.launchPersistentContext(folder, {
    ...launchOptions,
    locale,
    timezoneId,
    viewport,
  });
  const planted = [`planted ${crypto.randomUUID()}`, `planted ${crypto.randomUUID()}`] as const;
  const seen: string[] = [];
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    const person = new Person(page, server);
    await test.step("save two patients, and read one with the service", async () => {
      await loadVisits(person, [PATIENTS.coreOnly, PATIENTS.everyHeading]);
      await person.menu("Find a patient");
      await person.field("NHS number").fill(PATIENTS.withFlag.nhsNumber);
      await person.button("Search").click();
      await person.button(new RegExp(`^${PATIENTS.withFlag.family}`)).click();
      await person.heading("Overview").waitFor();
    });
    await test.step("read their summaries without it", async () => {
      server.proxy.cut();
      await person.goto("/visits");
      await person.unlock();
      for (const patient of [PATIENTS.coreOnly, PATIENTS.everyHeading]) {
        await openVisit(person, patient);
        await person.tab("Summary");
        await person.patientAgrees();
        await person.page.getByRole("region", { name: /Allergies/ }).waitFor();
        seen.push(await page.locator("body").innerText());
      }
    });
    await test.step("write, with a note", async () => {
      await openVisit(person, PATIENTS.coreOnly);
      await person.startFlag();
      await person.page.getByRole("textbox", { name: /^Note/ }).first().fill(NOTE);
      await person.button("Continue").click();
      await person.heading(/conditions?/i).waitFor();
      await person.button("Continue").click();
      await person.heading(/Check/).waitFor();
      seen.push(await page.locator("body").innerText());
      await person.button("Save").click();
      await expect(page.getByText("Saved on this device.")).toBeVisible();
    });
    await plant(page, planted[0], planted[1]);
  } finally {
    await context.close();
  }

  const files = await readProfile(folder);
  await rm(folder, { recursive: true, force: true });
  await test.step("the search looks: it finds what was planted, in both stores", () => {
    const found = search(files, [...planted]);
    expect(
      found.filter(({ text, path }) => text === planted[0] && path.includes("Local Storage")),
    ).not.toEqual([]);
    expect(found.filter(({ text, path }) => text === planted[1] && path.includes("IndexedDB"))).not.toEqual(
      [],
    );
  });
  await test.step("it looks for what was on the screen", () => {
    const shown = seen.join("\n").toLowerCase();
    const wanted = [
      "Gerald",
      "Ashdown",
      "999 001 0021",
      "Margaret",
      "Holloway",
      "Ramipril",
      "Penicillin",
      NOTE,
    ];
    expect(wanted.filter((text) => !shown.includes(text.toLowerCase()))).toEqual([]);
  });
  expect(search(files, SECRETS)).toEqual([]);
  // Nor is an answer of the service, packed or not: its address would be beside it.
  const answers = search(files, [`${new URL(server.url).host}/api/`]);
  expect(answers).toEqual([]);
});
