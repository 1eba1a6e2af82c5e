// A screen that nobody attends to, and a browser that two people use.
import type { BrowserContext, Page } from "@playwright/test";
import { addToVisits, loadVisits, networkIsBack, openVisit, saveVisits } from "../support/offline.ts";
import { newDevice, PATIENTS, Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

const LOCK = "/api/lock";

/** What browsers say when a page goes out of sight, or comes back. */
const sight = (page: Page, inSight: boolean): Promise<void> =>
  page.evaluate((shown) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => !shown });
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (shown ? "visible" : "hidden"),
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, inSight);

const expectLocked = async (person: Person): Promise<void> => {
  await expect(person.heading("Unlock")).toBeVisible();
  await expect(person.page.getByText("Locked for Hannah Ashby")).toBeVisible();
  await expect(person.page.locator("body")).not.toContainText(PATIENTS.everyHeading.family);
  await expect(person.page.locator("summary", { hasText: "Menu" })).toHaveCount(0);
};

const unlock = (person: Person, then: () => Promise<unknown>): Promise<void> =>
  person.withFinger(() => person.button(/^Unlock with/).click(), then);

/** Another tab of the browser. */
const openTab = async (context: BrowserContext, first: Person, path: string): Promise<Person> => {
  const tab = new Person(await context.newPage(), first.server);
  await tab.goto(path);
  return tab;
};

test("a record that nobody uses is locked, where nothing is kept on the device too", async ({
  person,
  page,
  context,
  server,
}) => {
  await page.clock.install();
  await person.enrol("nurse");
  await person.open(PATIENTS.everyHeading);
  await page.clock.fastForward("14:00");
  await expect(person.banner()).toContainText(PATIENTS.everyHeading.family);
  // Asleep for as long as it takes: no timer ran.
  await page.clock.fastForward("02:00");
  await expectLocked(person);
  await expect(page.getByText("nobody had used it for a while")).toBeVisible();
  await expect(page.getByText("was cleared, because nothing could be kept on this device")).toBeVisible();
  await person.expectFitForAll();
  await expect.poll(() => server.proxy.requests(LOCK).map(({ status }) => status)).toEqual([200]);

  await test.step("a reload and a new tab begin with the lock", async () => {
    await person.goto("/find");
    await expectLocked(person);
    const tab = await openTab(context, person, "/find");
    await expectLocked(tab);
    await tab.page.close();
  });

  await test.step("the passkey brings the person back", async () => {
    await unlock(person, () => expect(person.heading("Find a patient")).toBeVisible());
    await person.open(PATIENTS.everyHeading);
  });
});

test("whoever comes back is where they were", async ({ person, page }) => {
  await page.clock.install();
  await person.enrol("nurse");
  await person.open(PATIENTS.everyHeading);
  await person.tab("Details");
  await person.heading("Patient details").waitFor();
  await person.menu("Lock now");
  await expectLocked(person);
  await expect(page.getByText("You locked this screen")).toBeVisible();
  await unlock(person, () => expect(person.heading("Patient details")).toBeVisible());
  await expect(person.banner()).toContainText(PATIENTS.everyHeading.family);
});

test("tabs that are all out of sight are locked after five minutes", async ({ person, page, context }) => {
  await page.clock.install();
  await person.enrol("nurse");
  await person.open(PATIENTS.everyHeading);
  await sight(page, false);
  await page.clock.fastForward("04:00");
  await sight(page, true);
  await expect(person.banner()).toContainText(PATIENTS.everyHeading.family);

  const tab = await openTab(context, person, "/find/nhs-number");
  await sight(page, false);
  await sight(tab.page, false);
  await page.clock.fastForward("05:30");
  await expectLocked(person);
  await expectLocked(tab);
});

test("locked in one tab is locked in all", async ({ person, context }) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.everyHeading);
  const tab = await openTab(context, person, "/find");
  await tab.menu("Lock now");
  await expectLocked(tab);
  await expectLocked(person);
  await unlock(person, () => expect(person.heading("Overview")).toBeVisible());
  // They are back in every tab.
  await expect(tab.heading("Find a patient")).toBeVisible();
});

test("without signal it locks by itself, and the service hears of it when there is some", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.everyHeading]);
  await openVisit(person, PATIENTS.everyHeading);
  server.proxy.cut();
  await person.menu("Lock now");
  await expectLocked(person);
  await expect(page.getByText("was kept on this device")).toBeVisible();
  server.proxy.mend();
  await networkIsBack(page);
  await expect.poll(() => server.proxy.requests(LOCK).at(-1)?.status).toBe(200);
  // The same touch opens what is saved.
  await unlock(person, () => expect(person.heading("Overview")).toBeVisible());
  await person.menu("This device");
  await expect(page.getByText("Saved on this device")).toBeVisible();
});

test("unlocked without signal, it goes on with what is saved", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.everyHeading]);
  server.proxy.cut();
  await person.menu("Lock now");
  await expectLocked(person);
  await unlock(person, () => expect(person.heading("Visit list")).toBeVisible());
  await openVisit(person, PATIENTS.everyHeading);
  server.proxy.mend();
  await networkIsBack(page);
  await expect(person.banner()).toContainText(PATIENTS.everyHeading.family);
  expect(server.proxy.requests(LOCK).filter(({ status }) => status === 200)).toEqual([]);
});

test("a session that has ended takes the record off the screen", async ({ person, browser, server }) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.everyHeading);
  const context = await browser.newContext();
  const phone = await newDevice(context, server);
  await phone.enrol("nurse");
  await phone.menu("Your passkeys and devices");
  await phone.button("Sign out everywhere").click();
  await expect(phone.heading("Sign in")).toBeVisible();
  await context.close();
  await sight(person.page, false);
  await sight(person.page, true);
  await expect(person.heading("Sign in")).toBeVisible();
  await expect(person.page.locator("body")).not.toContainText(PATIENTS.everyHeading.family);
});

test("someone else signs in in another tab: the first page goes at once", async ({
  person,
  context,
  server,
}) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.everyHeading);
  const other = await newDevice(context, server);
  await other.enrol("doctor");
  await expect(person.heading("Someone else signed in on this browser")).toBeVisible();
  await expect(person.page.locator("body")).not.toContainText(PATIENTS.everyHeading.family);
  await expect(person.page.getByText("This browser now works for Dr Michael O'Sullivan")).toBeVisible();
  await person.expectFitForAll();

  await test.step("the first signs in again, and now the other's page goes", async () => {
    await person.withFinger(
      () => person.button("Sign in with your passkey").click(),
      () => expect(person.heading("Find a patient")).toBeVisible(),
    );
    await expect(other.heading("Someone else signed in on this browser")).toBeVisible();
    await expect(other.page.getByText("This browser now works for Hannah Ashby")).toBeVisible();
  });
});

test("a tab that did not hear of someone else is refused by the service", async ({
  person,
  page,
  context,
  server,
}) => {
  await page.addInitScript(() => {
    window.BroadcastChannel = class extends EventTarget {
      postMessage() {}
      close() {}
    } as unknown as typeof BroadcastChannel;
  });
  await person.enrol("nurse");
  await person.open(PATIENTS.everyHeading);
  const other = await newDevice(context, server);
  await other.enrol("doctor");
  await expect(person.banner()).toContainText(PATIENTS.everyHeading.family);
  await person.tab("Details");
  await expect(person.heading("Someone else signed in on this browser")).toBeVisible();
  expect(server.proxy.requests("/api/record/details").map(({ status }) => status)).toEqual([412]);
});

test("what the first had not sent is never sent as the second", async ({ page, context, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  await openVisit(person, PATIENTS.coreOnly);
  server.proxy.treat("/api/commands/deliver", "drop");
  await person.writeFlag();
  await person.button("Save").click();
  await expect(page.getByText("Saved on this device.")).toBeVisible();
  const other = await newDevice(context, server);
  await other.enrol("doctor");
  await expect(person.heading("Someone else signed in on this browser")).toBeVisible();
  server.proxy.relent();
  await networkIsBack(page);
  await person.withFinger(
    () => person.button("Sign in with your passkey").click(),
    () => expect(person.heading("Find a patient")).toBeVisible(),
  );
  // It waited for its own person, and is sent as theirs.
  await person.menu(/^Waiting to be sent/);
  await expect(page.getByText(/^Sent /)).toBeVisible({ timeout: 40_000 });
  expect(server.proxy.requests("/api/commands/deliver").filter(({ arrived }) => arrived)).toHaveLength(1);
  await openVisit(person, PATIENTS.coreOnly);
  await person.tab("Adjustments");
  await expect(page.getByRole("article").filter({ hasText: "Does lip read" })).toContainText("Hannah Ashby");
});

test.describe("turning on saving", () => {
  test("ends open, however slow the answers are and whatever the browser says meanwhile", async ({
    page,
    server,
  }) => {
    const person = new Person(page, server);
    await person.giveFingerprintReader({ keepsSecret: true });
    await page.clock.install();
    // Enrolment would turn it on by itself.
    await page.route("**/api/vaults/register", (route) => route.abort(), { times: 1 });
    await person.enrol("nurse");
    await person.menu("Visit list");
    // Nothing is there yet, so nothing is locked.
    await expect(person.button("Turn on saving on this device")).toBeVisible();
    const register = server.proxy.hold("/api/vaults/register");
    const finish = server.proxy.hold("/api/sign-in/finish");
    await person.withFinger(
      async () => {
        await person.button("Turn on saving on this device").click();
        // The browser's own question covers the page.
        await sight(page, false);
        await page.clock.fastForward("04:00");
      },
      () => expect.poll(() => server.proxy.requests("/api/sign-in/finish")).toHaveLength(1),
    );
    await sight(page, true);
    await sight(page, false);
    finish();
    await expect.poll(() => server.proxy.requests("/api/vaults/register")).toHaveLength(1);
    await sight(page, true);
    register();
    await expect(person.button("Turn on saving on this device")).toHaveCount(0);
    await expect(page.getByRole("main")).not.toContainText("is locked");
    await addToVisits(person, [PATIENTS.coreOnly]);
    await saveVisits(person);
  });

  test("a lock while it is being turned on wins", async ({ page, context, server }) => {
    const person = new Person(page, server);
    await person.giveFingerprintReader({ keepsSecret: true });
    await page.route("**/api/vaults/register", (route) => route.abort(), { times: 1 });
    await person.enrol("nurse");
    await person.menu("Visit list");
    const tab = await openTab(context, person, "/find");
    const register = server.proxy.hold("/api/vaults/register");
    await person.withFinger(
      () => person.button("Turn on saving on this device").click(),
      () => expect.poll(() => server.proxy.requests("/api/vaults/register")).toHaveLength(1),
    );
    await tab.menu("Lock now");
    await expectLocked(person);
    register();
    await expectLocked(person);
    await unlock(person, () => expect(person.heading("Visit list")).toBeVisible());
  });
});
