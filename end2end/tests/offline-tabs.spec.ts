// Two tabs of one device know of each other.
import {
  anotherTab,
  changes,
  DELIVER,
  loadVisits,
  networkIsBack,
  openVisit,
  saveFlagHere,
  toChanges,
} from "../support/offline.ts";
import { PATIENTS, Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

const openSecond = async (first: Person): Promise<Person> => {
  const second = await anotherTab(first.page.context(), first);
  await second.goto("/changes");
  await second.withFinger(
    () => second.button("Unlock saved records").click(),
    () => expect(second.button("Unlock saved records")).toHaveCount(0),
  );
  return second;
};

test("what is written in one tab shows in the other, and is sent once", async ({ page, server }) => {
  const first = new Person(page, server);
  await loadVisits(first, [PATIENTS.coreOnly]);
  const second = await openSecond(first);
  await expect(second.page.getByText("Nothing waits")).toBeVisible();

  server.proxy.cut();
  await openVisit(first, PATIENTS.coreOnly);
  await saveFlagHere(first);
  await expect(changes(second.page, "Does lip read")).toBeVisible();
  await expect(second.page.getByText(/^Sent /)).toHaveCount(0);

  server.proxy.mend();
  await toChanges(first);
  await Promise.all([networkIsBack(page), networkIsBack(second.page)]);
  await expect(page.getByText(/^Sent /)).toBeVisible();
  await expect(second.page.getByText(/^Sent /)).toBeVisible();
  expect(server.proxy.requests(DELIVER).map(({ status }) => status)).toEqual([200]);

  await openVisit(first, PATIENTS.coreOnly);
  await first.tab("Adjustments");
  await expect(page.getByText(/^Live/)).toBeVisible();
  await expect(changes(page, "Does lip read")).toHaveCount(1);
});

test("looks in two tabs at once are one log, without a break", async ({ page, server }) => {
  const first = new Person(page, server);
  await loadVisits(first, [PATIENTS.coreOnly]);
  const second = await openSecond(first);
  server.proxy.cut();
  const looks = 4;
  const look = async (person: Person): Promise<void> => {
    await openVisit(person, PATIENTS.coreOnly);
    for (let time = 1; time <= looks; time += 1) {
      await person.tab("Details");
      await person.heading("Patient details").waitFor();
      await person.tab("Overview");
      await person.heading("Overview").waitFor();
      await expect(person.page.getByText("Saved copy from")).toBeVisible();
    }
  };
  await Promise.all([look(first), look(second)]);

  server.proxy.mend();
  await Promise.all([networkIsBack(page), networkIsBack(second.page)]);
  const delivered = () => server.proxy.requests("/api/vaults/log").map(({ status }) => status);
  await expect.poll(delivered).toContain(200);
  expect(delivered().filter((status) => status !== 200)).toEqual([]);
  await first.menu("What you looked at");
  const offline = page.getByRole("row").filter({ hasText: "without the service" });
  await expect(offline.filter({ hasText: "Looked at the patient's details" })).toHaveCount(2 * looks);
  await expect(page.getByRole("main")).not.toContainText("does not fit together");
});

test("what is saved in one tab is there in the other", async ({ page, server }) => {
  const first = new Person(page, server);
  await loadVisits(first, [PATIENTS.coreOnly]);
  const second = await openSecond(first);
  await second.menu("Visit list");
  await expect(changes(second.page, PATIENTS.coreOnly.family)).toContainText("Kept until");
  await first.button("Remove all saved records from this device").click();
  await expect(changes(second.page, PATIENTS.coreOnly.family)).toContainText("Not saved on this device");
});

test("signing out in one tab closes what is kept in the other", async ({ page, server }) => {
  const first = new Person(page, server);
  await loadVisits(first, [PATIENTS.coreOnly]);
  const second = await openSecond(first);
  await second.menu("Visit list");
  await first.menu("Sign out");
  await expect(second.heading("Sign in")).toBeVisible();
  await expect(second.page.locator("body")).not.toContainText(PATIENTS.coreOnly.family);

  server.proxy.cut();
  await first.goto("/visits");
  await first.withFinger(
    () => first.button(/^Unlock with/).click(),
    () => expect(page.getByText("Nothing of yours is saved on this device")).toBeVisible(),
  );
});
