// The work goes on where there is no signal, and what was written there arrives, once.
import { loadVisits } from "../support/offline.ts";
import { PATIENTS, Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

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
