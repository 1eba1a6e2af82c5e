// Two devices write for the same patient, one of them without signal: the person decides.
import type { Browser } from "@playwright/test";
import {
  changes,
  loadVisits,
  networkIsBack,
  openVisit,
  saveFlagHere,
  toChanges,
} from "../support/offline.ts";
import { newDevice, PATIENTS, Person } from "../support/person.ts";
import type { Server } from "../support/server.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

const patient = PATIENTS.coreOnly;

/** The nurse wrote "Does lip read" without signal, the paramedic "Guide dog" with it. */
const disagree = async (person: Person, server: Server, browser: Browser): Promise<void> => {
  await loadVisits(person, [patient]);
  server.proxy.cut();
  await openVisit(person, patient);
  await saveFlagHere(person);
  // The nurse stays without signal while the paramedic has it.
  await person.goto("/visits");
  await person.heading("Unlock").waitFor();
  server.proxy.treat("/api/session", "drop");
  server.proxy.treat("/api/commands/deliver", "drop");
  server.proxy.mend();
  const context = await browser.newContext();
  const other = await newDevice(context, server);
  server.proxy.relent();
  await other.enrol("paramedic");
  await other.open(patient);
  await other.writeFlag({ impairment: "Vision", adjustment: "guide dog" });
  await other.button("Save").click();
  await expect(other.page.getByText("Reasonable adjustment flag saved.")).toBeVisible();
  await context.close();
};

const decision = async (person: Person): Promise<void> => {
  await networkIsBack(person.page);
  await person.goto("/changes");
  await person.withFinger(
    () => person.button("Unlock saved records").click(),
    () => expect(person.page.getByRole("heading", { name: "Needs your decision" })).toBeVisible(),
  );
  const mine = changes(person.page, "Does lip read");
  await expect(mine).toContainText("What is recorded now");
  await expect(mine).toContainText(/guide dog/i);
  await person.expectFitForAll();
};

const recorded = async (person: Person): Promise<void> => {
  await openVisit(person, patient);
  await person.tab("Adjustments");
  await expect(person.page.getByText(/^Live/)).toBeVisible();
  await expect(changes(person.page, /guide dog/i)).toHaveCount(1);
};

test("add mine to what is recorded: both are there, once", async ({ page, server, browser }) => {
  const person = new Person(page, server);
  await disagree(person, server, browser);
  await decision(person);
  await person.button("Add mine to what is recorded").click();
  await expect(page.getByText(/^Sent /)).toBeVisible();
  await recorded(person);
  await expect(changes(page, "Does lip read")).toHaveCount(1);
});

test("keep what is recorded: mine is not", async ({ page, server, browser }) => {
  const person = new Person(page, server);
  await disagree(person, server, browser);
  await decision(person);
  await person.button("Keep what is recorded").click();
  await expect(page.getByText(/^You kept what someone else recorded/)).toBeVisible();
  await recorded(person);
  await expect(changes(page, "Does lip read")).toHaveCount(0);
  await toChanges(person);
  await expect(page.getByRole("heading", { name: "Needs your decision" })).toHaveCount(0);
});
