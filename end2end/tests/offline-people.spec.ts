// Several people share a device: each has what is theirs, and nobody else's.
import type { Browser } from "@playwright/test";
import {
  changes,
  DELIVER,
  loadVisits,
  networkIsBack,
  openVisit,
  saveFlagHere,
  startWork,
  toChanges,
} from "../support/offline.ts";
import { newDevice, PATIENTS, Person } from "../support/person.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

test("another person sees and sends nothing of the first, who finds it all again", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  const nurses = await loadVisits(person, [PATIENTS.coreOnly]);
  await test.step("the nurse writes without signal, and signs out", async () => {
    // With signal, but the change does not get through.
    server.proxy.treat(DELIVER, "drop");
    await openVisit(person, PATIENTS.coreOnly);
    await saveFlagHere(person);
    await person.menu("Sign out");
    await expect(person.heading("Sign in")).toBeVisible();
    server.proxy.relent();
  });
  const before = server.proxy.requests(DELIVER).length;
  expect(before).toBeGreaterThan(0);

  await test.step("the doctor, with a key of their own, sees and sends nothing of it", async () => {
    await person.giveFingerprintReader({ keepsSecret: true, own: false });
    await startWork(person, "doctor");
    await expect(page.getByRole("banner")).not.toContainText("Nurse");
    await person.menu("Visit list");
    await expect(page.getByText("Nobody is on your list")).toBeVisible();
    await toChanges(person);
    await expect(page.getByText("Nothing waits")).toBeVisible();
    await networkIsBack(page);
    await person.goto("/visits");
    await person.withFinger(
      () => person.button("Unlock saved records").click(),
      () => expect(person.button("Unlock saved records")).toHaveCount(0),
    );
    await toChanges(person);
    await expect(page.getByText("Nothing waits")).toBeVisible();
    expect(server.proxy.requests(DELIVER)).toHaveLength(before);
    await person.menu("Sign out");
    await expect(person.heading("Sign in")).toBeVisible();
  });

  await test.step("the nurse is back: it is sent", async () => {
    person.uses(nurses);
    await person.signIn();
    await toChanges(person);
    await expect(page.getByText(/^Sent /)).toBeVisible();
    await person.open(PATIENTS.coreOnly);
    await person.tab("Adjustments");
    await expect(changes(page, "Does lip read")).toHaveCount(1);
    await expect(changes(page, "Does lip read")).not.toContainText("Doctor");
  });
});

test("signed out without the service stays signed out when it is back", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  server.proxy.cut();
  await person.menu("Sign out");
  await expect(person.heading("Sign in")).toBeVisible();
  server.proxy.mend();
  await networkIsBack(page);
  await expect(page.getByText("There is no user name and no password.")).toBeVisible();
  await person.goto("/visits");
  await expect(person.heading("Sign in")).toBeVisible();
});

test("nothing opens after sign-out without the service", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  await person.menu("Sign out");
  await expect(person.heading("Sign in")).toBeVisible();
  server.proxy.cut();
  await person.goto("/visits");
  await expect(page.locator("body")).not.toContainText(PATIENTS.coreOnly.family);
  await person.withFinger(
    () => person.button(/with your fingerprint/).click(),
    () => expect(page.getByRole("alert")).toContainText("Nothing of yours is saved on this device"),
  );
  await expect(page.locator("body")).not.toContainText(PATIENTS.coreOnly.family);
});

test("signing out everywhere closes what is kept here", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  await person.menu("Your passkeys and devices");
  await person.button("Sign out everywhere").click();
  await expect(person.heading("Sign in")).toBeVisible();
  server.proxy.cut();
  await person.goto("/visits");
  await person.withFinger(
    () => person.button(/with your fingerprint/).click(),
    () => expect(page.getByRole("alert")).toContainText("Nothing of yours is saved on this device"),
  );
});

test("five failed attempts lock it, until a sign-in with the service", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  server.proxy.cut();
  await person.goto("/visits");
  await person.heading("Unlock").waitFor();
  await person.expectFitForAll();
  await person.fingerprintMatches(false);
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await person.withFinger(
      () => person.button(/^Unlock with/).click(),
      () =>
        expect(page.getByRole("alert")).toContainText(
          attempt < 5 ? "That did not work" : "Saved records are locked after 5 failed attempts",
        ),
    );
    await person.goto("/visits");
  }
  await person.fingerprintMatches(true);
  await person.withFinger(
    () => person.button(/^Unlock with/).click(),
    () => expect(page.getByRole("alert")).toContainText("Saved records are locked after 5 failed attempts"),
  );
  await expect(page.locator("body")).not.toContainText(PATIENTS.coreOnly.family);

  // The service knows nobody here any more: it is asked first.
  await page.context().clearCookies();
  server.proxy.mend();
  await person.goto("/sign-in");
  await person.pressSignIn(() => expect(page).not.toHaveURL(/sign-in/));
  await person.menu("Visit list");
  await expect(changes(page, PATIENTS.coreOnly.family)).toContainText("Kept until");
});

test("locked after five failed attempts, someone whom the service still knows is not left outside", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  await person.goto("/visits");
  await person.fingerprintMatches(false);
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await person.withFinger(
      () => person.button("Unlock saved records").click(),
      () =>
        expect(page.getByRole("main")).toContainText(
          attempt < 5 ? "That did not work" : "Saved records are locked after 5 failed attempts",
        ),
    );
    if (attempt < 5) await person.goto("/visits");
  }
  await person.fingerprintMatches(true);
  // There is signal: the way that the words name has to be there.
  await person.withFinger(
    () =>
      page
        .getByRole("main")
        .getByRole("button", { name: /sign in|unlock/i })
        .click(),
    () => expect(changes(page, PATIENTS.coreOnly.family)).toContainText("Kept until"),
  );
});

test("what is locked goes at sign-out too", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  await person.goto("/visits");
  await expect(person.button("Unlock saved records")).toBeVisible();
  await person.menu("Sign out");
  await expect(person.heading("Sign in")).toBeVisible();
  server.proxy.cut();
  await person.goto("/visits");
  await person.withFinger(
    () => person.button(/with your fingerprint/).click(),
    () => expect(page.getByRole("alert")).toContainText("Nothing of yours is saved on this device"),
  );
});

/** On another device, the passkey with which the first signs in is removed. */
const removePasskey = async (browser: Browser, server: Server): Promise<void> => {
  const context = await browser.newContext();
  const other = await newDevice(context, server);
  await other.enrol("nurse");
  await other.menu("Your passkeys and devices");
  // Not the one of this session.
  const card = other.page
    .locator(".nhsuk-card")
    .filter({ hasText: "Remove", hasNotText: "Used to sign in here" });
  await card
    .getByRole("button", { name: /^Remove/ })
    .first()
    .click();
  await other.button(/^Remove passkey/).click();
  await expect(other.page.getByText(/was removed/)).toBeVisible();
  await context.close();
};

const expectWiped = async (person: Person, server: Server): Promise<void> => {
  await expect(person.heading("Sign in")).toBeVisible();
  server.proxy.cut();
  await person.goto("/visits");
  await expect(person.page.getByText("nothing is saved on this device that could be unlocked")).toBeVisible();
};

test("a passkey that is removed elsewhere takes what is kept with it", async ({ page, server, browser }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  await page.goto("about:blank");
  await removePasskey(browser, server);
  await person.goto("/visits");
  await expectWiped(person, server);
});

test("a passkey that is removed elsewhere closes a page that is open", async ({ page, server, browser }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  await removePasskey(browser, server);
  // The next contact.
  await networkIsBack(page);
  await expectWiped(person, server);
});
