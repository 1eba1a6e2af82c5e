// What answers between a device and the service is not the service: a Wi-Fi portal, a block page, a proxy.
import {
  changes,
  DELIVER,
  loadVisits,
  networkIsBack,
  openVisit,
  saveFlagHere,
  startWork,
  toChanges,
  toVisits,
} from "../support/offline.ts";
import { PATIENTS, Person } from "../support/person.ts";
import { EVERYTHING, type Stranger } from "../support/proxy.ts";
import { expect, test } from "../support/test.ts";

test.use({ behindProxy: true });

const PAGE = "<!doctype html><title>Guest Wi-Fi</title><form><input name=email></form>";
const html = (status: number): Stranger => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8" },
  ...([204, 205, 304].includes(status) ? {} : { body: PAGE }),
});

/** Other answers than a page, each of another kind. */
const OTHERS: Record<string, Stranger> = {
  "an empty answer": { status: 200 },
  "an empty error": { status: 502 },
  "someone else's JSON": {
    status: 200,
    headers: { "content-type": "application/json" },
    body: '{"error":"not_found","status":404}',
  },
  "someone else's JSON refusal": {
    status: 401,
    headers: { "content-type": "application/json" },
    body: '{"kind":"SignedOut","reference":null}',
  },
  "a list": { status: 200, headers: { "content-type": "application/json" }, body: "[]" },
  "a redirect elsewhere": { status: 302, headers: { location: "http://localhost:9/login" } },
  "a redirect to a page of its own": { status: 307, headers: { location: "/sign-in?from=portal" } },
  "a login page": html(200),
  "network authentication": html(511),
  "an origin that a proxy does not reach": html(520),
  "a page that breaks off": { ...html(200), truncated: true },
  "JSON that breaks off": {
    status: 200,
    headers: { "content-type": "application/json" },
    body: '{"found":[{"name":"',
    truncated: true,
  },
};

test("whatever the status, a page is no answer of the service", async ({ person, server }) => {
  test.setTimeout(300_000);
  await person.enrol("paramedic");
  await person.goto("/find/nhs-number");
  await person.field("NHS number").fill(PATIENTS.coreOnly.nhsNumber);
  const problem = person.page.getByRole("heading", { name: "You cannot reach the service" });
  for (let status = 200; status < 600; status += 1) {
    server.proxy.relent();
    server.proxy.treat("/api/patients/find", html(status));
    const before = server.proxy.requests("/api/patients/find").length;
    await person.button("Search").click();
    await expect(problem, String(status)).toBeVisible();
    await expect
      .poll(() => server.proxy.requests("/api/patients/find").length, { intervals: [5, 10, 20] })
      .toBeGreaterThan(before);
  }
  await expect(person.page.getByText("newer version")).toHaveCount(0);
  server.proxy.relent();
  await person.button("Search").click();
  await expect(person.results()).toBeVisible();
  person.faults.length = 0;
});

test("nothing that a stranger says signs anyone in or out, or calls for an update", async ({
  person,
  server,
}) => {
  await person.enrol("paramedic");
  await person.goto("/find/nhs-number");
  await person.field("NHS number").fill(PATIENTS.coreOnly.nhsNumber);
  for (const [what, stranger] of Object.entries(OTHERS)) {
    server.proxy.relent();
    await person.button("Search").click();
    await person.results().waitFor();
    await person.button("New search").click();
    await person.field("NHS number").fill(PATIENTS.coreOnly.nhsNumber);
    server.proxy.treat("/api/patients/find", stranger);
    await person.button("Search").click();
    await expect(
      person.page.getByRole("heading", { name: "You cannot reach the service" }),
      what,
    ).toBeVisible();
    await expect(person.page, what).toHaveURL(/find\/nhs-number/);
  }
  server.proxy.relent();
  await person.menu("Sign out");
  await person.field("Or choose a saved passkey").waitFor();
  for (const [what, stranger] of Object.entries(OTHERS)) {
    server.proxy.relent();
    server.proxy.treat("/api/sign-in/start", stranger);
    const before = server.proxy.requests("/api/sign-in/start").length;
    await person.button(/^Sign in with/).click();
    await expect.poll(() => server.proxy.requests("/api/sign-in/start").length, what).toBeGreaterThan(before);
    await expect(person.page.getByText("You cannot reach the service"), what).toBeVisible();
  }
  await expect(person.page.getByText("newer version")).toHaveCount(0);
  server.proxy.relent();
  await person.pressSignIn(() => expect(person.page).not.toHaveURL(/sign-in/));
  person.faults.length = 0;
});

test("behind a stranger the saved copy is shown, and what waits is sent once the service is back", async ({
  page,
  server,
}) => {
  test.setTimeout(300_000);
  const person = new Person(page, server);
  await loadVisits(person, [PATIENTS.coreOnly]);
  for (const [what, stranger] of Object.entries({ ...OTHERS, "a page that is forbidden": html(403) })) {
    server.proxy.relent();
    await toVisits(person);
    server.proxy.treat(EVERYTHING, stranger);
    await openVisit(person, PATIENTS.coreOnly);
    await expect(page.getByText("Saved copy from"), what).toBeVisible();
    await expect(page.getByText("newer version"), what).toHaveCount(0);
  }
  await saveFlagHere(person);
  await toChanges(person);
  await networkIsBack(page);
  await expect.poll(() => server.proxy.requests(DELIVER).length).toBeGreaterThan(0);
  await expect(changes(page, "Does lip read")).toHaveCount(1);
  await expect(page.getByText("newer version")).toHaveCount(0);
  await expect(page.getByText(/^Sent /)).toHaveCount(0);
  server.proxy.relent();
  await networkIsBack(page);
  await expect(page.getByText(/^Sent /)).toBeVisible({ timeout: 40_000 });
});

test("the app opens from the device where a stranger answers in the place of its page", async ({
  page,
  server,
}) => {
  const person = new Person(page, server);
  await person.giveFingerprintReader({ keepsSecret: true });
  await startWork(person, "nurse");
  await person.menu("This device");
  for (const [what, stranger] of Object.entries(OTHERS)) {
    server.proxy.relent();
    server.proxy.treat(EVERYTHING, stranger);
    await page.goto(`${server.url}/visits`);
    await person.alive();
    await expect(person.heading("Unlock"), what).toBeVisible();
    await expect(page.locator("body"), what).not.toContainText("Guest Wi-Fi");
  }
  server.proxy.relent();
  // The service's own way on from "/" is followed as before.
  await page.goto(server.url);
  await person.alive();
  await expect(page.getByRole("banner")).toContainText("Hannah Ashby");
});
