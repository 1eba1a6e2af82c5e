// What needs a fingerprint of the last two minutes: it is asked for, and nothing that was typed is lost.
import { changes, loadVisits, networkIsBack, openVisit, toChanges } from "../support/offline.ts";
import { PATIENTS, Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

const asked = (person: Person) => person.page.getByRole("heading", { name: "Confirm that it is you" });

const confirm = (person: Person, then: () => Promise<unknown>): Promise<void> =>
  person.withFinger(() => person.button("Confirm with your passkey").click(), then);

test("emergency access: the finger first, then the summary under the same reason", async ({
  person,
  server,
}) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.emergency);
  await person.tab("Summary");
  await server.fingerprintsWere(3);
  await person.writesEmergency("Unconscious at home");
  await person.button("Continue").click();
  await expect(asked(person)).toBeVisible();
  await expect(person.field(/Why you need it now/)).toHaveValue("Unconscious at home");
  await person.expectFitForAll();
  // A finger that the reader does not know opens nothing, and takes nothing away.
  await person.fingerprintMatches(false);
  await confirm(person, () => expect(person.page.locator("#alert")).toBeVisible());
  await expect(person.field(/Why you need it now/)).toHaveValue("Unconscious at home");
  await person.fingerprintMatches(true);
  const allergies = person.page.getByRole("region", { name: /Allergies/ });
  await expect(allergies).toHaveCount(0);
  await confirm(person, () => expect(allergies).toContainText(/penicillin/i));
});

test("emergency access right after sign-in asks for nothing more", async ({ person, server }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.emergency);
  await person.tab("Summary");
  await server.fingerprintsWere(1);
  await person.writesEmergency("Unconscious at home");
  await person.button("Continue").click();
  await expect(person.page.getByRole("region", { name: /Allergies/ })).toContainText(/penicillin/i);
});

test("removing a whole flag: the finger first, then it goes", async ({ person, server }) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.interpreter);
  await person.tab("Adjustments");
  await person.link("Remove the whole flag").click();
  await server.fingerprintsWere(3);
  await person.page.getByRole("radio", { name: "It was created in error" }).check();
  await person.field("Comment").fill("Meant for another patient");
  await person.button("Remove flag").click();
  await expect(asked(person)).toBeVisible();
  await expect(person.field("Comment")).toHaveValue("Meant for another patient");
  await person.expectFitForAll();
  await confirm(person, () =>
    expect(person.page.getByText("Reasonable adjustment flag removed.")).toBeVisible(),
  );
  await person.link("See history").click();
  await expect(person.page.getByRole("main")).toContainText("Meant for another patient");
});

test("removing one part of a flag asks for nothing more", async ({ person, server }) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.withFlag);
  await person.tab("Adjustments");
  await server.fingerprintsWere(3);
  await person.page
    .getByRole("article")
    .getByRole("link", { name: /^Remove/ })
    .first()
    .click();
  await person.page.getByRole("radio", { name: "It no longer applies" }).check();
  await person.field("Comment").fill("Asked today");
  await person.button("Remove").click();
  await expect(person.page.getByText("Removed from the reasonable adjustment flag.")).toBeVisible();
});

test("removing the last part of a flag says that it is the flag, and asks for the finger", async ({
  person,
  server,
}) => {
  test.slow();
  await person.enrol("nurse");
  await person.open(PATIENTS.coreOnly);
  await person.writeFlag();
  await person.button("Save").click();
  const parts = person.page.getByRole("article").getByRole("link", { name: /^Remove/ });
  await parts.first().waitFor();
  const removeFirst = async () => {
    await parts.first().click();
    await person.page.getByRole("radio", { name: "It no longer applies" }).check();
    await person.field("Comment").fill("Asked today");
  };
  const warning = person.page.getByText("This is the last thing on the flag");
  await server.fingerprintsWere(3);
  for (let left = await parts.count(); left > 1; left -= 1) {
    await removeFirst();
    await expect(warning).toHaveCount(0);
    await person.button("Remove").click();
    await expect(person.page.getByText("Removed from the reasonable adjustment flag.")).toBeVisible();
    await expect(parts).toHaveCount(left - 1);
  }
  await removeFirst();
  await expect(warning).toBeVisible();
  await person.button("Remove").click();
  await expect(asked(person)).toBeVisible();
  await expect(person.field("Comment")).toHaveValue("Asked today");
  await person.expectFitForAll();
  await confirm(person, () =>
    expect(person.page.getByText("Removed from the reasonable adjustment flag.")).toBeVisible(),
  );
});

test("a removal that is left at the question waits, and goes once it is confirmed", async ({
  person,
  server,
}) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.interpreter);
  await person.tab("Adjustments");
  await person.link("Remove the whole flag").click();
  await server.fingerprintsWere(3);
  await person.page.getByRole("radio", { name: "It was created in error" }).check();
  await person.field("Comment").fill("Meant for another patient");
  await person.button("Remove flag").click();
  await expect(asked(person)).toBeVisible();
  await toChanges(person);
  const mine = changes(person.page, "Remove the reasonable adjustment flag");
  await expect(mine).toContainText("Confirm that it is you");
  await person.expectFitForAll();
  await confirm(person, () => expect(person.page.getByText(/^Sent /)).toBeVisible());
});

test.describe("without signal", () => {
  test.use({ behindProxy: true });

  test("a removal is written, and the finger is asked for when it is sent", async ({ page, server }) => {
    const person = new Person(page, server);
    await loadVisits(person, [PATIENTS.interpreter]);
    await openVisit(person, PATIENTS.interpreter);
    await person.tab("Adjustments");
    await person.link("Remove the whole flag").click();
    server.proxy.cut();
    await person.page.getByRole("radio", { name: "It was created in error" }).check();
    await person.field("Comment").fill("Meant for another patient");
    await person.button("Remove flag").click();
    await expect(page.getByText("Saved on this device.")).toBeVisible();
    await server.fingerprintsWere(3);
    server.proxy.mend();
    await networkIsBack(page);
    await toChanges(person);
    const mine = changes(page, "Remove the reasonable adjustment flag");
    await expect(mine).toContainText("Confirm that it is you");
    await confirm(person, () => expect(page.getByText(/^Sent /)).toBeVisible());
  });
});
