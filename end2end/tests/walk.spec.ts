// The main job, from fingerprint to a saved adjustment, on a phone.
import { PATIENTS } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test("a paramedic enrols, signs in, finds, reads and records", async ({ person }) => {
  await test.step("enrol with a one-time code and a fingerprint", async () => {
    await person.goto("/");
    await expect(person.heading("Sign in")).toBeVisible();
    await expect(person.page.getByText("Training: made-up patients")).toBeVisible();
    await person.enrol("paramedic");
    expect(await person.passkeys()).toBe(1);
    await expect(person.heading("Find a patient")).toBeVisible();
  });

  await test.step("sign out, and in again with the fingerprint alone", async () => {
    await person.menu("Sign out");
    await expect(person.heading("Sign in")).toBeVisible();
    await person.signIn();
    await expect(person.page.getByRole("banner")).toContainText("Paramedic");
  });

  await test.step("find the patient by NHS number", async () => {
    await person.open(PATIENTS.coreOnly);
    await expect(person.banner()).toContainText("999 001 0021");
    expect(person.page.url()).not.toContain("9990010021");
    expect(await person.page.title()).not.toMatch(/ashdown/i);
  });

  await test.step("read the summary with the patient's permission", async () => {
    await person.tab("Summary");
    await expect(person.page.getByText("Does the patient agree")).toBeVisible();
    await expect(person.page.locator("body")).not.toContainText(/ramipril/i);
    await person.patientAgrees();
    await expect(person.page.getByRole("region", { name: /Allergies/ })).toContainText(/ramipril/i);
  });

  await test.step("record a reasonable adjustment", async () => {
    await person.writeFlag();
    await person.button("Save").click();
    await expect(person.page.getByText("Reasonable adjustment flag saved.")).toBeVisible();
    await expect(person.page.getByRole("article").filter({ hasText: "Does lip read" })).toContainText(
      "Priya Nair",
    );
    await person.tab("Overview");
    await expect(
      person.page.getByRole("region", { name: "Reasonable adjustments are needed" }),
    ).toContainText("Does lip read");
  });
});
