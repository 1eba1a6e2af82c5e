// What an organisation has to show before its staff may use the service, and the national decision on it.
import { PATIENTS, someoneElse, type Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

const asAdmin = async (person: Person): Promise<void> => {
  await person.enrol("hospice-admin");
  await person.heading("Readiness checklist").waitFor();
};

const task = (person: Person, name: string) =>
  person.page.getByRole("listitem").filter({ has: person.link(name) });

test("an administrator completes a step, is told what is wrong, and loses nothing", async ({ person }) => {
  await asAdmin(person);
  await expect(person.page.getByText("Patients' records are closed to your organisation.")).toBeVisible();
  await expect(task(person, "PDS access form")).toContainText("Waiting for approval");
  await expect(task(person, "Summary Care Record approval")).toContainText("Not started");
  await person.expectFitForAll();

  await person.link("Summary Care Record approval").click();
  await person.heading("Summary Care Record approval").waitFor();
  await person.expectFitForAll();
  await person.fillDate("Date you asked for approval", "30", "2", "2026");
  await person.field("Evidence").fill("Request 4711, shared drive");
  await person.button("Save").click();
  const summary = person.page.locator("#error-summary");
  await expect(summary).toBeFocused();
  await expect(summary).toContainText("Date you asked for approval must be a real date");
  await expect(person.field("Evidence")).toHaveValue("Request 4711, shared drive");
  await person.expectFitForAll();
  await person.fillDate("Date you asked for approval", "2", "1", "2026");
  await person.button("Save").click();
  await expect(person.page.getByText("Saved. It waits for the national approver now.")).toBeVisible();
  await person.expectFitForAll();
  await person.link("Readiness checklist").first().click();
  await person.heading("Readiness checklist").waitFor();
  await expect(task(person, "Summary Care Record approval")).toContainText("Waiting for approval");

  // What somebody else has to do first is said, and by whom.
  await person.link("Privacy officer").click();
  await expect(person.page.getByText("Ask your Registration Authority")).toBeVisible();
  await expect(person.button("Save")).toHaveCount(0);
  await person.expectFitForAll();
});

test("nobody finds a patient until the approver decides", async ({ person, browser, server }) => {
  test.slow();
  await person.enrol("hospice-nurse");
  await person.heading("Find a patient").waitFor();
  const closed = person.page.getByText("“PDS access form” is waiting for national approval");
  await expect(closed).toBeVisible();
  await expect(person.page.getByText("A national approver has to decide on it.")).toBeVisible();
  await expect(person.field("NHS number")).toHaveCount(0);
  await person.expectFitForAll();

  const approver = await someoneElse(browser, server, "approver");
  await approver.heading("National approval").waitFor();
  await approver.expectFitForAll();
  await approver.link(/^Calder Light Hospice/).click();
  await expect(approver.page.getByText("What they entered")).toBeVisible();
  await approver.button("Send back").click();
  await expect(approver.page.locator("#error-summary")).toContainText("Write a sentence or two");
  await approver.expectFitForAll();

  // After two minutes the finger is asked for.
  await server.fingerprintsWere(3);
  await approver.button("Approve").click();
  await approver.withFinger(
    () => approver.button("Confirm with your passkey").click(),
    () => expect(approver.page.getByText("PDS access form was approved.")).toBeVisible(),
  );
  await approver.expectFitForAll();
  await approver.button("See what waits").click();
  await expect(approver.page.getByText("Nothing waits for approval")).toBeVisible();
  await approver.expectFitForAll();

  await person.button("Try again").click();
  await expect(closed).toHaveCount(0);
  await person.open(PATIENTS.everyHeading);
  // Summaries have steps of their own.
  await person.tab("Summary");
  await expect(person.page.getByText("Your organisation cannot view summaries yet")).toBeVisible();
  await expect(person.page.getByText("“Summary Care Record approval” has not been completed")).toBeVisible();
  await person.expectFitForAll();
});

test("what is sent back says what has to change", async ({ person, browser, server }) => {
  const approver = await someoneElse(browser, server, "approver");
  await approver.link(/^Calder Light Hospice/).click();
  await approver.field("What has to change").fill("The form is not signed.");
  await approver.button("Send back").click();
  await expect(approver.page.getByText("PDS access form was sent back.")).toBeVisible();

  await asAdmin(person);
  await expect(task(person, "PDS access form")).toContainText("Sent back");
  await person.link("PDS access form").click();
  await expect(person.page.getByText("The form is not signed.")).toBeVisible();
  await person.expectFitForAll();
});

test("who has no such right is refused, and is not offered it", async ({ person }) => {
  await person.enrol("paramedic");
  await person.page.locator("summary", { hasText: "Menu" }).click();
  const menu = person.page.getByRole("navigation", { name: "Menu", exact: true });
  await expect(menu.getByText("Visit list")).toBeVisible();
  await expect(menu.getByText("Readiness checklist")).toHaveCount(0);
  await expect(menu.getByText("National approval")).toHaveCount(0);
  for (const path of ["/readiness", "/readiness/dspt", "/approvals", "/approvals/VZ912/pds-form"]) {
    await person.goto(path);
    await expect(person.page.getByText("Your role does not allow this")).toBeVisible();
    await person.expectFitForAll();
  }
});
