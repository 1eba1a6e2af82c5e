// The gates before a summary, and everything that a summary says.
import { PATIENTS, someoneElse } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test("nothing of a summary is on the page, or on its way, before the answer", async ({ person }) => {
  await person.enrol("paramedic");
  const answers: string[] = [];
  person.page.on("response", async (response) => {
    if (response.url().includes("/api/")) answers.push(await response.text().catch(() => ""));
  });
  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  await expect(person.page.getByText("What we checked")).toBeVisible();
  expect(answers.join()).not.toMatch(/ramipril/i);
  await person.page.getByRole("radio", { name: "The patient said no" }).check();
  await person.button("Continue").click();
  await expect(person.page.getByText("The summary was not opened")).toBeVisible();
  expect(answers.join()).not.toMatch(/ramipril/i);
});

test("the question has to be answered", async ({ person }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  await person.button("Continue").click();
  await expect(person.page.locator("#error-summary")).toContainText("Select whether the patient agrees");
  await person.page.getByRole("radio", { name: /^Emergency access/ }).check();
  await person.button("Continue").click();
  await expect(person.page.locator("#error-summary")).toContainText("Select why you need it now");
  await person.page.getByRole("radio", { name: "In my own words" }).check();
  await person.button("Continue").click();
  await expect(person.page.locator("#error-summary")).toContainText("Enter the reason for emergency access");
  await person.expectAccessible();
});

test("emergency access with a reason", async ({ person }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.emergency);
  await person.tab("Summary");
  await person.writesEmergency("Unconscious at home");
  await person.button("Continue").click();
  await expect(person.page.getByRole("region", { name: /Allergies/ })).toContainText(/penicillin/i);
});

test("every heading, with what must never be dropped", async ({ person }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.everyHeading);
  await person.tab("Summary");
  await person.patientAgrees();
  const main = person.page.getByRole("main");
  await expect(main.getByRole("region", { name: /Allergies/ })).toBeVisible();
  for (const heading of ["Current repeat medications", "Diagnoses", "Personal preferences", "Lifestyle"]) {
    await expect(main.getByRole("heading", { name: new RegExp(heading, "i") })).toBeAttached();
  }
  await expect(main).toContainText(/created/i);
  await expect(main).toContainText(/sent/i);
  await person.expectFits();
  await person.expectAccessible();
});

test("withheld entries are loud, at the head and in the section", async ({ person }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.withheld);
  await person.tab("Summary");
  await person.patientAgrees();
  await expect(person.page.locator(".ncrs-withheld").first()).toContainText(/withheld/i);
  expect(await person.page.locator(".ncrs-withheld").count()).toBeGreaterThan(1);
});

test("recently registered may be incomplete", async ({ person }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.recentlyRegistered);
  await person.tab("Summary");
  await person.patientAgrees();
  await expect(person.page.getByText("This summary may be incomplete")).toBeVisible();
});

for (const [who, patient, said] of [
  ["opted out", PATIENTS.optedOut, "The patient opted out"],
  ["without a summary", PATIENTS.noSummary, "There is no summary"],
  ["restricted", PATIENTS.restricted, "There is no summary for a restricted record"],
] as const) {
  test(`a patient ${who}: the question is not asked`, async ({ person }) => {
    await person.enrol("paramedic");
    await person.open(patient);
    await person.tab("Summary");
    await expect(person.page.getByRole("heading", { name: said, exact: true })).toBeVisible();
    await expect(person.button("Continue")).toHaveCount(0);
  });
}

test("a patient opted out: the law lets a doctor look, who says on which ground", async ({ person }) => {
  await person.enrol("doctor");
  await person.open(PATIENTS.optedOut);
  await person.tab("Summary");
  const { page } = person;
  await expect(page.getByText("it may be opened only where the law says so")).toBeVisible();
  await expect(page.getByRole("radio", { name: "The patient agreed" })).toHaveCount(0);
  await expect(page.getByRole("radio", { name: /^Emergency access/ })).toHaveCount(0);
  await page.getByRole("radio", { name: /^The law lets me view it/ }).check();
  await person.expectFitForAll();
  await person.button("Continue").click();
  await expect(page.locator("#error-summary")).toContainText("Select the legal ground");
  await page.getByRole("radio", { name: "A court order" }).check();
  await person.button("Continue").click();
  await expect(page.locator("#error-summary")).toContainText("Enter what the legal ground rests on");
  await person.expectFitForAll();
  await person.field("What it rests on").fill("Order of the family court of 1 July");
  await person.button("Continue").click();
  await expect(page.getByRole("region", { name: /Allergies/ })).toBeVisible();
});

test("a home-care provider is told kindly that its setting is not approved", async ({ person }) => {
  await person.enrol("carer");
  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  await expect(
    person.page.getByRole("heading", { name: "Your organisation cannot view summaries" }),
  ).toBeVisible();
  await expect(person.page.getByRole("main")).toContainText("GP practice or NHS 111");
});

test("a receptionist cannot open a summary", async ({ person }) => {
  await person.enrol("reception");
  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  await expect(person.page.getByRole("heading", { name: "Your role cannot view summaries" })).toBeVisible();
});

test("a summary stays open while one looks elsewhere in the record, and prints with a name", async ({
  person,
}) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  await person.patientAgrees();
  await expect(person.page.getByRole("region", { name: /Allergies/ })).toBeVisible();
  await person.tab("Details");
  await expect(person.heading(/Patient details/)).toBeVisible();
  await person.tab("Summary");
  await expect(person.page.getByRole("region", { name: /Allergies/ })).toBeVisible();
  await person.page.emulateMedia({ media: "print" });
  await expect(person.page.getByText(/^Printed by Priya Nair/)).toBeVisible();
});

test("a patient takes back a permission given ahead", async ({ person }) => {
  const { page } = person;
  await person.enrol("paramedic");
  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  await page.getByRole("radio", { name: "The patient agreed" }).check();
  await page.getByRole("radio", { name: /^My team/ }).check();
  await page.getByRole("radio", { name: "Until a date" }).check();
  const last = new Date(Date.now() + 7 * 24 * 60 * 60 * 1000);
  await person.field("Day").fill(`${last.getDate()}`);
  await person.field("Month").fill(`${last.getMonth() + 1}`);
  await person.field("Year").fill(`${last.getFullYear()}`);
  await person.button("Continue").click();
  await expect(page.getByRole("region", { name: /Allergies/ })).toBeVisible();

  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  await expect(page.getByRole("heading", { name: "Permission given earlier still holds" })).toBeVisible();
  await person.expectFitForAll();
  await person.button("The patient no longer agrees: withdraw this permission").click();
  await expect(page.getByText("The permission was withdrawn")).toBeVisible();
  await expect(person.button("Open summary")).toHaveCount(0);
  await expect(page.getByText("Does the patient agree to you viewing their summary?")).toBeVisible();
});

test("what a colleague recorded stands in for a claim, and ends with the care", async ({
  person,
  browser,
  server,
}) => {
  await person.enrol("reception");
  await person.open(PATIENTS.coreOnly);
  const main = person.page.getByRole("main");
  await expect(main).toContainText("Nobody has recorded that your team cares for this patient.");
  await person.page.getByText("Record a referral or visit").click();
  await person.button("Record").click();
  await expect(person.page.locator("#error-summary")).toContainText(
    "Select why your team cares for this patient",
  );
  await expect(person.page).toHaveTitle(/^Error: /);
  await person.expectFitForAll();
  await person.page.getByRole("radio", { name: "Visit or appointment" }).check();
  const soon = new Date(Date.now() + 48 * 3600 * 1000).toISOString().split(/[-T]/);
  await person.fillDate("Last day", soon[2] ?? "", soon[1] ?? "", soon[0] ?? "");
  await person.button("Record").click();
  await expect(main).toContainText("Recorded. Your colleagues can now open the summary");
  const said = /Visit or appointment until .* Recorded by Farah Siddiqui/;
  await expect(main).toContainText(said);
  await expect(main).toContainText("You recorded it yourself");
  await person.expectFitForAll();

  const doctor = await someoneElse(browser, server, "threeroles");
  await doctor.page
    .getByRole("main")
    .getByRole("button", { name: /practice/i })
    .first()
    .click();
  await doctor.heading("Find a patient").waitFor();
  await doctor.open(PATIENTS.coreOnly);
  const theirs = doctor.page.getByRole("main");
  await expect(theirs).toContainText(said);
  await expect(theirs).not.toContainText("You recorded it yourself");
  await doctor.tab("Summary");
  await expect(theirs).toContainText("Your team cares for this patient: Visit or appointment");
  await doctor.tab("Overview");
  await doctor.button(/^Your team no longer cares/).click();
  await expect(theirs).toContainText("Nobody has recorded that your team cares for this patient.");
});
