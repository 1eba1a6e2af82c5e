// Patients whose name is missing or is more than one word, and what is typed about a patient.
import { openVisit, loadVisits, toVisits } from "../support/offline.ts";
import { PATIENTS, Person, someoneElse } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

/** Everything that one can press is called something, and more than a patient's data alone. */
const expectCalledSomething = async (person: Person, data: string): Promise<void> => {
  const controls = person.page.getByRole("main").getByRole("button").or(person.page.getByRole("link"));
  for (const control of await controls.all()) {
    if (!(await control.isVisible())) continue;
    await expect(control).toHaveAccessibleName(/\p{L}{2}/u);
    await expect(control).not.toHaveAccessibleName(data);
  }
};

for (const [who, patient] of [
  ["without a name", PATIENTS.noName],
  ["with a first name only", PATIENTS.firstNameOnly],
  ["with a name of spaces and dashes", PATIENTS.blankName],
] as const) {
  test(`a patient ${who} is found, opened, read and put on the visit list`, async ({
    person,
    browser,
    server,
  }) => {
    await person.enrol("paramedic");
    await person.searchNumber(patient.nhsNumber);
    await expectCalledSomething(person, patient.family);
    await person.expectFitForAll();
    await person.button(/^Add to visit list/).click();
    await person.page.getByText("On your visit list").waitFor();
    await person.button(new RegExp(`^${patient.family}.*: open the record$`)).click();
    await person.heading("Overview").waitFor();
    await expect(person.banner()).toContainText(patient.family);
    await expectCalledSomething(person, patient.family);
    await person.expectFitForAll();
    await person.tab("Details");
    await expect(person.page.getByRole("main")).toContainText(patient.family);
    await expectCalledSomething(person, patient.family);
    await person.tab("Summary");
    await person.patientAgrees();
    await expect(person.page.getByRole("region", { name: /Allergies/ })).toBeVisible();
    await expect(person.banner()).toContainText(patient.family);
    await toVisits(person);
    await expectCalledSomething(person, patient.family);
    await person.expectFitForAll();
    // In the log, and to a privacy officer.
    await person.menu("What you looked at");
    await expect(person.page.getByRole("main")).toContainText("Opened a patient");
    const officer = await someoneElse(browser, server, "privacy");
    await officer.link(/^Self-claimed relationship/).click();
    await expect(officer.page.getByRole("main")).toContainText(patient.family);
    await officer.expectAccessible();
  });
}

test.describe("without signal", () => {
  test.use({ behindProxy: true });

  test("a patient without a name is taken along, searched for and opened", async ({ page, server }) => {
    const person = new Person(page, server);
    await loadVisits(person, [PATIENTS.noName]);
    server.proxy.cut();
    await openVisit(person, PATIENTS.noName);
    await expectCalledSomething(person, PATIENTS.noName.family);
    await person.menu("Find a patient");
    await person.field("NHS number").fill(PATIENTS.noName.nhsNumber);
    await person.button("Search").click();
    await person.button(/^Name not recorded.*: open the record$/).click();
    await person.heading("Overview").waitFor();
    await expect(person.banner()).toContainText("Name not recorded");
  });
});

test("half of a name finds the patient, and the wider search spells it another way", async ({ person }) => {
  await person.enrol("paramedic");
  const found = person.button(new RegExp(`^${PATIENTS.doubleBarrelled.family}`));
  for (const [typed, wide] of [
    ["Exupéry", false],
    ["saint", false],
    ["Exupery Saint", false],
    ["Eksupery", true],
  ] as const) {
    await person.goto("/find/basic");
    await person.page.getByRole("radio", { name: "Female", exact: true }).check();
    await person.field("Last name").fill(typed);
    await person.fillDate("Date of birth", "29", "6", "1982");
    await person.button("Search").click();
    await person.results().waitFor();
    if (wide) {
      await expect(found).toHaveCount(0);
      await person.button("Widen the search").click();
    }
    await expect(found).toBeVisible();
  }
});

test("what is typed about a patient is offered to no spelling service, and filled in by nobody", async ({
  person,
}) => {
  await person.enrol("paramedic");
  let fields = 0;
  const check = async (): Promise<void> => {
    for (const field of await person.page.locator("input[type=text], textarea").all()) {
      fields += 1;
      await expect(field).toHaveAttribute("spellcheck", "false");
      await expect(field).toHaveAttribute("autocomplete", "off");
      await expect(field).toHaveAttribute("autocorrect", "off");
      await expect(field).toHaveAttribute("writingsuggestions", "false");
      await expect(field).toHaveAttribute("autocapitalize", /off|sentences/);
    }
  };
  for (const kind of ["nhs-number", "basic", "advanced", "postcode"]) {
    await person.goto(`/find/${kind}`);
    await person.button("Search").waitFor();
    await check();
  }
  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  await person.page.getByRole("radio", { name: /^Emergency access/ }).check();
  await check();
  await person.startFlag();
  await check();
  expect(fields).toBeGreaterThan(20);
});
