// Whose record is open: one patient in a tab, for one person, whatever arrives when.
import { PATIENTS, Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

const ONE = PATIENTS.coreOnly;
const OTHER = PATIENTS.everyHeading;

test("a late answer is never shown under another patient's banner", async ({ person }) => {
  const { page } = person;
  await person.enrol("nurse");
  await person.open(ONE);
  // Every part of the first patient is on its way, and stays there.
  let release = (): void => undefined;
  const later = new Promise<void>((resolve) => (release = resolve));
  let holds = true;
  let held = 0;
  let arrived = 0;
  await page.route(/\/api\/record\//, async (route) => {
    if (!holds) return route.continue();
    const answer = await route.fetch();
    held += 1;
    await later;
    await route.fulfill({ response: answer });
    arrived += 1;
  });
  for (const tab of ["Details", "Summary", "Adjustments"] as const) await person.tab(tab);
  await expect.poll(() => held).toBe(3);
  holds = false;

  await person.link("Close record and find another patient").click();
  await person.button("New search").click();
  await person.field("NHS number").fill(OTHER.nhsNumber);
  await person.button("Search").click();
  await person.button(new RegExp(`^${OTHER.family}`)).click();
  await expect(person.banner()).toContainText(OTHER.family);
  await person.tab("Details");
  await expect(page.getByRole("main")).toContainText("Name");
  release();
  await expect.poll(() => arrived).toBe(3);
  for (const tab of ["Adjustments", "Overview", "Details"] as const) {
    await person.tab(tab);
    await expect(person.banner()).toContainText(OTHER.family);
    await expect(page.locator("body")).not.toContainText(ONE.family);
  }
  expect(person.faults).toEqual([]);
});

test("taps that come faster than answers show the last", async ({ person }) => {
  const { page } = person;
  await person.enrol("nurse");
  await person.open(ONE);
  let release = (): void => undefined;
  const later = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/api/record/details", async (route) => {
    await later;
    await route.continue();
  });
  await person.tab("Details");
  await person.tab("Adjustments");
  await person.heading("Reasonable adjustments").waitFor();
  const late = page.waitForResponse("**/api/record/details");
  release();
  await late;
  await expect(person.heading("Reasonable adjustments")).toBeVisible();
  await expect(person.banner()).toContainText(ONE.family);
});

test("each tab has a patient of its own", async ({ person, context, server }) => {
  await person.enrol("nurse");
  await person.open(ONE);
  const second = new Person(await context.newPage(), server);
  await second.open(OTHER);
  await person.tab("Details");
  await expect(person.heading("Patient details")).toBeVisible();
  await expect(person.banner()).toContainText(ONE.family);
  await second.tab("Details");
  await expect(second.banner()).toContainText(OTHER.family);
  await expect(second.page.locator("body")).not.toContainText(ONE.family);
});

test("the next person on the device does not see whose record was open", async ({ person }) => {
  await person.enrol("nurse");
  await person.open(ONE);
  const address = new URL(person.page.url()).pathname;
  await person.menu("Sign out");
  await person.heading("Sign in").waitFor();
  await person.enrol("paramedic");
  await person.goto(address);
  await expect(person.page.getByText("This patient's record has been closed")).toBeVisible();
  await expect(person.page.locator("body")).not.toContainText(ONE.family);
  await person.page.goBack();
  await expect(person.page.locator("body")).not.toContainText(ONE.family);
});
