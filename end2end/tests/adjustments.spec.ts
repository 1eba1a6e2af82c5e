// Writing down what a person needs, so that nobody has to ask again.
import { newDevice, PATIENTS } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test("going back keeps what was typed, and the answers can be changed", async ({ person }) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.child);
  await person.writeFlag();
  await person.expectAccessible();
  await person.page.goBack();
  await person.page.goBack();
  await expect(person.page.getByText("Does lip read").first()).toBeVisible();
  await person.page.goBack();
  await expect(person.page.getByRole("checkbox", { name: "Hearing" })).toBeChecked();
});

test("a flow that is not complete says what is missing", async ({ person }) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.noSummary);
  await person.tab("Adjustments");
  await person.button("Create flag").click();
  await person.button("Continue").click();
  await expect(person.page.locator("#error-summary")).toBeFocused();
  await expect(person.page.locator("#error-summary")).toContainText(/Equality Act/);
  await person.expectAccessible();
});

test("two people at once: the second is told, sees both, and chooses", async ({
  person,
  browser,
  server,
}) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.recentlyRegistered);
  await person.writeFlag();

  const context = await browser.newContext({ viewport: { width: 768, height: 1024 } });
  const other = await newDevice(context, server);
  await other.enrol("paramedic");
  await other.open(PATIENTS.recentlyRegistered);
  await other.tab("Adjustments");
  await other.button("Create flag").click();
  await other.page.getByRole("checkbox", { name: /^I confirm that the patient is disabled/ }).check();
  await other.page.getByRole("radio", { name: "The patient consents" }).check();
  await other.button("Continue").click();
  await other.page.getByRole("checkbox", { name: "Vision" }).check();
  await other.button("Continue").click();
  await other.page.getByRole("combobox", { name: "Find an adjustment" }).fill("guide dog");
  await other.page.getByRole("option").first().click();
  await other.button("Continue").click();
  await other.button("Continue").click();
  await other.button("Save").click();
  await expect(other.page.getByText("Reasonable adjustment flag saved.")).toBeVisible();

  await person.button("Save").click();
  await expect(person.page.getByText("Someone else changed this record")).toBeVisible();
  await expect(person.page.getByRole("main")).toContainText("Does lip read");
  await expect(person.page.getByRole("main")).toContainText(/guide dog/i);
  await person.expectAccessible();
  await person.button("Add mine to what is recorded").click();
  await expect(person.heading("Reasonable adjustments")).toBeVisible();
  const parts = person.page.getByRole("article");
  await expect(parts.filter({ hasText: "Does lip read" })).toBeVisible();
  await expect(parts.filter({ hasText: /guide dog/i })).toBeVisible();
  await context.close();
});

test("a server that is killed in the middle of a save: nothing is lost and nothing is done twice", async ({
  person,
  server,
}) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.everyHeading);
  await person.writeFlag();
  // The save reaches the server, and the answer never comes back.
  await person.page.route("**/api/commands/deliver", async (route) => {
    await route.fetch().catch(() => undefined);
    await server.stop("SIGKILL");
    await route.abort();
  });
  await person.button("Save").click();
  await expect(person.page.getByText("Saved on this device.")).toBeVisible();
  await person.page.unroute("**/api/commands/deliver");
  await server.start();
  await person.menu(/^Waiting to be sent/);
  await expect(person.page.getByText(/^Sent /)).toBeVisible({ timeout: 40_000 });
  await person.open(PATIENTS.everyHeading);
  await person.tab("Adjustments");
  await expect(person.heading("Reasonable adjustments")).toBeVisible();
  await expect(person.page.getByRole("article").filter({ hasText: "Does lip read" })).toHaveCount(1);
  person.faults.length = 0;
});

test("a double tap saves once", async ({ person }) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.emergency);
  await person.writeFlag();
  let sent = 0;
  await person.page.route("**/api/commands/deliver", async (route) => {
    sent += 1;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await route.continue();
  });
  await person.button("Save").dblclick();
  await expect(person.page.getByText("Reasonable adjustment flag saved.")).toBeVisible();
  expect(sent).toBe(1);
});

test("a part is added and removed, with reason and comment, and history keeps it", async ({ person }) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.withFlag);
  await person.tab("Adjustments");
  await person.button("Add adjustment").first().click();
  await person.page.getByRole("combobox", { name: "Find an adjustment" }).fill("lip read");
  await person.page.getByRole("option", { name: /Does lip read/ }).click();
  await person.button("Continue").click();
  await expect(person.heading(/Check/)).toBeVisible();
  await person.button("Save").click();
  await expect(person.page.getByText("Added to the reasonable adjustment flag.")).toBeVisible();
  const part = person.page.getByRole("article").filter({ hasText: "Does lip read" });
  await part.getByRole("link", { name: /^Remove/ }).click();
  await person.button("Remove").click();
  await expect(person.page.locator("#error-summary")).toContainText("Select why you are removing this");
  await person.page.getByRole("radio", { name: "It no longer applies" }).check();
  await person.field("Comment").fill("Now uses a screen reader");
  await person.button("Remove").click();
  await expect(person.page.getByText("Removed from the reasonable adjustment flag.")).toBeVisible();
  await person.link("See history").click();
  await expect(person.page.getByRole("main")).toContainText("Now uses a screen reader");
  await person.expectAccessible();
});

test("the whole flag is removed, and a new one can follow", async ({ person }) => {
  await person.enrol("nurse");
  await person.open(PATIENTS.interpreter);
  await person.tab("Adjustments");
  await person.link("Remove the whole flag").click();
  await person.page.getByRole("radio", { name: "It was created in error" }).check();
  await person.field("Comment").fill("Meant for another patient");
  await person.button("Remove flag").click();
  await expect(person.page.getByText("Reasonable adjustment flag removed.")).toBeVisible();
  await expect(person.button("Create flag")).toBeVisible();
});

test("a receptionist sees that a flag exists, and not what it says", async ({ person }) => {
  await person.enrol("reception");
  await person.open(PATIENTS.withFlag);
  await expect(person.page.getByRole("region", { name: "Reasonable adjustments are needed" })).toContainText(
    "Your role does not show what they are",
  );
  await person.tab("Adjustments");
  await expect(person.page.getByText("You cannot see what is on the flag")).toBeVisible();
  await expect(person.page.getByRole("article")).toHaveCount(0);
});
