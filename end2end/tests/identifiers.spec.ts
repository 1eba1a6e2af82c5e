// Whose record it is: never covered, at any width, zoom or place on the page.
import { loadVisits, openVisit } from "../support/offline.ts";
import { PATIENTS, Person } from "../support/person.ts";
import { SCREENS, expectFocusSeen, expectIdentifiersSeen } from "../support/sight.ts";
import { expect, test } from "../support/test.ts";

for (const screen of SCREENS) {
  const size = `${screen.width} x ${screen.height}`;
  test(`the four identifiers stay in sight at ${size}, and the focus is never behind them`, async ({
    person,
  }) => {
    const { page } = person;
    await person.enrol("nurse");
    await person.open(PATIENTS.everyHeading);
    await page.setViewportSize(screen);
    await expectIdentifiersSeen(page, "overview");
    await person.tab("Summary");
    await page.getByText("Does the patient agree").waitFor();
    await expectIdentifiersSeen(page, "the question");
    await page.getByRole("radio", { name: /^Emergency access/ }).check();
    await expectIdentifiersSeen(page, "the emergency");
    expect(await expectFocusSeen(page, "the question")).toBeGreaterThan(5);
    await page.getByRole("radio", { name: "The patient agreed" }).check();
    await person.button("Continue").click();
    await page.getByRole("region", { name: /Allergies/ }).waitFor();
    expect(await expectIdentifiersSeen(page, "summary")).toBeGreaterThan(5);
    expect(await expectFocusSeen(page, "summary")).toBeGreaterThan(10);
    await person.expectFits();
    await person.tab("Details");
    await person.heading(/Patient details/).waitFor();
    await expectIdentifiersSeen(page, "details");
    await person.open(PATIENTS.withFlag);
    await person.tab("Adjustments");
    await page.getByRole("article").first().waitFor();
    await expectIdentifiersSeen(page, "adjustments");
    await expectFocusSeen(page, "adjustments");
  });
}

for (const [who, patient] of [
  ["who has died", PATIENTS.deceased],
  ["whose record is restricted", PATIENTS.restricted],
] as const) {
  test(`the identifiers of a patient ${who} stay in sight`, async ({ person }) => {
    await person.enrol("nurse");
    await person.open(patient);
    for (const screen of SCREENS) {
      await person.page.setViewportSize(screen);
      await expectIdentifiersSeen(person.page, `${screen.width} x ${screen.height}`);
    }
  });
}

test.describe("without signal", () => {
  test.use({ behindProxy: true });

  test("the lines about the connection, and news, cover nobody's name", async ({ page, server }) => {
    const person = new Person(page, server);
    await loadVisits(person, [PATIENTS.everyHeading]);
    server.proxy.cut();
    await openVisit(person, PATIENTS.everyHeading);
    await expect(page.getByText("Saved copy from")).toBeVisible();
    for (const screen of SCREENS) {
      await page.setViewportSize(screen);
      await expectIdentifiersSeen(page, `offline, ${screen.width} x ${screen.height}`);
    }
    server.proxy.mend();
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await page.locator(".ncrs-news__text").waitFor();
    for (const screen of SCREENS) {
      await page.setViewportSize(screen);
      await expectIdentifiersSeen(page, `news, ${screen.width} x ${screen.height}`);
    }
  });
});
