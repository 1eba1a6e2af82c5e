// Taking summaries along is a look at them: what the person is told before the tap, what the privacy officer
// is told after it, and what happens where so many are taken that the service makes them wait.
import type { Route } from "@playwright/test";
import { addToVisits, saveVisits, startWork, toVisits } from "../support/offline.ts";
import { PATIENTS, Person, someoneElse } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

const main = (person: Person) => person.page.getByRole("main");

/** The answer of the service, with another content: a refusal of that kind. */
const refuse = async (
  route: Route,
  status: number,
  problem: { kind: string; wait?: number },
): Promise<void> => {
  const response = await route.fetch();
  const headers: Record<string, string> = { ...response.headers(), "content-type": "application/json" };
  delete headers["content-length"];
  delete headers["content-encoding"];
  const body = JSON.stringify({ reference: "018f4a52-0000-7000-8000-000000000000", ...problem });
  await route.fulfill({ status, headers, body });
};

const atWork = async (person: Person, login: string): Promise<void> => {
  await person.giveFingerprintReader({ keepsSecret: true });
  await startWork(person, login);
};

test("who takes a summary along is told before the tap that the privacy officer is", async ({
  page,
  server,
  browser,
}) => {
  const nurse = new Person(page, server);
  await atWork(nurse, "nurse");
  await addToVisits(nurse, [PATIENTS.everyHeading, PATIENTS.noSummary]);
  await toVisits(nurse);
  const all = nurse.button("Take today's list offline");
  const one = nurse.page.getByLabel(/Summary Care Record of.*HOLLOWAY/);
  await expect(all).toHaveAccessibleDescription(/For 1 you confirm that you care.*privacy officer is told/);
  await expect(one).toHaveAccessibleDescription(/You confirm that you care.*privacy officer is told/);
  await nurse.expectFitForAll();

  // What is left out tells nobody.
  await one.selectOption("Leave it out");
  await expect(main(nurse)).not.toContainText("privacy officer");
  await nurse.button(/^Save on this device.*HOLLOWAY/).click();
  await expect(nurse.page.getByText("1 patient saved on this device.")).toBeVisible();
  const officer = await someoneElse(browser, server, "nurse-privacy");
  await expect(officer.heading("Privacy alerts")).toBeVisible();
  await expect(main(officer)).not.toContainText("Self-claimed relationship by");

  // What goes along does, and says so in the story of the alert.
  await one.selectOption("Ask at the door");
  await expect(one).toHaveAccessibleDescription(/privacy officer is told/);
  await saveVisits(nurse);
  await officer.goto("/privacy");
  await officer.link(/^Self-claimed relationship by Hannah Ashby/).click();
  await expect(main(officer)).toContainText(PATIENTS.everyHeading.family);
  const story = officer.page.getByRole("table", { name: /That session/ });
  await expect(story.getByRole("row").filter({ hasText: "This alert" })).toContainText(
    "Saved the Summary Care Record on a device",
  );
});

test("a list that has to wait goes on by itself and loses nobody", async ({ page, server }) => {
  const nurse = new Person(page, server);
  await atWork(nurse, "nurse");
  await addToVisits(nurse, [PATIENTS.everyHeading, PATIENTS.coreOnly, PATIENTS.withFlag]);
  await toVisits(nurse);
  // The second is told to wait, twice, for as long as the test wants.
  let asked = 0;
  await page.route("**/api/visits/take", async (route) => {
    asked += 1;
    if (asked !== 2 && asked !== 3) return route.continue();
    await refuse(route, 429, { kind: "TooMany", wait: 1 });
  });
  await nurse.button("Take today's list offline").click();
  await expect(nurse.page.getByText(/^1 of 3 saved\. .*follow by themselves within a minute/)).toBeVisible();
  await expect(nurse.page.getByText("3 patients saved on this device.")).toBeVisible();
  expect(asked).toBe(5);
  for (const patient of [PATIENTS.everyHeading, PATIENTS.coreOnly, PATIENTS.withFlag]) {
    await expect(nurse.page.getByRole("article").filter({ hasText: patient.family })).toContainText(
      /^.*Saved /s,
    );
  }
});

test("a list that is full says so, and what to do", async ({ page, server }) => {
  const nurse = new Person(page, server);
  await nurse.giveFingerprintReader();
  await nurse.enrol("nurse");
  await page.route("**/api/visits/add", (route) => refuse(route, 409, { kind: "ListFull" }));
  await nurse.searchNumber(PATIENTS.coreOnly.nhsNumber);
  await nurse.button(/Add to visit list.*ASHDOWN/).click();
  await expect(main(nurse)).toContainText(
    "Your visit list is full. A list holds 50 patients. Remove someone",
  );
});
