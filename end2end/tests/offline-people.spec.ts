// Several people share a device: each has what is theirs, and nobody else's.
import {
  addToVisits,
  changes,
  DELIVER,
  loadVisits,
  networkIsBack,
  openVisit,
  removePasskey,
  saveFlagHere,
  saveVisits,
  startWork,
  toChanges,
  toVisits,
} from "../support/offline.ts";
import { PATIENTS, Person } from "../support/person.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

test("another person sees and sends nothing of the first, who finds it all again", async ({
  page,
  context,
  server,
}) => {
  const nurse = new Person(page, server);
  await loadVisits(nurse, [PATIENTS.coreOnly]);
  await test.step("the nurse writes without getting through, and signs out", async () => {
    server.proxy.treat(DELIVER, "drop");
    await openVisit(nurse, PATIENTS.coreOnly);
    await saveFlagHere(nurse);
    await nurse.menu("Sign out");
    await expect(nurse.heading("Sign in")).toBeVisible();
    await page.goto("about:blank");
    server.proxy.relent();
  });
  const before = server.proxy.requests(DELIVER).length;
  expect(before).toBeGreaterThan(0);

  await test.step("the doctor, on the same device, sees and sends nothing of it", async () => {
    // In a tab of their own, because a virtual reader belongs to a tab: what is kept is the device's.
    const doctor = new Person(await context.newPage(), server);
    await doctor.giveFingerprintReader({ keepsSecret: true });
    await startWork(doctor, "doctor");
    await toVisits(doctor);
    await expect(doctor.page.getByText("Nobody is on your list")).toBeVisible();
    await toChanges(doctor);
    await expect(doctor.page.getByText("Nothing waits")).toBeVisible();
    await doctor.goto("/visits");
    await doctor.withFinger(
      () => doctor.button("Unlock saved records").click(),
      () => expect(doctor.button("Unlock saved records")).toHaveCount(0),
    );
    await expect(doctor.page.getByRole("main")).not.toContainText("That did not work");
    await addToVisits(doctor, [PATIENTS.withFlag]);
    await saveVisits(doctor);
    await toChanges(doctor);
    await expect(doctor.page.getByText("Nothing waits")).toBeVisible();
    await expect(doctor.page.locator("body")).not.toContainText(PATIENTS.coreOnly.family);
    expect(server.proxy.requests(DELIVER)).toHaveLength(before);
    await doctor.menu("Sign out");
    await expect(doctor.heading("Sign in")).toBeVisible();
    await doctor.page.close();
  });

  await test.step("the nurse is back: it is sent, as theirs", async () => {
    await nurse.signIn();
    await toChanges(nurse);
    await expect(page.getByText(/^Sent /)).toBeVisible();
    await openVisit(nurse, PATIENTS.coreOnly);
    await nurse.tab("Adjustments");
    await expect(page.getByText(/^Live/)).toBeVisible();
    await expect(changes(page, "Does lip read")).toHaveCount(1);
    await expect(changes(page, "Does lip read")).toContainText("Hannah Ashby");
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
  // The service hears of it as soon as it is back.
  const heard = () => server.proxy.requests("/api/sign-out").filter(({ status }) => status === 200);
  await expect.poll(heard).not.toHaveLength(0);
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

test("who is quicker than the page unlocks all the same", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  server.proxy.cut();
  // What opens the vault is on its way when the button is pressed.
  await page.addInitScript(() => {
    const real = window.fetch;
    const asked = new Promise<void>((go) => {
      document.addEventListener("here", () => {
        go();
      });
    });
    window.fetch = async (what, how) => {
      if (/\/keep\./.test(what instanceof Request ? what.url : String(what))) await asked;
      return real(what, how);
    };
  });
  await person.goto("/visits");
  await person.withFinger(
    async () => {
      await person.button(/with your fingerprint/).click();
      await expect(person.button("Waiting for your device…")).toBeVisible();
      await page.evaluate(() => document.dispatchEvent(new Event("here")));
    },
    () => expect(person.heading("Visit list")).toBeVisible(),
  );
});

/**
 * Fails with the wrong finger so often, each time in the page anew. The page is told as browsers tell it:
 * the virtual reader would refuse every finger itself after a few.
 */
const failToUnlock = async (person: Person, button: RegExp): Promise<void> => {
  const { page } = person;
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await person.goto("/visits");
    await person.button(button).waitFor();
    await page.evaluate(() => {
      navigator.credentials.get = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    });
    await person.button(button).click();
    await expect(page.getByRole("main")).toContainText(
      attempt < 5 ? "That did not work" : "Saved records are locked after 5 failed attempts",
    );
  }
};

test("five failed attempts lock it, until a sign-in with the service", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  server.proxy.cut();
  await failToUnlock(person, /^Unlock with/);
  await person.goto("/visits");
  await person.withFinger(
    () => person.button(/^Unlock with/).click(),
    () => expect(page.getByRole("alert")).toContainText("Saved records are locked after 5 failed attempts"),
  );
  await expect(page.locator("body")).not.toContainText(PATIENTS.coreOnly.family);

  // The service knows nobody here any more: it is asked first.
  await page.context().clearCookies();
  server.proxy.mend();
  await person.signIn();
  await toVisits(person);
  await expect(changes(page, PATIENTS.coreOnly.family)).toContainText("Kept until");
  // And by itself again.
  server.proxy.cut();
  await person.goto("/visits");
  await person.unlock();
  await expect(changes(page, PATIENTS.coreOnly.family)).toContainText("Kept until");
});

test("locked after five failed attempts, someone whom the service still knows is not left outside", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  await failToUnlock(person, /^Unlock saved records/);
  await person.goto("/visits");
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

const expectWiped = async (person: Person, server: Server): Promise<void> => {
  await expect(person.heading("Sign in")).toBeVisible();
  // The device asks what became of its vaults, and then has none.
  await expect.poll(() => server.proxy.requests("/api/vaults/standing").at(-1)?.status).toBe(200);
  await expect.poll(() => person.page.evaluate(() => localStorage.getItem("kept"))).toBe('""');
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
