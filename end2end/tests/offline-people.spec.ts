// Several people share a device: each has what is theirs, and nobody else's.
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
import { PATIENTS, Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

test("another person sees and sends nothing of the first, who finds it all again", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  const nurses = await person.giveFingerprintReader({ keepsSecret: true });
  await loadVisits(person, [PATIENTS.coreOnly]);
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

  server.proxy.mend();
  await person.goto("/visits");
  // The service still knows them, and what is kept needs the passkey and the service.
  await person.withFinger(
    () => person.button("Unlock saved records").click(),
    () => expect(changes(page, PATIENTS.coreOnly.family)).toContainText("Kept until"),
  );
});

test("a passkey that is removed elsewhere takes what is kept with it", async ({ page, server, browser }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  server.proxy.cut();
  await person.goto("/visits");
  await person.unlock();
  await expect(changes(page, PATIENTS.coreOnly.family)).toContainText("Kept until");

  const context = await browser.newContext();
  const other = new Person(await context.newPage(), server);
  await other.giveFingerprintReader();
  server.proxy.mend();
  await other.enrol("nurse");
  await other.menu("Your passkeys and devices");
  // The older of the two, which this session is not of.
  await other
    .button(/^Remove/)
    .first()
    .click();
  await other.page
    .getByRole("button", { name: /^(Yes, remove|Remove)/ })
    .first()
    .click();
  await expect(other.page.getByText(/was removed/)).toBeVisible();
  await context.close();

  await networkIsBack(page);
  await expect(person.heading(/^(Sign in|Unlock)$/)).toBeVisible();
  server.proxy.cut();
  await person.goto("/visits");
  await expect(page.getByText("nothing is saved on this device that could be unlocked")).toBeVisible();
});
