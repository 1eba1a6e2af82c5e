// The visit list: who is on it is said wherever they are, and a saved list is no failure.
import { addToVisits, changes, loadVisits, startWork, toVisits } from "../support/offline.ts";
import { PATIENTS, Person, type Persona } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

const expectOnList = async (person: Person): Promise<void> => {
  await expect(person.page.getByText("On your visit list")).toBeVisible();
  await expect(person.button(/Add to visit list/)).toHaveCount(0);
};

const expectOffered = async (person: Person): Promise<void> => {
  await expect(person.button(/Add to visit list/)).toBeVisible();
  await expect(person.page.getByText("On your visit list")).toHaveCount(0);
};

const find = async (person: Person, patient: Persona): Promise<void> => {
  await person.searchNumber(patient.nhsNumber);
};

test("who is on the list is not offered for it again, in the results and on the overview", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader();
  await person.enrol("nurse");
  await find(person, PATIENTS.coreOnly);
  await expectOffered(person);
  await person.button(/Add to visit list/).click();
  await expectOnList(person);
  // A page that knows nothing yet.
  await find(person, PATIENTS.coreOnly);
  await expectOnList(person);
  await person.button(new RegExp(`^${PATIENTS.coreOnly.family}`)).click();
  await person.heading("Overview").waitFor();
  await expectOnList(person);
  await person.page.reload();
  await person.alive();
  await expectOnList(person);
  await person.expectFitForAll();
  await person.page.getByRole("main").getByRole("link", { name: "visit list" }).click();
  await person.heading("Visit list").waitFor();

  // The twin: someone who is not on it, and who was taken off.
  await find(person, PATIENTS.withFlag);
  await expectOffered(person);
  await person.menu("Visit list");
  await person.button(/^Remove from list/).click();
  await expect(page.getByText("Patient removed from the list.")).toBeVisible();
  await find(person, PATIENTS.coreOnly);
  await expectOffered(person);
});

test("added on the overview, and back in the results", async ({ page, server }) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader();
  await person.enrol("nurse");
  await find(person, PATIENTS.coreOnly);
  await person.button(new RegExp(`^${PATIENTS.coreOnly.family}`)).click();
  await person.heading("Overview").waitFor();
  await expectOffered(person);
  await person.button("Add to visit list").click();
  await expectOnList(person);
  await page.goBack();
  await person.results().waitFor();
  await expectOnList(person);
});

test("a colleague's list is their own", async ({ page, server }) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader();
  await person.enrol("nurse");
  await addToVisits(person, [PATIENTS.coreOnly]);
  await person.menu("Sign out");
  await person.heading("Sign in").waitFor();
  await person.enrol("paramedic");
  await find(person, PATIENTS.coreOnly);
  await expectOffered(person);
});

test("without signal a saved list is the list, said once", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  server.proxy.cut();
  const expectSavedList = async () => {
    await expect(changes(page, PATIENTS.coreOnly.family)).toContainText("Kept until");
    await expect(page.getByText(/Saved records are shown/)).toHaveCount(1);
    await expect(page.getByText("You cannot reach the service")).toHaveCount(0);
    await expect(page.getByText("What you typed is still here")).toHaveCount(0);
    await expect(page.getByRole("main").getByRole("alert")).toHaveCount(0);
  };
  await person.menu("This device");
  await person.heading("This device").waitFor();
  await toVisits(person);
  await expectSavedList();
  // The page begins anew: locked at first, then open.
  await person.goto("/visits");
  await person.unlock();
  await expect(person.heading("Visit list")).toBeVisible();
  await expectSavedList();

  // What is saved is on the list, in the results and on the overview too.
  await person.menu("Find a patient");
  await person.field("NHS number").fill(PATIENTS.coreOnly.nhsNumber);
  await person.button("Search").click();
  await person.results().waitFor();
  await expectOnList(person);
  await person.button(new RegExp(`^${PATIENTS.coreOnly.family}`)).click();
  await person.heading("Overview").waitFor();
  await expect(page.getByText("Saved copy from")).toBeVisible();
  await expectOnList(person);
  for (const tab of ["Details", "Adjustments", "Summary"] as const) {
    await person.tab(tab);
    await expect(page.getByText("Saved copy from")).toBeVisible();
    await expect(page.getByText("You cannot reach the service")).toHaveCount(0);
  }
});

test("where nothing is saved, a list that cannot be read is said to be that, and not empty", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader({ keepsSecret: true });
  await startWork(person, "nurse");
  await addToVisits(person, [PATIENTS.coreOnly]);
  server.proxy.cut();
  await toVisits(person);
  await expect(page.getByText("Nobody from your list is saved on this device")).toBeVisible();
  await expect(page.getByText("Nobody is on your list")).toHaveCount(0);
  server.proxy.mend();
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await expect(changes(page, PATIENTS.coreOnly.family)).toBeVisible();
});

test("that what was typed is still there is said where something was", async ({ page, server }) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader();
  await person.enrol("nurse");
  await person.open(PATIENTS.coreOnly);
  await page.route("**/api/record/details", (route) => route.abort());
  await person.tab("Details");
  const failed = page.getByRole("alert").filter({ hasText: "You cannot reach the service" });
  await expect(failed).toBeVisible();
  await expect(failed).not.toContainText("typed");
  await person.goto("/find/nhs-number");
  await page.route("**/api/patients/find", (route) => route.abort());
  await person.field("NHS number").fill(PATIENTS.coreOnly.nhsNumber);
  await person.button("Search").click();
  await expect(failed).toContainText("What you typed is still here.");
  await expect(person.field("NHS number")).toHaveValue(/999/);
});
