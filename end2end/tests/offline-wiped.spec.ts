// What was not sent outlasts whatever ends what is kept on a device: it is sent, or shown with its reason.
import {
  changes,
  DELIVER,
  loadVisits,
  networkIsBack,
  openVisit,
  removePasskey,
  saveFlagHere,
  startWork,
  addToVisits,
  saveVisits,
  toChanges,
  toVisits,
} from "../support/offline.ts";
import { PATIENTS, Person } from "../support/person.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

const patient = PATIENTS.coreOnly;
const SEALED = "/api/commands/deliver-sealed";
const SEALED_LOG = "/api/vaults/log-sealed";

/** Without signal a saved patient is looked at and written for, and the app is closed. */
const writeWithoutSignal = async (person: Person, server: Server): Promise<void> => {
  server.proxy.cut();
  await openVisit(person, patient);
  await saveFlagHere(person);
  await person.page.goto("about:blank");
};

const arrived = (server: Server, path: string) =>
  server.proxy.requests(path).filter(({ status }) => status === 200);

/** The change is shown with its text, and with why it was not sent. */
const expectShown = async (person: Person, reason: RegExp): Promise<void> => {
  await expect(person.page.getByRole("heading", { name: "Needs your decision" })).toBeVisible();
  const mine = changes(person.page, "Does lip read");
  await expect(mine).toHaveCount(1);
  await expect(mine).toContainText(reason);
};

const expectRecorded = async (person: Person): Promise<void> => {
  await openVisit(person, patient);
  await person.tab("Adjustments");
  await expect(person.page.getByText(/^Live/)).toBeVisible();
  await expect(changes(person.page, "Does lip read")).toHaveCount(1);
};

test("a passkey that is removed with a change waiting: it arrives after the next sign-in, the looks at once", async ({
  page,
  server,
  browser,
}) => {
  const person = new Person(page, server);
  await loadVisits(person, [patient]);
  await writeWithoutSignal(person, server);
  server.proxy.mend();
  await removePasskey(browser, server);

  await person.goto("/visits");
  await expect(person.heading("Sign in")).toBeVisible();
  // What can be read is gone, and the device has brought what was looked at, with nobody signed in.
  await expect.poll(() => page.evaluate(() => localStorage.getItem("kept"))).toBe('""');
  await expect.poll(() => arrived(server, SEALED_LOG).length).toBeGreaterThan(0);
  expect(arrived(server, SEALED)).toHaveLength(0);

  await person.enrol("nurse");
  await expect.poll(() => arrived(server, SEALED).length).toBeGreaterThan(0);
  await expectRecorded(person);
  await toChanges(person);
  await expect(page.getByText("Nothing waits")).toBeVisible();
});

test("an older copy of the database behind the device: nothing is wiped, and what cannot be sent is shown", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader({ keepsSecret: true });
  // The copy is from before anything was kept on the device.
  await page.route("**/api/vaults/register", (route) => route.abort());
  await person.enrol("nurse");
  const copy = await server.backUp();
  await page.unroute("**/api/vaults/register");
  await person.menu("Sign out");
  await person.signIn();
  await person.appIsKept();
  await addToVisits(person, [patient]);
  await saveVisits(person);
  await writeWithoutSignal(person, server);
  await server.putBack(copy);
  server.proxy.mend();

  await person.goto("/visits");
  await expect(person.heading("Sign in")).toBeVisible();
  await expect.poll(() => arrived(server, "/api/vaults/standing").length).toBeGreaterThan(0);
  expect(await page.evaluate(() => localStorage.getItem("kept"))).toBe('"yes"');
  await person.signIn();
  // When they are back, at the latest when there is signal again.
  await expect
    .poll(async () => {
      await networkIsBack(page);
      return arrived(server, "/api/vaults/register-again").length;
    })
    .toBeGreaterThan(0);
  await expect.poll(() => arrived(server, "/api/vaults/log").length).toBeGreaterThan(0);
  await toChanges(person);
  await expectShown(person, /Not saved/);
  await person.expectFitForAll();
  // It is there again after a reload, until the person decides.
  await person.goto("/changes");
  await person.withFinger(
    () => person.button("Unlock saved records").click(),
    () => expectShown(person, /Not saved/),
  );
  await person.button("Discard").click();
  await expect(page.getByText(/^Discarded/).first()).toBeVisible();
});

test("a copy from before the passkey: who enrols anew sees what was not sent", async ({ page, server }) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader({ keepsSecret: true });
  const copy = await server.backUp();
  await startWork(person, "nurse");
  await addToVisits(person, [patient]);
  await saveVisits(person);
  await writeWithoutSignal(person, server);
  await server.putBack(copy);
  server.proxy.mend();

  await person.enrol("nurse");
  await toChanges(person);
  await expectShown(person, /Not saved/);
  await expect.poll(() => arrived(server, "/api/vaults/register-again").length).toBeGreaterThan(0);
  await expect.poll(() => arrived(server, SEALED_LOG).length).toBeGreaterThan(0);
});

test("a role that is given again under another id: what was written in the old one is shown", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await loadVisits(person, [patient]);
  await writeWithoutSignal(person, server);
  await server.giveRolesAgain("nurse");
  server.proxy.mend();

  await person.goto("/changes");
  await expect.poll(() => arrived(server, SEALED_LOG).length).toBeGreaterThan(0);
  await expectShown(person, /The role in which you wrote it has ended/);
  await expect(person.button("Try again")).toHaveCount(0);
  await person.expectFitForAll();
  await person.button("Discard").click();
  await person.goto("/changes");
  await expect(page.getByText("Nothing waits")).toBeVisible();
});

test("a sealed change waits for the role in which it was made", async ({ page, server }) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader();
  await person.enrol("threeroles");
  const roles = () => page.getByRole("main").getByRole("button");
  await person.heading("Choose a role").waitFor();
  await roles().first().click();
  await person.heading("Find a patient").waitFor();
  await person.appIsKept();
  await person.open(patient);
  await person.writeFlag();
  server.proxy.treat(DELIVER, "drop");
  server.proxy.treat(SEALED, "drop");
  await person.button("Save").click();
  await expect(page.getByText("Saved on this device.")).toBeVisible();

  await person.goto("/role");
  await roles().nth(1).click();
  await person.heading("Find a patient").waitFor();
  server.proxy.relent();
  await person.goto("/changes");
  const mine = changes(page, "Does lip read");
  await expect(mine).toContainText("Waits for the role in which you wrote it");
  expect(arrived(server, DELIVER)).toHaveLength(0);

  await person.menu("Change role");
  await roles().first().click();
  await person.heading("Find a patient").waitFor();
  await toChanges(person);
  await expect(page.getByText(/^Sent /)).toBeVisible();
});

test("what is not sent is said before signing out, and counted where it is locked", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await loadVisits(person, [patient]);
  server.proxy.treat(DELIVER, "drop");
  await openVisit(person, patient);
  await saveFlagHere(person);
  const said = page.getByText("1 change is not sent yet. If you sign out, it stays on this device");
  await page.locator("summary", { hasText: "Menu" }).click();
  await expect(said).toBeVisible();
  await page.keyboard.press("Escape");
  await person.goto("/changes");
  await expect(page.getByRole("heading", { name: "1 change waits in your saved records" })).toBeVisible();
  await person.menu("Your passkeys and devices");
  await expect(page.getByRole("main").locator(said)).toBeVisible();
  await person.menu("Sign out");
  await expect(person.heading("Sign in")).toBeVisible();
  server.proxy.relent();
  await networkIsBack(page);
  await person.signIn();
  await toVisits(person);
  await toChanges(person);
  await expect(page.getByText(/^Sent /)).toBeVisible();
});
