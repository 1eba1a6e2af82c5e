// The work of a Registration Authority: inviting staff, their roles, and the end of both.
import type { Browser } from "@playwright/test";
import { newDevice, PATIENTS, type Person } from "../support/person.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

const AMBULANCE = "Dales and Vale Ambulance Trust (RZ901)";

const asAgent = async (person: Person, login = "registration"): Promise<void> => {
  await person.enrol(login);
  await person.heading("Staff").waitFor();
};

/** A device of someone else. */
const another = async (browser: Browser, server: Server): Promise<Person> =>
  newDevice(await browser.newContext({ viewport: { width: 375, height: 667 } }), server);

const writeRole = async (person: Person, job: string, activities: string[]): Promise<void> => {
  await person.page.getByRole("combobox", { name: "Organisation" }).selectOption(AMBULANCE);
  await person.field("Job").first().fill(job);
  await person.field("Job role code").fill("S8000:G8000:R1070");
  for (const activity of activities) await person.page.getByRole("checkbox", { name: activity }).check();
};

const writeInvitation = async (person: Person, activities: string[]): Promise<void> => {
  await person.field("Full name").fill("Ada Quist");
  await person.field("Login").fill("ada.quist");
  await writeRole(person, "Paramedic", activities);
};

const codeOn = async (person: Person): Promise<string> => {
  await expect(person.page.getByText("One-time code for Ada Quist")).toBeVisible();
  return person.page.locator(".ncrs-code").innerText();
};

const openMember = async (person: Person, name: string): Promise<void> => {
  await person.menu("Staff");
  await person.field("Search staff").fill(name);
  await person.link(new RegExp(`^${name}`)).click();
  await person.heading(name).waitFor();
};

const confirm = (person: Person, then: () => Promise<unknown>): Promise<void> =>
  person.withFinger(() => person.button("Confirm with your passkey").click(), then);

test("someone is invited, enrols with the code, works, and is out the moment they leave", async ({
  person,
  browser,
  server,
}) => {
  test.slow();
  await asAgent(person);
  await person.expectFitForAll();
  await person.button("Invite someone").click();
  await writeInvitation(person, ["Find a patient (B0264)"]);
  await person.expectFitForAll();
  await person.button("Invite").click();
  const code = await codeOn(person);
  await person.expectFitForAll();

  const ada = await another(browser, server);
  await ada.enrolWith(code);
  await ada.open(PATIENTS.coreOnly);
  // The code is used up, and nowhere to be seen any more.
  const other = await another(browser, server);
  await other.goto("/enrol");
  await other.field("Enrolment code").fill(code);
  await other.button("Continue").click();
  await expect(other.page.locator("#error-summary")).toContainText("This code cannot be used");

  await openMember(person, "Ada Quist");
  await expect(person.page.getByText(code)).toHaveCount(0);
  await expect(person.button(/^End session/)).toBeVisible();
  await person.expectFitForAll();
  await person.button("They are leaving").click();
  await expect(person.page.locator("#leave-question")).toBeFocused();
  await person.expectAccessible();
  await person.button("They leave").click();
  await expect(person.page.getByText("Their roles, sessions and saved records have ended.")).toBeVisible();
  await person.expectFitForAll();

  await ada.page.reload();
  await expect(ada.heading("Sign in")).toBeVisible();
  await ada.alive();
  await ada.pressSignIn(() => expect(ada.page.locator("#alert")).toBeVisible());
  await person.menu("Staff");
  await person.heading("Staff").waitFor();
  await expect(person.link(/^Ada Quist/)).toHaveCount(0);
});

test("what is missing or wrong is told at the field and at the head", async ({ person }) => {
  await asAgent(person);
  await person.goto("/staff/invite");
  await person.button("Invite").click();
  const summary = person.page.locator("#error-summary");
  await expect(summary).toBeFocused();
  for (const line of [
    "Enter their name",
    "Enter their login",
    "Choose an organisation",
    "Enter the name of the job",
    "Enter the job role code",
  ]) {
    await expect(summary).toContainText(line);
  }
  await person.expectFitForAll();
  await summary.getByRole("link", { name: "Choose an organisation" }).click();
  await expect(person.page.getByRole("combobox", { name: "Organisation" })).toBeFocused();
  // What only the service knows: the login is taken.
  await writeInvitation(person, []);
  await person.field("Login").fill("paramedic");
  await person.button("Invite").click();
  await expect(summary).toContainText("Someone else has this login");
  await expect(person.field("Full name")).toHaveValue("Ada Quist");
});

test("after two minutes the finger is asked for, and nothing that was typed is lost", async ({
  person,
  server,
}) => {
  await asAgent(person);
  await person.button("Invite someone").click();
  await writeInvitation(person, ["Find a patient (B0264)"]);
  await server.fingerprintsWere(3);
  await person.button("Invite").click();
  await expect(person.page.getByRole("heading", { name: "Confirm that it is you" })).toBeVisible();
  await expect(person.field("Full name")).toHaveValue("Ada Quist");
  await person.expectFitForAll();
  await confirm(person, () => codeOn(person));
});

test("rights that may do much harm wait for a second agent", async ({ person, browser, server }) => {
  test.slow();
  const paramedic = await another(browser, server);
  await paramedic.enrol("paramedic");
  await asAgent(person);
  await openMember(person, "Priya Nair");
  await person.button("Give a role").click();
  await writeRole(person, "Emergency care lead", [
    "Find a patient (B0264)",
    "Override a patient's choice on legal grounds (B0082)",
    "Open sensitive records (B1611)",
  ]);
  await person.expectFitForAll();
  await person.button("Give role").click();
  await expect(person.page.getByText("Another agent has been asked to approve the role.")).toBeVisible();
  await expect(person.page.getByRole("heading", { name: "Emergency care lead" })).toHaveCount(0);
  await person.menu("Staff");
  await expect(person.page.getByText("Another agent has to decide")).toBeVisible();
  await expect(person.button(/^Approve/)).toHaveCount(0);

  const second = await another(browser, server);
  await asAgent(second, "registration-second");
  await expect(second.page.getByText("Asked for by Eleanor Pryce")).toBeVisible();
  await second.expectFitForAll();
  await second.button(/^Approve/).click();
  await expect(second.page.getByText("The role of Priya Nair was approved.")).toBeVisible();
  await expect(second.button(/^Approve/)).toHaveCount(0);

  await paramedic.page.reload();
  await paramedic.alive();
  await paramedic.menu("Change role");
  await expect(paramedic.button(/^Emergency care lead/)).toBeVisible();
});

test("a role that ends takes with it what is open in it", async ({ person, browser, server }) => {
  const carer = await another(browser, server);
  await carer.enrol("threeroles");
  await carer.page.locator(".ncrs-choices__link").first().click();
  await carer.heading("Find a patient").waitFor();
  await asAgent(person);
  await openMember(person, "Dr Anita Desai");
  const before = await person.button(/^End role/).count();
  await person
    .button(/^End role/)
    .first()
    .click();
  await person.button("End role").and(person.page.locator(".nhsuk-button--warning")).click();
  await expect(person.page.getByText("The role was ended.")).toBeVisible();
  await expect(person.button(/^End role/)).toHaveCount(before - 1);
});

test("whoever is no agent is refused, and is not offered it", async ({ person }) => {
  await person.enrol("paramedic");
  await person.page.locator("summary", { hasText: "Menu" }).click();
  const menu = person.page.getByRole("navigation", { name: "Menu", exact: true });
  await expect(menu.getByText("Visit list")).toBeVisible();
  await expect(menu.getByText("Staff", { exact: true })).toHaveCount(0);
  for (const path of ["/staff", "/staff/invite", "/staff/person/00000000-0000-7000-8000-000100000002"]) {
    await person.goto(path);
    await expect(person.page.getByText("Your role does not allow this")).toBeVisible();
    await expect(person.page.getByText("Eleanor Pryce")).toHaveCount(0);
    await person.expectFitForAll();
  }
});

test("someone is invited by keyboard alone", async ({ person }) => {
  await asAgent(person);
  const { page } = person;
  await person.tabTo(person.button("Invite someone"));
  await page.keyboard.press("Enter");
  await person.heading("Invite someone").waitFor();
  await person.tabTo(person.field("Full name"));
  await page.keyboard.type("Ada Quist");
  await page.keyboard.press("Tab");
  await page.keyboard.type("ada.quist");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Dales");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Paramedic");
  await page.keyboard.press("Tab");
  await page.keyboard.type("S8000:G8000:R1070");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await codeOn(person);
  await expect(page.locator("#code")).toBeFocused();
});
