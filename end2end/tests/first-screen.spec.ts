// Someone in a stairwell has one hand: from the patient's card to the allergies, counted and measured.
import type { Locator } from "@playwright/test";
import { PATIENTS, type Person, type Persona } from "../support/person.ts";
import { expectInSight } from "../support/sight.ts";
import { expect, test } from "../support/test.ts";

/** Taps of one thumb, each on something that is in sight in whole and large enough. */
class Thumb {
  taps = 0;

  constructor(private readonly person: Person) {}

  async tap(target: Locator, what: string): Promise<void> {
    await expectInSight(target, what);
    const box = await target.boundingBox();
    expect(box?.height ?? 0, `${what} is as big as a thumb`).toBeGreaterThanOrEqual(44);
    await target.tap();
    this.taps += 1;
  }

  /** The row of an answer: all of it is the target. */
  row(name: string | RegExp): Locator {
    return this.person.page.getByRole("radio", { name, exact: true });
  }
}

const toQuestion = async (person: Person, patient: Persona): Promise<Thumb> => {
  await person.searchNumber(patient.nhsNumber);
  const thumb = new Thumb(person);
  await thumb.tap(person.button(new RegExp(`^${patient.family}`)), "the card");
  await person.heading("Overview").waitFor();
  await thumb.tap(
    person.page.getByRole("navigation", { name: "Patient record" }).getByRole("link", { name: "Summary" }),
    "Summary",
  );
  await person.page.getByText("Does the patient agree").waitFor();
  return thumb;
};

/** The allergies with how severe they are, the first medicines, and what must never be dropped. */
const expectFirstScreen = async (person: Person): Promise<void> => {
  const { page } = person;
  const region = page.getByRole("region", { name: /Allergies/ });
  await region.waitFor();
  const allergies = region.locator(".ncrs-unfold__summary");
  expect(await allergies.count()).toBeGreaterThan(0);
  for (const allergy of await allergies.all()) {
    await expectInSight(allergy.locator(".ncrs-unfold__name"), "an allergy");
    // Its severity, and before it that it is not certain, where the summary says so.
    await expectInSight(allergy.locator(".ncrs-unfold__mark").last(), "its severity");
    expect((await allergy.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  }
  const small = page.locator(".ncrs-disclaimer");
  await expectInSight(small, "what the summary says of itself");
  await expect(small).toContainText(/created/i);
  await expect(small).toContainText(/sent/i);
  await expect(small).toContainText("may not include all the information");
  const medicines = page.getByRole("region", { name: "Current medicines" });
  await expectInSight(medicines.getByRole("heading", { level: 2 }), "the medicines");
  await expectInSight(medicines.locator(".ncrs-unfold__name").first(), "the first medicine");
};

for (const patient of [PATIENTS.emergency, PATIENTS.everyHeading]) {
  test(`${patient.family}: four taps from the card to the allergies`, async ({ person }) => {
    await person.enrol("paramedic");
    const thumb = await toQuestion(person, patient);
    await thumb.tap(thumb.row("The patient agreed"), "The patient agreed");
    for (const answer of ["Me", "My team, in this organisation", "This time only", "Until a date"]) {
      await expectInSight(thumb.row(answer), answer);
    }
    await thumb.tap(person.button("Continue"), "Continue");
    await expectFirstScreen(person);
    expect(thumb.taps).toBe(4);
    await person.expectFitForAll();
  });

  test(`${patient.family}: five taps in an emergency`, async ({ person }) => {
    await person.enrol("paramedic");
    const thumb = await toQuestion(person, patient);
    await thumb.tap(thumb.row(/^Emergency access/), "Emergency access");
    for (const reason of [
      "Unconscious",
      "Confused",
      "Cannot communicate",
      "Danger to life",
      "In my own words",
    ]) {
      await expectInSight(thumb.row(reason), reason);
    }
    await thumb.tap(thumb.row("Unconscious"), "Unconscious");
    await thumb.tap(person.button("Continue"), "Continue");
    await expectFirstScreen(person);
    expect(thumb.taps).toBe(5);
  });
}

test("every answer is in sight, and the whole row takes the tap", async ({ person }) => {
  const { page } = person;
  await person.enrol("doctor");
  const thumb = await toQuestion(person, PATIENTS.everyHeading);
  const answers = ["The patient agreed", /^Emergency access/, /^The law lets me/, "The patient said no"];
  for (const answer of answers) await expectInSight(thumb.row(answer), `${answer}`);
  await expectInSight(person.button("Continue"), "Continue");
  for (const answer of answers) {
    await thumb.row(answer).evaluate((row) => row.scrollIntoView({ block: "center" }));
    const box = await thumb.row(answer).boundingBox();
    expect(box?.width ?? 0).toBeGreaterThan(300);
    // At its far end too.
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) - 4, (box?.y ?? 0) + (box?.height ?? 0) / 2);
    await expect(thumb.row(answer)).toBeChecked();
    await expectInSight(person.button("Continue"), "Continue");
    await person.expectAccessible();
  }
});

test("what was checked is folded below, and stands open where it stops the access", async ({ person }) => {
  const { page } = person;
  await person.enrol("paramedic");
  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  const checked = page.getByText("This patient has a summary");
  await expect(checked).toBeHidden();
  await page.getByText("What we checked").click();
  await expect(checked).toBeVisible();
  await person.open(PATIENTS.optedOut);
  await person.tab("Summary");
  await expect(page.getByText("This patient has opted out of having a summary")).toBeVisible();
});

test("nobody without the right finds the common reasons of an emergency", async ({ person }) => {
  await person.enrol("pharmacist");
  await person.open(PATIENTS.emergency);
  await person.tab("Summary");
  await person.page.getByText("Does the patient agree").waitFor();
  await expect(person.page.getByText("You cannot use emergency access")).toBeVisible();
  await expect(person.page.getByRole("radio", { name: "Unconscious" })).toHaveCount(0);
});

test("an allergy and a medicine unfold to all that the summary says, by keyboard, and on paper", async ({
  person,
}) => {
  const { page } = person;
  await person.enrol("nurse");
  await person.open(PATIENTS.everyHeading);
  await person.tab("Summary");
  await person.patientAgrees();
  const region = page.getByRole("region", { name: /Allergies/ });
  const penicillin = region.locator("details", { hasText: "Penicillin allergy" });
  const supporting = penicillin.getByText("Supporting Information");
  await expect(supporting).toBeHidden();
  await person.tabTo(penicillin.locator("summary"));
  await page.keyboard.press("Enter");
  await expect(supporting).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(supporting).toBeHidden();

  const medicines = page.getByRole("region", { name: "Current medicines" });
  const medicine = medicines.locator("details").last();
  const dose = medicine.getByText("Dosage Instructions");
  await expect(dose).toBeHidden();
  await medicine.locator("summary").click();
  await expect(dose).toBeVisible();
  await person.expectFitForAll();
  await medicine.locator("summary").click();

  // The document stays below: each medicine that is named above is in one of its tables.
  for (const name of await medicines.locator(".ncrs-unfold__name").allTextContents()) {
    await expect(page.getByRole("rowheader", { name, exact: true }).first()).toBeVisible();
  }
  await page.emulateMedia({ media: "print" });
  await expect(supporting).toBeVisible();
  await expect(dose).toBeVisible();
});

test("withheld and recently registered are loud on the first screen", async ({ person }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.withheld);
  await person.tab("Summary");
  await person.patientAgrees();
  await expectInSight(person.page.locator(".ncrs-withheld").first(), "that entries are withheld");
  await expect(
    person.page.getByRole("region", { name: "Current medicines" }).getByText(/deliberately withheld/),
  ).toBeVisible();
  await person.open(PATIENTS.recentlyRegistered);
  await person.tab("Summary");
  await person.patientAgrees();
  await expectInSight(person.page.getByText("This summary may be incomplete"), "that it may be incomplete");
  await expect(person.page.getByText("Allergies: none recorded")).toBeVisible();
});
