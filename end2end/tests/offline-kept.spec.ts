// What is kept on the device, for how long, and what is not.
import type { Page } from "@playwright/test";
import { addToVisits, changes, loadVisits, openVisit, saveVisits, startWork } from "../support/offline.ts";
import { PATIENTS, Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

const HOUR = 60 * 60 * 1000;

/** Everything in the browser's databases, as one text. */
const databases = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const asked = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const found: unknown[] = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await asked(indexedDB.open(name ?? ""));
      for (const store of database.objectStoreNames) {
        found.push(await asked(database.transaction(store).objectStore(store).getAll()));
      }
      database.close();
    }
    return JSON.stringify(found, (_, value) =>
      value instanceof ArrayBuffer
        ? [...new Uint8Array(value)]
        : ArrayBuffer.isView(value)
          ? [...new Uint8Array(value.buffer)]
          : value,
    );
  });

/** Waits until nothing is being kept any more. */
const allIsKept = async (page: Page): Promise<void> => {
  let before = "";
  await expect(async () => {
    const now = await databases(page);
    const same = now === before;
    before = now;
    expect(same).toBe(true);
  }).toPass({ intervals: [600] });
};

test("what is saved is gone when its time is over, and a clock that is turned back brings nothing back", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  server.proxy.cut();
  const began = Date.now();
  for (const [hours, there] of [
    [23, true],
    [25, false],
    [1, false],
  ] as const) {
    await page.clock.setSystemTime(began + hours * HOUR);
    await person.goto("/visits");
    await person.unlock();
    await expect(person.heading("Visit list")).toBeVisible();
    if (there) await expect(changes(page, PATIENTS.coreOnly.family)).toContainText("Kept until");
    else {
      await expect(page.getByText("Nobody from your list is saved on this device")).toBeVisible();
      await expect(page.getByText("Nobody is on your list")).toHaveCount(0);
      await expect(page.locator("body")).not.toContainText(PATIENTS.coreOnly.family);
    }
  }
});

test("a form that is half filled in survives a reload without the service", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  server.proxy.cut();
  await openVisit(person, PATIENTS.coreOnly);
  await person.writeFlag();
  await allIsKept(page);
  await person.goto("/visits");
  await person.unlock();
  await openVisit(person, PATIENTS.coreOnly);
  await person.tab("Adjustments");
  await person.button("Create flag").click();
  await expect(page.getByRole("checkbox", { name: /^I confirm that the patient is disabled/ })).toBeChecked();
  await expect(page.getByRole("radio", { name: "The patient consents" })).toBeChecked();
  await person.button("Continue").click();
  // Nothing is missing: the next step is the last.
  await person.heading(/Check/).waitFor();
  await expect(page.getByRole("main")).toContainText("Hearing");
  await expect(page.getByRole("main")).toContainText("Does lip read");
});

test("a form that is half filled in survives a reload on its own page", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  await openVisit(person, PATIENTS.coreOnly);
  await person.writeFlag();
  await allIsKept(page);
  await page.reload();
  await person.alive();
  await person.menu("Visit list");
  await person.withFinger(
    () => person.button("Unlock saved records").click(),
    () => expect(person.button("Unlock saved records")).toHaveCount(0),
  );
  await openVisit(person, PATIENTS.coreOnly);
  await person.tab("Adjustments");
  await person.button("Create flag").click();
  await expect(page.getByRole("radio", { name: "The patient consents" })).toBeChecked();
});

test("a form that was begun is unlocked where it was begun", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  await openVisit(person, PATIENTS.coreOnly);
  await person.writeFlag();
  await allIsKept(page);
  await page.reload();
  await person.alive();
  await person.withFinger(
    () => person.button("Unlock what you wrote").click(),
    () => expect(person.button("Unlock what you wrote")).toHaveCount(0),
  );
  await expect(page.getByRole("radio", { name: "The patient consents" })).toBeChecked();
});

test("a restricted patient stays online, and it says why", async ({ page, server }) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader({ keepsSecret: true });
  await startWork(person, "nurse");
  await person.menu("Find a patient");
  await person.field("NHS number").fill(PATIENTS.restricted.nhsNumber);
  await person.button("Search").click();
  await person.results().waitFor();
  await expect(person.button(/Add to visit list/)).toHaveCount(0);
  await expect(page.getByText("it is never saved on a device")).toBeVisible();
  await person.button(new RegExp(`^${PATIENTS.restricted.family}`)).click();
  await person.heading("Overview").waitFor();
  await expect(person.button(/Add to visit list/)).toHaveCount(0);
  await expect(page.getByText("A restricted record is never saved on a device")).toBeVisible();
});

test("the service refuses to put a restricted patient on the list", async ({ page, server }) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader({ keepsSecret: true });
  await startWork(person, "nurse");
  const add = (nhsNumber: string) =>
    page.evaluate(async (number) => {
      const answer = await fetch("/api/visits/add", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ nhs_number: number }),
      });
      return { ok: answer.ok, text: await answer.text() };
    }, nhsNumber);
  expect(await add(PATIENTS.coreOnly.nhsNumber)).toMatchObject({ ok: true });
  const refused = await add(PATIENTS.restricted.nhsNumber);
  expect(refused.ok).toBe(false);
  expect(refused.text).toMatch(/stays.?online/i);
  await person.menu("Visit list");
  await expect(changes(page, PATIENTS.coreOnly.family)).toBeVisible();
  await expect(changes(page, PATIENTS.restricted.family)).toHaveCount(0);
});

test("the summary of someone who opted out does not come along", async ({ page, server }) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader({ keepsSecret: true });
  await startWork(person, "nurse");
  await addToVisits(person, [PATIENTS.optedOut]);
  await person.menu("Visit list");
  const card = changes(page, PATIENTS.optedOut.family);
  await expect(card).toContainText("The summary cannot be saved");
  await expect(card.getByRole("combobox")).toHaveCount(0);
  await saveVisits(person);
  await expect(card).toContainText("without the summary");
  server.proxy.cut();
  await openVisit(person, PATIENTS.optedOut);
  await person.tab("Summary");
  await expect(page.getByText(/opted out|chose not to/i).first()).toBeVisible();
  await expect(page.getByRole("radio", { name: "The patient agreed" })).toHaveCount(0);
});

test("the visit list and this device can be used by everyone, on a phone and on a desk", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader({ keepsSecret: true });
  await startWork(person, "nurse");
  await person.menu("Visit list");
  await expect(page.getByText("Nobody is on your list")).toBeVisible();
  await person.expectFitForAll();
  await addToVisits(person, [PATIENTS.coreOnly, PATIENTS.optedOut]);
  await saveVisits(person);
  await person.expectFitForAll();
  await person.menu("This device");
  await expect(page.getByText("In use")).toBeVisible();
  await person.expectFitForAll();
});

test("what waits, and the lock, can be used by everyone, on a phone and on a desk", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  server.proxy.cut();
  await openVisit(person, PATIENTS.coreOnly);
  await person.writeFlag();
  await person.button("Save").click();
  await expect(page.getByText("Saved on this device.")).toBeVisible();
  await person.expectFitForAll();
  await person.menu(/^Waiting to be sent/);
  await expect(changes(page, "Does lip read")).toBeVisible();
  await person.expectFitForAll();
  await person.goto("/device");
  await person.heading("Unlock").waitFor();
  await person.expectFitForAll();
});
