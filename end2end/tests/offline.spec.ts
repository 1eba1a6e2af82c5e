// The work goes on where there is no signal, and what was written there arrives, once.
import { PATIENTS, Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

/** Signs in with a passkey that keeps a secret, and puts patients on the visit list, saved. */
const loadVisits = async (
  person: Person,
  patients: { nhsNumber: string; family: string }[],
): Promise<void> => {
  await person.giveFingerprintReader({ keepsSecret: true });
  await person.enrol("nurse");
  await person.menu("Sign out");
  await person.signIn();
  await person.appIsKept();
  for (const patient of patients) {
    await person.menu("Find a patient");
    await person.field("NHS number").fill(patient.nhsNumber);
    await person.button("Search").click();
    await person.results().waitFor();
    await person.button(new RegExp(`Add to visit list.*${patient.family}`)).click();
    await person.page.getByText("On your visit list").waitFor();
    await person.button("New search").click();
  }
  await person.menu("Visit list");
  await person.button("Take today's list offline").click();
  await expect(person.page.getByText(/patients? saved on this device/)).toBeVisible();
};

test("visits are saved, the server is lost, and the work goes on", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly, PATIENTS.withFlag]);

  await test.step("lose the server, and start the app again", async () => {
    await server.stop("SIGKILL");
    await page.goto(`${server.url}/visits`);
    await person.alive();
    await person.unlock();
    await expect(person.heading("Visit list")).toBeVisible();
  });

  await test.step("search the list", async () => {
    await person.menu("Find a patient");
    await person.field("NHS number").fill(PATIENTS.coreOnly.nhsNumber);
    await person.button("Search").click();
    await expect(page.getByText("only the patients of your visit list")).toBeVisible();
    await person.button(new RegExp(`^${PATIENTS.coreOnly.family}`)).click();
    await person.heading("Overview").waitFor();
    await expect(page.getByText("Saved copy from")).toBeVisible();
  });

  await test.step("read the summary, once the patient agrees", async () => {
    await person.tab("Summary");
    await expect(page.locator("body")).not.toContainText(/ramipril/i);
    await person.patientAgrees();
    await expect(page.getByRole("region", { name: /Allergies/ })).toContainText(/ramipril/i);
  });

  await test.step("record an adjustment", async () => {
    await person.writeFlag();
    await person.button("Save").click();
    await expect(page.getByText("Saved on this device.")).toBeVisible();
    await expect(page.getByRole("article").filter({ hasText: "Does lip read" })).toContainText(
      "waiting to send",
    );
  });

  await test.step("start again without the server: it is still there", async () => {
    await page.goto(`${server.url}/changes`);
    await person.alive();
    await person.unlock();
    await expect(page.getByRole("article").filter({ hasText: "Does lip read" })).toBeVisible();
  });

  await test.step("the server is back: it arrives, once", async () => {
    await server.start();
    // The session outlived the server: there is nothing to do.
    await expect(page.getByText(/^Sent /)).toBeVisible({ timeout: 40_000 });
    await person.menu("Visit list");
    await person.button(new RegExp(`^${PATIENTS.coreOnly.family}`)).click();
    await person.tab("Adjustments");
    await expect(page.getByText(/^Live/)).toBeVisible();
    await expect(page.getByRole("article").filter({ hasText: "Does lip read" })).toHaveCount(1);
  });
});
