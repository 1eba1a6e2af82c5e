// The four searches, and everything that can be wrong with them.
import { PATIENTS } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test.beforeEach(async ({ person }) => {
  await person.enrol("paramedic");
});

test("an NHS number is checked as it is typed, and pasted in any form", async ({ person }) => {
  await person.goto("/find/nhs-number");
  const field = person.field("NHS number");
  await expect(field).toHaveAttribute("inputmode", "numeric");
  await field.fill("999 001 0022");
  await expect(person.page.getByText("this one cannot be right")).toBeVisible();
  await field.fill("NHS: 999-001 0021");
  await expect(person.page.getByText("999 001 0021 is a valid NHS number")).toBeVisible();
  await field.press("Enter");
  await expect(person.button(/^ASHDOWN/)).toBeVisible();
});

test("an empty form says what is missing, at the field and above", async ({ person }) => {
  await person.goto("/find/basic");
  await person.button("Search").click();
  const summary = person.page.locator("#error-summary");
  await expect(summary).toBeFocused();
  await expect(summary).toContainText("Select a gender");
  await expect(summary).toContainText("Enter a last name");
  await expect(summary).toContainText("Enter a date of birth");
  await expect(person.page).toHaveTitle(/^Error: /);
  await summary.getByRole("link", { name: "Enter a last name" }).click();
  await expect(person.field("Last name")).toBeFocused();
  await person.expectAccessible();
});

test("a birth date that never was", async ({ person }) => {
  await person.goto("/find/basic");
  await person.page.getByRole("radio", { name: "Male", exact: true }).check();
  await person.field("Last name").fill("Frost");
  await person.fillDate("Date of birth", "29", "2", "2001");
  await person.button("Search").click();
  await expect(person.page.locator("#error-summary")).toContainText("Date of birth must be a real date");
  await expect(person.field("Last name")).toHaveValue("Frost");
  await person.fillDate("Date of birth", "29", "Feb", "2000");
  await person.button("Search").click();
  await expect(person.button(/^FROST/)).toBeVisible();
});

test("two patients alike in all but the number are both shown", async ({ person }) => {
  await person.goto("/find/basic");
  await person.page.getByRole("radio", { name: "Male", exact: true }).check();
  await person.field("Last name").fill("jones");
  await person.fillDate("Date of birth", "14", "5", "1961");
  await person.button("Search").click();
  await expect(person.page.getByText("999 001 0129")).toBeVisible();
  await expect(person.page.getByText("999 001 0137")).toBeVisible();
});

for (const [typed, shown] of [
  ["O'Brien", "O'BRIEN"],
  ["obrien", "O'BRIEN"],
  ["Saint-Exupéry", "SAINT-EXUPÉRY"],
  ["saint exupery", "SAINT-EXUPÉRY"],
  ["O", "O, Min-jun"],
  ["Venkatanarasimharajuvaripetasubramaniamu", "VENKATANARASIMHARAJUVARIPETASUBRAMANIAMU"],
  ["Ven*mu", "VENKATANARASIMHARAJUVARIPETASUBRAMANIAMU"],
] as const) {
  test(`an advanced search for ${typed}`, async ({ person }) => {
    await person.goto("/find/advanced");
    await person.page.getByRole("radio", { name: "Search all" }).check();
    await person.field("Last name").fill(typed);
    await person.page.getByRole("radio", { name: "Age range" }).check();
    await person.field("Youngest age").fill("0");
    await person.field("Oldest age").fill("120");
    await person.button("Search").click();
    await expect(person.button(shown).first()).toBeVisible();
    await person.expectFits();
  });
}

test("nobody by that name: the wider search finds who sounds alike", async ({ person }) => {
  await person.goto("/find/advanced");
  await person.page.getByRole("radio", { name: "Search all" }).check();
  await person.field("Last name").fill("Ashdoun");
  await person.page.getByRole("radio", { name: "Age range" }).check();
  await person.field("Youngest age").fill("0");
  await person.field("Oldest age").fill("120");
  await person.button("Search").click();
  await expect(person.page.getByRole("heading", { name: "No patients found" })).toBeVisible();
  await person.button("Widen the search").click();
  await expect(person.button(/^ASHDOWN/)).toBeVisible();
  await expect(person.page.getByRole("rowheader").getByText("Similar name").first()).toBeVisible();
});

test("too many matches show nobody", async ({ person }) => {
  await person.goto("/find/advanced");
  await person.page.getByRole("radio", { name: "Search all" }).check();
  await person.field("Last name").fill("S*");
  await person.page.getByRole("radio", { name: "Age range" }).check();
  await person.field("Youngest age").fill("0");
  await person.field("Oldest age").fill("120");
  await person.button("Search").click();
  await expect(person.page.locator("#error-summary")).toContainText("at least 3 letters before the *");
});

test("a number that was replaced leads to the record, and says so", async ({ person }) => {
  await person.searchNumber("999 001 0099");
  await expect(person.page.getByText("This NHS number has been replaced")).toBeVisible();
  await person.button(/^MARCHBANKS/).click();
  await expect(person.banner()).toContainText("999 001 0080");
});

test("a restricted patient is found without where they live", async ({ person }) => {
  await person.searchNumber(PATIENTS.restricted.nhsNumber);
  await expect(person.page.getByText("Address not shown")).toBeVisible();
  await person.button(/^SHARPE/).click();
  await expect(person.banner()).toContainText("Restricted record");
  await person.tab("Details");
  await expect(person.heading(/Patient details/)).toBeVisible();
  await expect(person.page.getByRole("main")).not.toContainText(/[A-Z]{1,2}\d{1,2} \d[A-Z]{2}/);
});

test("a search that the role may not use says why", async ({ person }) => {
  await person.menu("Sign out");
  await expect(person.heading("Sign in")).toBeVisible();
  await person.enrol("reception");
  await person.goto("/find/postcode");
  await expect(person.page.getByRole("main")).toContainText(/postcode/);
  await expect(person.button("Search")).toHaveCount(0);
});

test("the answer to an older search that arrives late is dropped", async ({ person }) => {
  await person.goto("/find/nhs-number");
  let held: (() => void) | undefined;
  const holding = new Promise<void>((resolve) => (held = resolve));
  let calls = 0;
  await person.page.route("**/api/patients/find", async (route) => {
    calls += 1;
    if (calls === 1) await holding;
    await route.continue().catch(() => undefined);
  });
  await person.field("NHS number").fill(PATIENTS.coreOnly.nhsNumber);
  await person.button("Search").click();
  await expect.poll(() => calls).toBe(1);
  await person.field("NHS number").fill(PATIENTS.noSummary.nhsNumber);
  await person.field("NHS number").press("Enter");
  await expect(person.button(/^WHITLOCK/)).toBeVisible();
  const late = person.page.waitForResponse("**/api/patients/find");
  held?.();
  await late;
  await expect(person.button(/^WHITLOCK/)).toBeVisible();
  await expect(person.button(/^ASHDOWN/)).toHaveCount(0);
});

test("the last search that was used is the first that is offered", async ({ person }) => {
  await person.goto("/find/basic");
  await person.page.getByRole("radio", { name: "Male", exact: true }).check();
  await person.field("Last name").fill("Frost");
  await person.fillDate("Date of birth", "29", "2", "2000");
  await person.button("Search").click();
  await expect(person.button(/^FROST/)).toBeVisible();
  await person.goto("/find");
  await expect(person.page).toHaveURL(/find\/basic/);
});
