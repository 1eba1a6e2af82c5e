// Your own passkeys and sessions: changed with the finger only, and seen on your other devices.
import type { Person } from "../support/person.ts";
import { someoneElse } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

const asked = (person: Person) => person.page.getByRole("heading", { name: "Confirm that it is you" });

const confirm = (person: Person, then: () => Promise<unknown>): Promise<void> =>
  person.withFinger(() => person.button("Confirm with your passkey").click(), then);

const notice = (person: Person, words: string) =>
  person.page.locator(".ncrs-notice", { hasText: words }).filter({ visible: true });

test("a name is changed with the finger, and the other device is told until it closes that", async ({
  person,
  browser,
  server,
}) => {
  await person.enrol("nurse");
  const phone = await someoneElse(browser, server, "nurse");
  await person.menu("Your passkeys and devices");
  await person
    .button(/^Rename/)
    .first()
    .click();
  await server.fingerprintsWere(3);
  await person.field("New name for this passkey").fill("Work phone");
  await person.button("Save name").click();
  await expect(asked(person)).toBeVisible();
  await expect(person.field("New name for this passkey")).toHaveValue("Work phone");
  await person.expectFitForAll();
  // A finger that the reader does not know changes nothing, and takes nothing away.
  await person.fingerprintMatches(false);
  await confirm(person, () => expect(person.page.locator("#alert")).toBeVisible());
  await expect(person.field("New name for this passkey")).toHaveValue("Work phone");
  await person.fingerprintMatches(true);
  await confirm(person, () =>
    expect(person.page.getByText("The passkey is now called “Work phone”.")).toBeVisible(),
  );
  const words = "One of your passkeys was renamed";
  await expect(notice(person, words)).toHaveCount(0);

  for (const path of ["/find", "/account"]) {
    await phone.goto(path);
    await expect(notice(phone, words)).toContainText("If this was not you");
    await phone.expectFitForAll();
  }
  await notice(phone, words).getByRole("button", { name: "Close this notice" }).click();
  await expect(notice(phone, words)).toHaveCount(0);
  await phone.goto("/find");
  await phone.heading("Find a patient").waitFor();
  await expect(notice(phone, words)).toHaveCount(0);
});

test("a session is ended with the finger, and signing out here needs none", async ({
  person,
  browser,
  server,
}) => {
  await person.enrol("nurse");
  const phone = await someoneElse(browser, server, "nurse");
  await person.menu("Your passkeys and devices");
  await server.fingerprintsWere(3);
  await person.button(/^End session/).click();
  await expect(asked(person)).toBeVisible();
  await phone.goto("/find");
  await expect(phone.heading("Find a patient")).toBeVisible();
  await confirm(person, () => expect(person.page.getByText(/^The session on .* was ended\.$/)).toBeVisible());
  await phone.goto("/find");
  await expect(phone.heading("Sign in")).toBeVisible();
  await server.fingerprintsWere(3);
  await person.menu("Sign out");
  await expect(person.heading("Sign in")).toBeVisible();
});

test("signing out everywhere asks for the finger, and is told at the next sign-in", async ({
  person,
  server,
}) => {
  await person.enrol("nurse");
  await person.menu("Your passkeys and devices");
  await server.fingerprintsWere(3);
  await person.button("Sign out everywhere").click();
  await expect(asked(person)).toBeVisible();
  await confirm(person, () => expect(person.heading("Sign in")).toBeVisible());
  await person.signIn();
  await expect(notice(person, "You were signed out everywhere")).toBeVisible();
});
