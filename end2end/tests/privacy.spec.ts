// Alerts to privacy officers, from the look that raises one to its end, and who looked at what.
import { readFile } from "node:fs/promises";
import { PATIENTS, someoneElse, type Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

const PATIENT = PATIENTS.emergency;
const NUMBER = new RegExp(PATIENT.nhsNumber.replace(/(...)(...)(....)/, "$1 ?$2 ?$3"));

/** A look without asking, with a reason. */
const lookInEmergency = async (person: Person): Promise<void> => {
  await person.enrol("paramedic");
  await person.open(PATIENT);
  await person.tab("Summary");
  await person.writesEmergency("Unconscious at home");
  await person.button("Continue").click();
  await expect(person.page.getByRole("region", { name: /Allergies/ })).toContainText(/penicillin/i);
};

const main = (person: Person) => person.page.getByRole("main");

/** From the list to the alert of an emergency. */
const openAlert = async (officer: Person): Promise<void> => {
  await officer.goto("/privacy");
  await officer.link(/^Emergency access by Priya Nair/).click();
  await officer.heading("Emergency access").waitFor();
};

test("an emergency look is told, explained, closed and reported", async ({ person, browser, server }) => {
  await lookInEmergency(person);

  const officer = await someoneElse(browser, server, "privacy");
  // Officers begin at their alerts, which do not say who the patient is.
  await expect(officer.heading("Privacy alerts")).toBeVisible();
  await expect(main(officer)).toContainText("Not closed: Self-claimed relationship 1, Emergency access 1.");
  await expect(main(officer)).not.toContainText(PATIENT.family);
  await expect(main(officer)).not.toContainText(NUMBER);
  await officer.expectFitForAll();

  // The alert, and the story around it.
  await openAlert(officer);
  await expect(main(officer)).toContainText(PATIENT.family);
  await expect(main(officer)).toContainText(NUMBER);
  const story = officer.page.getByRole("table", { name: /That session/ });
  await expect(story.getByRole("row").filter({ hasText: "This alert" })).toContainText(
    "“Unconscious at home”",
  );
  for (const before of ["Signed in", "Searched for a patient", "Opened a patient"]) {
    await expect(story).toContainText(before);
  }
  await officer.expectFitForAll();

  // A question has to be one; then it waits for the person.
  await officer.button("Ask").click();
  await expect(officer.page.locator("#error-summary")).toContainText("Write a sentence or two");
  await officer.expectAccessible();
  await officer.field("Your question").fill("What happened that day?");
  await officer.button("Ask").click();
  await expect(officer.page.getByText("The person was asked.", { exact: false }).first()).toBeVisible();
  await expect(officer.button("Ask")).toHaveCount(0);

  // They see it where they begin, and answer.
  await person.goto("/find/nhs-number");
  await expect(main(person)).toContainText("A privacy officer has a question for you.");
  await person.expectFitForAll();
  await person.link("Read and answer").click();
  await person.heading("Questions about your access").waitFor();
  await expect(main(person)).toContainText("Martin Fielding asks");
  await expect(main(person)).toContainText("What happened that day?");
  await expect(main(person)).toContainText("ends in 0242");
  await expect(main(person)).not.toContainText(PATIENT.family);
  await person.button("Send answer").click();
  await expect(person.page.locator("#error-summary")).toContainText("Write a sentence or two");
  await person.expectFitForAll();
  await person.field("Your answer").fill("A fall at home, called by the neighbour");
  await person.button("Send answer").click();
  await expect(main(person)).toContainText("Your answer was sent.");
  await expect(main(person)).toContainText("There are no questions for you.");
  await person.expectAccessible();
  await person.goto("/find/nhs-number");
  await expect(person.button("Search")).toBeVisible();
  await expect(main(person)).not.toContainText("has a question for you");

  // The officer finds what was explained, and closes it.
  await officer.goto("/privacy");
  await officer.page.getByLabel("Where it stands").selectOption("Explained, to be decided");
  await officer.button("Show").click();
  await expect(officer.page.getByRole("heading", { name: "Explained, to be decided" })).toBeFocused();
  await officer.link(/^Emergency access by Priya Nair/).click();
  await expect(main(officer)).toContainText("A fall at home, called by the neighbour");
  await officer.button("Save decision").click();
  await expect(officer.page.locator("#error-summary")).toContainText("Choose what to do");
  await officer.page.getByRole("radio", { name: "Close it" }).check();
  await officer.button("Save decision").click();
  await expect(officer.page.locator("#error-summary")).toContainText("Choose what you found");
  await officer.page.getByRole("radio", { name: "Appropriate access", exact: true }).check();
  await officer.field("Note").fill("The call is in the log of the control room");
  await officer.expectFitForAll();
  await officer.button("Save decision").click();
  await expect(main(officer)).toContainText("The alert was closed.");
  await expect(officer.button("Save decision")).toHaveCount(0);
  await officer.expectAccessible();
  await officer.link("Privacy alerts").first().click();
  await expect(main(officer)).toContainText("Not closed: Self-claimed relationship 1.");
  await expect(officer.link(/^Emergency access/)).toHaveCount(0);
  await officer.page.getByLabel("Where it stands").selectOption("Closed");
  await officer.button("Show").click();
  await expect(officer.link(/^Emergency access/)).toHaveCount(1);
  await expect(main(officer)).toContainText("Appropriate access");

  // The report, and the file: staff, but no patient.
  await officer.link("Report by month").click();
  const report = officer.page.getByRole("table", { name: /Alerts of each month/ });
  await expect(report.getByRole("row").nth(1)).toContainText("Emergency access 1");
  await expect(report.getByRole("row").nth(1)).toContainText("Appropriate access 1");
  await expect(officer.page.getByRole("list", { name: "Alerts raised in each month" })).toContainText(
    "2 alerts",
  );
  await officer.button("Export as CSV").click();
  const saving = officer.page.waitForEvent("download");
  await expect(officer.link("Save privacy-alerts.csv")).toBeFocused();
  await officer.link("Save privacy-alerts.csv").click();
  const file = await saving;
  expect(file.suggestedFilename()).toBe("privacy-alerts.csv");
  const csv = await readFile(await file.path(), "utf8");
  const lines = csv.trim().split(/\r?\n/);
  expect(lines[0]).toContain(
    "Reference,Type,Kind,Reason,Happened,Raised,Person,Job,Stage,Explanation,Finding",
  );
  expect(
    lines.filter((line) => /Emergency access,.*Priya Nair,.*Closed.*Appropriate access/.test(line)),
  ).toHaveLength(1);
  expect(lines).toHaveLength(3);
  expect(csv).not.toMatch(NUMBER);
  expect(csv.toUpperCase()).not.toContain(PATIENT.family);
  await officer.expectFitForAll();
  expect(officer.faults).toEqual([]);
});

test("who looked at this patient, and what did I look at", async ({ person, browser, server }) => {
  await lookInEmergency(person);
  await person.menu("What you looked at");
  await person.heading("What you looked at").waitFor();
  const own = person.page.getByRole("table", { name: "Newest first" });
  const look = own.getByRole("row").filter({ hasText: "Opened the Summary Care Record" });
  await expect(look).toContainText("Patient ending 0242");
  await expect(look).toContainText("“Unconscious at home”");
  await expect(own).not.toContainText(PATIENT.family);
  await expect(main(person)).toContainText("This log protects you");
  await person.expectFitForAll();

  // From an alert, and by number.
  const officer = await someoneElse(browser, server, "privacy");
  await openAlert(officer);
  await officer.link("Who looked at this patient").click();
  const log = officer.page.getByRole("table", { name: "Newest first" });
  await expect(log.getByRole("row").filter({ hasText: "Opened the Summary Care Record" })).toContainText(
    "Priya Nair",
  );
  await officer.expectFitForAll();
  await officer.link("The alert").click();
  await officer.heading("Emergency access").waitFor();
  await officer.goto("/privacy/looks");
  await officer.field(/NHS number/).fill("999 001 0243");
  await officer.button("Show who looked").click();
  await expect(officer.page.locator("#error-summary")).toContainText("Enter a valid NHS number");
  await officer.field(/NHS number/).fill(PATIENT.nhsNumber);
  await officer.button("Show who looked").click();
  await expect(log).toContainText("Priya Nair");
  // The officer's own question stands there too.
  await expect(log).toContainText("Looked at who looked at a patient");
  expect(officer.page.url()).not.toMatch(NUMBER);
  await officer.expectFitForAll();
  expect(officer.faults).toEqual([]);
});

test("an alert is read and closed by keyboard alone", async ({ person, browser, server }) => {
  await lookInEmergency(person);
  const officer = await someoneElse(browser, server, "privacy");
  const { keyboard } = officer.page;
  await officer.tabTo(officer.link(/^Emergency access by Priya Nair/));
  await keyboard.press("Enter");
  await officer.heading("Emergency access").waitFor();
  // A group of radio buttons is one stop; the arrows go round in it, and the last is to close.
  await officer.tabTo(officer.page.getByRole("radio").first());
  await keyboard.press("ArrowUp");
  await expect(officer.page.getByRole("radio", { name: "Close it" })).toBeChecked();
  await officer.tabTo(officer.page.getByRole("radio", { name: "Appropriate access", exact: true }));
  await keyboard.press("Space");
  await officer.tabTo(officer.field("Note"));
  await keyboard.type("The call is in the log of the control room");
  await officer.tabTo(officer.button("Save decision"));
  await keyboard.press("Enter");
  await expect(main(officer)).toContainText("The alert was closed.");
});

test("an officer sets the sample and where notices go", async ({ person }) => {
  await person.enrol("privacy");
  await person.heading("Privacy alerts").waitFor();
  await expect(main(person)).toContainText("Every alert is closed.");
  await person.field("Your email address for notices").fill("martin");
  await person.button("Save address").click();
  await expect(person.page.locator("#error-summary")).toContainText("Enter an email address");
  await person.field("Your email address for notices").fill("martin@example.nhs.uk");
  await person.button("Save address").click();
  await expect(main(person)).toContainText("Your address for notices was changed.");
  await person.field("Sample, in percent").fill("101");
  await person.button("Save sample").click();
  await expect(person.page.locator("#error-summary")).toContainText("Enter a number from 0 to 100");
  await person.field("Sample, in percent").fill("10");
  await person.button("Save sample").click();
  await expect(main(person)).toContainText("The sample was changed.");
  await person.goto("/privacy");
  await expect(person.field("Sample, in percent")).toHaveValue("10");
  await expect(person.field("Your email address for notices")).toHaveValue("martin@example.nhs.uk");
  await person.expectFitForAll();
});

test("without the right there is nothing to see", async ({ person, browser, server }) => {
  await lookInEmergency(person);
  const officer = await someoneElse(browser, server, "privacy");
  await openAlert(officer);
  const alert = new URL(officer.page.url()).pathname;

  // Someone who cares for patients.
  for (const path of ["/privacy", alert, "/privacy/report", alert.replace("alert", "looks")]) {
    await person.goto(path);
    await expect(
      person.page.getByRole("alert").filter({ hasText: "Your role does not allow this" }),
    ).toBeVisible();
    await expect(main(person)).not.toContainText("Priya Nair");
  }
  await person.expectAccessible();
  await person.goto("/privacy/looks");
  await person.field(/NHS number/).fill(PATIENT.nhsNumber);
  await person.button("Show who looked").click();
  await expect(
    person.page.getByRole("alert").filter({ hasText: "Your role does not allow this" }),
  ).toBeVisible();
  await person.page.locator("summary", { hasText: "Menu" }).click();
  const menu = person.page.getByRole("navigation", { name: "Menu", exact: true });
  await expect(menu).toContainText("What you looked at");
  await expect(menu).not.toContainText("Privacy alerts");

  // The officer of another organisation.
  const elsewhere = await someoneElse(browser, server, "nurse-privacy");
  await elsewhere.heading("Privacy alerts").waitFor();
  await expect(main(elsewhere)).toContainText("There are no such alerts.");
  await elsewhere.goto(alert);
  await expect(main(elsewhere)).toContainText("Not found");
  await elsewhere.goto("/privacy/looks");
  await elsewhere.field(/NHS number/).fill(PATIENT.nhsNumber);
  await elsewhere.button("Show who looked").click();
  await expect(elsewhere.page.getByRole("heading", { name: "The log" })).toBeVisible();
  await expect(main(elsewhere)).not.toContainText("Priya Nair");
});

test("every view in a community pharmacy is told to its officer", async ({ person, browser, server }) => {
  await person.enrol("pharmacist");
  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  await person.patientAgrees();
  await expect(person.page.getByRole("region", { name: /Allergies/ })).toBeVisible();
  const officer = await someoneElse(browser, server, "pharmacy-privacy");
  await expect(officer.link(/^View in a community pharmacy by Mei Chan/)).toBeVisible();
});
