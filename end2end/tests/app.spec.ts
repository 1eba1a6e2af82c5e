// The app around the work: installed, offline, lost, expired, and readable by everyone.
import { namingLines } from "../support/canary.ts";
import { PATIENTS } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test("it can be installed", async ({ person, request }) => {
  await person.goto("/sign-in");
  const href = await person.page.locator("link[rel=manifest]").getAttribute("href");
  const manifest = await (await request.get(person.server.url + href)).json();
  expect(manifest).toMatchObject({ id: "/", display: "standalone" });
  expect(manifest.shortcuts).toHaveLength(4);
  expect(manifest.icons.some((icon: { purpose?: string }) => icon.purpose === "maskable")).toBe(true);
  for (const { src } of [...manifest.icons, ...manifest.screenshots]) {
    expect((await request.get(new URL(src, person.server.url).toString())).status(), src).toBe(200);
  }
});

test("where the app does not arrive, the page says so", async ({ page, person, server }) => {
  await page.route(/\.wasm$/, (route) => route.abort());
  await page.goto(`${server.url}/sign-in`);
  await expect(page.getByRole("alert")).toContainText("A part of this page did not arrive");
  await person.expectFitForAll();
  await page.unroute(/\.wasm$/);
  await page.getByRole("link", { name: "reload the page" }).click();
  await page.locator("body[data-ready]").waitFor();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("without the service the app opens and says so, and no patient is in any cache", async ({
  person,
  server,
}) => {
  await person.enrol("paramedic");
  await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await person.open(PATIENTS.coreOnly);
  const kept = await person.page.evaluate(async () => {
    const urls: string[] = [];
    for (const name of await caches.keys()) {
      for (const request of await (await caches.open(name)).keys()) urls.push(request.url);
    }
    return {
      urls,
      stores: JSON.stringify({ ...localStorage, ...sessionStorage }),
      databases: (await indexedDB.databases()).map((database) => database.name),
    };
  });
  expect(kept.urls.filter((url) => /\/(api|record)\//.test(url))).toEqual([]);
  expect(kept.stores).not.toMatch(/ashdown|9990010021/i);
  await server.stop();
  await person.page.goto(`${server.url}/find`).catch(() => undefined);
  await person.alive();
  await expect(person.page.getByText("nothing is saved on this device that could be unlocked")).toBeVisible();
  await server.start();
  await person.goto("/find/nhs-number");
  await expect(person.heading(/Find a patient|NHS number/)).toBeVisible();
  person.faults.length = 0;
});

test("a log that named a patient would be noticed", () => {
  const { nhsNumber, family } = PATIENTS.coreOnly;
  const lines = [
    `found ${nhsNumber}`,
    `found ${family}`,
    "found 999 001 0021",
    "found 999-001-0021",
    "found",
  ];
  expect(namingLines(lines.join("\n"))).toEqual(lines.slice(0, 4));
});

test("an address that leads nowhere has a way on", async ({ person }) => {
  const answer = await person.page.goto(`${person.server.url}/no-such-page`);
  expect(answer?.status()).toBe(404);
  await person.alive();
  await expect(person.heading("Page not found")).toBeVisible();
  await person.expectAccessible();
  person.faults.length = 0;
});

test("a session that ended: sign in again and land where you were", async ({ person, context }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.coreOnly);
  await person.tab("Details");
  await expect(person.heading(/Patient details/)).toBeVisible();
  const there = new URL(person.page.url()).pathname;
  await context.clearCookies();
  await person.tab("Adjustments");
  await expect(person.heading("Sign in")).toBeVisible();
  await person.pressSignIn(() => expect(person.page).toHaveURL(/^[^?]*\/record\//));
  // Without its cookie the browser is new to us, and the patient was closed: that is said.
  await expect(person.page.getByText("This patient's record has been closed")).toBeVisible();
  expect(there).toMatch(/record/);
  person.faults.length = 0;
});

test("another tab cannot look through an address", async ({ person, context }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.coreOnly);
  const other = await context.newPage();
  await other.goto(person.page.url());
  await expect(other.getByText("This patient's record has been closed")).toBeVisible();
  await expect(other.locator("body")).not.toContainText(/ASHDOWN/);
});

test("every call says which version and screen asks, and nothing of whom", async ({ person }) => {
  const told = new Set<string>();
  const versions = new Set<string>();
  person.page.on("request", (request) => {
    if (!new URL(request.url()).pathname.startsWith("/api/")) return;
    const headers = request.headers();
    told.add(headers["x-ncrs-screen"] ?? "nothing");
    versions.add(headers["x-ncrs-version"] ?? "nothing");
  });
  await person.enrol("paramedic");
  await person.open(PATIENTS.coreOnly);
  await person.tab("Summary");
  await expect(person.page.getByText("What we checked")).toBeVisible();
  expect([...told]).toEqual(expect.arrayContaining(["enrol", "find/nhs-number", "record", "record/summary"]));
  expect([...told].join(" ")).not.toMatch(/\d|nothing/);
  expect([...versions]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+/)]);
});

test("opening another patient closes the first", async ({ person }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.coreOnly);
  const first = person.page.url();
  await person.open(PATIENTS.noSummary);
  await person.page.goto(first);
  await expect(person.page.getByText("This patient's record has been closed")).toBeVisible();
  await expect(person.page.locator("body")).not.toContainText(/ASHDOWN|WHITLOCK/);
});

test("a record that cannot be reached can be asked for again", async ({ person }) => {
  await person.enrol("paramedic");
  await person.open(PATIENTS.coreOnly);
  await person.page.route("**/api/record/details", (route) => route.abort());
  await person.tab("Details");
  await expect(person.page.getByText("You cannot reach the service")).toBeVisible();
  await person.page.unroute("**/api/record/details");
  await person.button("Try again").click();
  await expect(person.page.getByRole("main")).toContainText("GP");
});

const screens = async (person: import("../support/person.ts").Person, check: () => Promise<void>) => {
  await person.goto("/sign-in");
  await check();
  await person.goto("/enrol");
  await check();
  await person.enrol("paramedic");
  for (const path of [
    "/find/nhs-number",
    "/find/basic",
    "/find/advanced",
    "/find/postcode",
    "/role",
    "/account",
  ]) {
    await person.goto(path);
    await person.page
      .getByRole("status")
      .filter({ hasText: /^Reading/ })
      .waitFor({ state: "detached" });
    await check();
  }
  await person.searchNumber(PATIENTS.deceased.nhsNumber);
  await check();
  await person.open(PATIENTS.withFlag);
  await expect(person.page.getByRole("region", { name: "Reasonable adjustments are needed" })).toBeVisible();
  await check();
  await person.tab("Details");
  await expect(person.page.getByRole("main")).toContainText("GP");
  await check();
  await person.tab("Adjustments");
  await expect(person.page.getByRole("article").first()).toBeVisible();
  await check();
  await person.tab("Summary");
  await expect(person.page.getByText("What we checked")).toBeVisible();
  await check();
};

for (const [name, width, height] of [
  ["a phone", 375, 667],
  ["a desktop", 1280, 800],
  ["400 % zoom", 320, 256],
] as const) {
  test(`every screen is accessible and fits on ${name}`, async ({ person }) => {
    test.setTimeout(120_000);
    await person.page.setViewportSize({ width, height });
    await screens(person, async () => {
      await person.expectFits();
      await person.expectAccessible();
    });
  });
}

test("by keyboard alone: from the skip link to a record", async ({ person }) => {
  await person.enrol("paramedic");
  await person.goto("/find/nhs-number");
  await person.page.keyboard.press("Tab");
  await expect(person.link("Skip to main content")).toBeFocused();
  await person.tabTo(person.field("NHS number"));
  await person.page.keyboard.type(PATIENTS.coreOnly.nhsNumber);
  await person.page.keyboard.press("Enter");
  await expect(person.results()).toBeVisible();
  await person.tabTo(person.button(/^ASHDOWN/));
  await person.page.keyboard.press("Enter");
  await expect(person.heading("Overview")).toBeVisible();
});

test("a device whose clock is a day wrong works the same", async ({ person }) => {
  await person.page.clock.setSystemTime(new Date(Date.now() - 26 * 3600 * 1000));
  await person.enrol("nurse");
  await person.open(PATIENTS.deceased);
  await person.writeFlag();
  await person.button("Save").click();
  await expect(person.page.getByText("Reasonable adjustment flag saved.")).toBeVisible();
});

test("the page that is served says what it may do, and keeps nothing", async ({ person, request }) => {
  const answer = await request.get(`${person.server.url}/sign-in`);
  const policy = answer.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toMatch(/script-src [^;]*'nonce-/);
  expect(policy).not.toContain("unsafe-inline");
  expect(answer.headers()["cache-control"]).toBe("no-store");
  const html = await answer.text();
  expect(html).not.toMatch(/ on[a-z]+=/);
});

test("the menu closes where the person turns to something else", async ({ person }) => {
  await person.enrol("paramedic");
  const open = async () => {
    await person.page.locator("summary", { hasText: "Menu" }).click();
    await expect(menu).toBeVisible();
  };
  const menu = person.page.getByRole("navigation", { name: "Menu", exact: true });
  await person.menu("This device");
  await person.heading("This device").waitFor();

  await open();
  await person.page.getByRole("banner").click({ position: { x: 5, y: 5 } });
  await expect(menu).toBeHidden();

  await open();
  await person.page.keyboard.press("Escape");
  await expect(menu).toBeHidden();

  await open();
  await person.tabTo(
    person.page
      .getByRole("main")
      .getByRole("link")
      .or(person.page.getByRole("main").getByRole("button"))
      .first(),
  );
  await expect(menu).toBeHidden();

  await open();
  await person.page.goBack();
  await person.heading("Find a patient").waitFor();
  await expect(menu).toBeHidden();
});

test("the menu closes, also where the person is already", async ({ person }) => {
  await person.enrol("nurse");
  for (let time = 0; time < 2; time += 1) {
    await person.menu("Visit list");
    await expect(person.heading("Visit list")).toBeVisible();
    await expect(person.page.getByRole("navigation", { name: "Menu", exact: true })).toBeHidden();
  }
});
