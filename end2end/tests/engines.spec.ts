// The main job in the browsers of the other phones. What needs a fingerprint reader is tested where there is one.
import type { Page } from "@playwright/test";
import { ENGINES, startEngine, type Engine, type EngineName } from "../support/engines.ts";
import { PATIENTS, type Person, type Persona } from "../support/person.ts";
import { expect, test as base } from "../support/test.ts";
import { Visitor } from "../support/visitor.ts";

type Fixtures = {
  /** Starts a browser of that kind at a phone's size, which ends with the test. */
  visit: (name: EngineName) => Promise<Visitor>;
};

const test = base.extend<Fixtures>({
  visit: async ({ server }, use) => {
    const started: Engine[] = [];
    await use(async (name) => {
      const engine = await startEngine(name);
      started.push(engine);
      return new Visitor(engine, server.url);
    });
    for (const engine of started) await engine.close();
  },
});

test.use({ behindProxy: true });

/** Signs in where there is a fingerprint reader, and lends that session to the other browser. */
const lendSession = async (person: Person, page: Page, visitor: Visitor, login: string): Promise<void> => {
  await person.enrol(login);
  const cookie = (await page.context().cookies()).find(({ name }) => /ncrs$/.test(name));
  if (!cookie) throw new Error("there is no session");
  await visitor.engine.open(`${visitor.url}/robots.txt`);
  await visitor.engine.setCookie(cookie.name, cookie.value, visitor.url);
  await page.close();
};

const open = async (visitor: Visitor, patient: Persona): Promise<void> => {
  await visitor.goto("/find/nhs-number");
  await visitor.fill("NHS number", patient.nhsNumber);
  await visitor.press("button", /^Search$/);
  await visitor.press("button", new RegExp(patient.family));
  await visitor.sees(/Overview\n/);
  await visitor.sees(patient.family);
};

/** Writes a flag for the open patient, up to the answers. */
const writeFlag = async (visitor: Visitor): Promise<void> => {
  await visitor.press("link", /^Adjustments/);
  await visitor.press("button", /^Create flag/);
  await visitor.press("checkbox", /^I confirm that the patient is disabled/);
  await visitor.press("radio", /^The patient consents/);
  await visitor.press("button", /^Continue/);
  await visitor.press("checkbox", /^Hearing/);
  await visitor.press("button", /^Continue/);
  await visitor.fill("Find an adjustment", "Does lip read");
  await visitor.press("option", /Does lip read/i);
  await visitor.press("button", /^Continue/);
  await visitor.sees(/conditions?/i);
  await visitor.press("button", /^Continue/);
  await visitor.sees(/Check your answers|Check/);
};

for (const name of ENGINES) {
  test.describe(name, () => {
    test("find, open, read the summary, record an adjustment", async ({ visit, person, page }) => {
      const visitor = await visit(name);
      await visitor.goto("/sign-in");
      await visitor.sees("Sign in");
      if (await visitor.engine.run(() => !("PublicKeyCredential" in window))) {
        await visitor.sees("This browser cannot use passkeys");
        expect(await visitor.text()).not.toContain("Sign in with your fingerprint");
      } else {
        await visitor.sees("Sign in with your fingerprint");
      }
      await visitor.expectFits();
      await lendSession(person, page, visitor, "paramedic");
      await open(visitor, PATIENTS.coreOnly);
      await visitor.sees("999 001 0021");
      await visitor.expectFits();

      await visitor.press("link", /^Summary/);
      await visitor.sees("Does the patient agree");
      expect(await visitor.text()).not.toMatch(/ramipril/i);
      await visitor.press("radio", /^The patient agreed/);
      await visitor.press("radio", /^Me$/);
      await visitor.press("radio", /^This time only/);
      await visitor.press("button", /^Continue/);
      await visitor.sees(/ramipril/i);
      await visitor.sees(/Allerg/);
      await visitor.expectFits();

      await writeFlag(visitor);
      await visitor.press("button", /^Save/);
      await visitor.sees("Reasonable adjustment flag saved.");
      await visitor.sees("Does lip read");
      await visitor.expectFits();
    });

    test("without signal the app opens, and says what it can do", async ({ visit, person, page, server }) => {
      const visitor = await visit(name);
      await lendSession(person, page, visitor, "paramedic");
      await visitor.goto("/find/nhs-number");
      await visitor.engine.run(async () => {
        await navigator.serviceWorker.ready;
      });
      await visitor.goto("/find/basic");
      server.proxy.cut();
      await visitor.engine.open(`${server.url}/visits`).catch(() => undefined);
      await visitor.alive();
      await visitor.sees("nothing is saved on this device that could be unlocked");
      await visitor.expectFits();
      server.proxy.mend();
      await visitor.goto("/find/nhs-number");
      await visitor.sees("NHS number");
    });

    test("a change without signal is sealed, survives the page, and is sent once", async ({
      visit,
      person,
      page,
      server,
    }) => {
      const visitor = await visit(name);
      await lendSession(person, page, visitor, "nurse");
      await open(visitor, PATIENTS.coreOnly);
      await writeFlag(visitor);
      server.proxy.cut();
      await visitor.press("button", /^Save/);
      await visitor.sees("Saved on this device.");
      // Nothing of it can be read on the device.
      const stored = await visitor.engine.run(async () => {
        const texts: string[] = [JSON.stringify({ ...localStorage, ...sessionStorage })];
        for (const { name } of await indexedDB.databases()) {
          const database = await new Promise<IDBDatabase>((resolve, reject) => {
            const asked = indexedDB.open(name ?? "");
            asked.onsuccess = () => resolve(asked.result);
            asked.onerror = () => reject(asked.error);
          });
          for (const store of database.objectStoreNames) {
            const all = await new Promise<unknown[]>((resolve, reject) => {
              const asked = database.transaction(store).objectStore(store).getAll();
              asked.onsuccess = () => resolve(asked.result);
              asked.onerror = () => reject(asked.error);
            });
            const decoder = new TextDecoder();
            for (const entry of all) {
              texts.push(
                JSON.stringify(entry, (_, value) =>
                  value instanceof ArrayBuffer || ArrayBuffer.isView(value)
                    ? decoder.decode(value as ArrayBuffer)
                    : value,
                ),
              );
            }
          }
          database.close();
        }
        return texts.join("\n");
      });
      expect(stored.length).toBeGreaterThan(100);
      expect(stored).not.toMatch(/lip read|9990010021|ashdown/i);
      server.proxy.mend();
      await visitor.goto("/changes");
      await expect
        .poll(() => server.proxy.requests("/api/commands/deliver-sealed").map(({ status }) => status), {
          timeout: 60_000,
        })
        .toEqual([200]);
      await open(visitor, PATIENTS.coreOnly);
      await visitor.press("link", /^Adjustments/);
      await visitor.sees("Does lip read");
    });

    test("storage that is gone breaks nothing", async ({ visit, person, page }) => {
      const visitor = await visit(name);
      await lendSession(person, page, visitor, "paramedic");
      await open(visitor, PATIENTS.coreOnly);
      await visitor.engine.run(async () => {
        localStorage.clear();
        sessionStorage.clear();
        for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name ?? "");
        for (const name of await caches.keys()) await caches.delete(name);
      });
      await visitor.goto("/find/nhs-number");
      await visitor.sees("NHS number");
      await open(visitor, PATIENTS.noSummary);
    });

    test("two tabs have two patients, and neither shows the other's", async ({ visit, person, page }) => {
      const visitor = await visit(name);
      await lendSession(person, page, visitor, "paramedic");
      await open(visitor, PATIENTS.coreOnly);
      await visitor.engine.newTab();
      await open(visitor, PATIENTS.noSummary);
      expect(await visitor.text()).not.toContain(PATIENTS.coreOnly.family);
      await visitor.engine.toTab(0);
      await visitor.press("link", /^Details/);
      await visitor.sees("GP");
      const first = await visitor.text();
      expect(first).toContain(PATIENTS.coreOnly.family);
      expect(first).not.toContain(PATIENTS.noSummary.family);
    });
  });
}
