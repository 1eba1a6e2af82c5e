// A bad network: slow, and broken in the middle.
import {
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

test("a slow answer: the saved copy is shown, and the late answer takes its place", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  const release = server.proxy.hold("/api/record/overview");
  await openVisit(person, PATIENTS.coreOnly);
  await expect(page.getByText("Saved copy from")).toBeVisible();
  await expect(page.getByText(/^Live/)).toHaveCount(0);
  release();
  await expect(page.getByText(/^Live/)).toBeVisible();
  await expect(page.getByText("Saved copy from")).toHaveCount(0);
});

for (const treatment of ["truncate", "lose", "drop"] as const) {
  test(`a delivery that the network does ${treatment}: it arrives once`, async ({ page, server }) => {
    const person = new Person(page, server);
    await loadVisits(person, [PATIENTS.coreOnly]);
    await openVisit(person, PATIENTS.coreOnly);
    server.proxy.treat(DELIVER, treatment, 1);
    await person.writeFlag();
    await person.button("Save").click();
    await expect(page.getByText(/^Saved on this device|flag saved/).first()).toBeVisible();
    await toChanges(person);
    await networkIsBack(page);
    await expect(page.getByText(/^Sent /)).toBeVisible({ timeout: 40_000 });
    const [first, ...rest] = server.proxy.requests(DELIVER);
    expect(first?.arrived).toBe(false);
    expect(rest.filter(({ arrived }) => arrived)).toHaveLength(1);
    await openVisit(person, PATIENTS.coreOnly);
    await person.tab("Adjustments");
    await expect(page.getByText(/^Live/)).toBeVisible();
    await expect(changes(page, "Does lip read")).toHaveCount(1);
  });
}

test("a passkey that keeps no secret: changes are sealed, and arrive", async ({ page, server }) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader();
  await person.enrol("nurse");
  await person.appIsKept();
  await person.menu("Visit list");
  await expect(page.getByText("This passkey cannot keep records on this device")).toBeVisible();
  await expect(person.button("Take today's list offline")).toHaveCount(0);

  await person.open(PATIENTS.coreOnly);
  await person.writeFlag();
  server.proxy.cut();
  await person.button("Save").click();
  await expect(page.getByText("Saved on this device.")).toBeVisible();
  await person.goto("/changes");
  await expect(page.locator("body")).not.toContainText("Does lip read");

  server.proxy.mend();
  await networkIsBack(page);
  await expect
    .poll(() => server.proxy.requests("/api/commands/deliver-sealed").map(({ status }) => status))
    .toEqual([200]);
  await person.open(PATIENTS.coreOnly);
  await person.tab("Adjustments");
  await expect(changes(page, "Does lip read")).toHaveCount(1);
  await person.goto("/changes");
  await expect(page.getByText("Nothing waits")).toBeVisible();
});

test("where the browser wakes the app by itself, what waits is sent", async ({ page, server }) => {
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  const cdp = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) =>
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      for (const { registrationId } of registrations) resolve(registrationId);
    }),
  );
  await cdp.send("ServiceWorker.enable");
  await page.evaluate(() => {
    const heard: unknown[] = [];
    Object.assign(window, { heard });
    navigator.serviceWorker.addEventListener("message", ({ data }) => heard.push(data));
  });
  server.proxy.cut();
  await openVisit(person, PATIENTS.coreOnly);
  await saveFlagHere(person);
  const asked = () =>
    page.evaluate(async () => {
      const { sync } = (await navigator.serviceWorker.ready) as unknown as {
        sync: { getTags(): Promise<string[]> };
      };
      return sync.getTags();
    });
  await expect.poll(asked).toEqual(["deliver"]);
  await toChanges(person);
  server.proxy.mend();
  await cdp.send("ServiceWorker.dispatchSyncEvent", {
    origin: server.url,
    registrationId: await registered,
    tag: "deliver",
    lastChance: true,
  });
  await expect
    .poll(() => page.evaluate(() => (window as unknown as { heard: unknown[] }).heard))
    .toContainEqual({ type: "deliver" });
  await expect(page.getByText(/^Sent /)).toBeVisible();
  expect(server.proxy.requests(DELIVER).filter(({ arrived }) => arrived)).toHaveLength(1);
});

test("a referral that does not get through: what was typed stays, and it is recorded once", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader();
  await person.enrol("nurse");
  await person.open(PATIENTS.coreOnly);
  const main = page.getByRole("main");
  const kind = page.getByRole("radio", { name: "Visit or appointment" });
  await main.getByText("Record a referral or visit").click();
  await kind.check();
  const soon = new Date(Date.now() + 48 * 3600 * 1000).toISOString().split(/[-T]/);
  await person.fillDate("Last day", soon[2] ?? "", soon[1] ?? "", soon[0] ?? "");
  server.proxy.cut();
  await person.button("Record").click();
  await expect(main.getByRole("alert")).toContainText("You cannot reach the service");
  await expect(kind).toBeChecked();
  await expect(page.getByLabel("Day")).toHaveValue(soon[2] ?? "");
  await person.expectFitForAll();

  // The service hears of it, and the answer does not come.
  server.proxy.mend();
  server.proxy.treat("/api/record/referral", "truncate", 1);
  await person.button("Record").click();
  await expect(main).toContainText("You recorded it yourself");
  await expect(main.getByRole("alert")).toHaveCount(0);
  await expect(main).toContainText(/Visit or appointment until .* Recorded by Hannah Ashby/);

  server.proxy.treat("/api/record/referral/end", "truncate", 1);
  await person.button(/^Your team no longer cares/).click();
  await expect(main).toContainText("Nobody has recorded that your team cares for this patient.");
  await expect(main.getByRole("alert")).toHaveCount(0);
});
