// What a person does with what is kept on the device.
import { expect, type Browser, type BrowserContext, type Page } from "@playwright/test";
import { newDevice, Person, type Persona } from "./person.ts";
import type { Server } from "./server.ts";

/** The path by which changes arrive at the service. */
export const DELIVER = "/api/commands/deliver";

/** Enrols with a passkey that keeps a secret, and signs in with it: what is kept is open. */
export const startWork = async (person: Person, login: string): Promise<void> => {
  await person.enrol(login);
  await person.menu("Sign out");
  await person.heading("Sign in").waitFor();
  await person.signIn();
  await person.appIsKept();
};

/** Puts patients on the visit list. */
export const addToVisits = async (person: Person, patients: Persona[]): Promise<void> => {
  for (const patient of patients) {
    await person.menu("Find a patient");
    await person.field("NHS number").fill(patient.nhsNumber);
    await person.button("Search").click();
    await person.results().waitFor();
    await person.button(new RegExp(`Add to visit list.*${patient.family}`)).click();
    await person.page.getByText("On your visit list").waitFor();
    await person.button("New search").click();
  }
};

/** To the visit list, from wherever the person is. */
export const toVisits = async (person: Person): Promise<void> => {
  if (!person.page.url().endsWith("/visits")) await person.menu("Visit list");
  await person.heading("Visit list").waitFor();
};

/** Saves everyone on the visit list on this device. */
export const saveVisits = async (person: Person): Promise<void> => {
  await toVisits(person);
  await person.button(/^(Take today's list offline|Save today's list again)$/).click();
  await expect(person.page.getByText(/patients? saved on this device/)).toBeVisible();
};

/** Signs in with a passkey that keeps a secret, and puts patients on the visit list, saved. */
export const loadVisits = async (person: Person, patients: Persona[]): Promise<void> => {
  await person.giveFingerprintReader({ keepsSecret: true });
  await startWork(person, "nurse");
  await addToVisits(person, patients);
  await saveVisits(person);
};

/** From the visit list to the patient's record. */
export const openVisit = async (person: Person, patient: Persona): Promise<void> => {
  await toVisits(person);
  await person.button(new RegExp(`^${patient.family}`)).click();
  await person.heading("Overview").waitFor();
  await expect(person.banner()).toContainText(patient.family);
};

/** Writes a flag for the open patient, and saves it where there is no service. */
export const saveFlagHere = async (person: Person): Promise<void> => {
  await person.writeFlag();
  await person.button("Save").click();
  await expect(person.page.getByText("Saved on this device.")).toBeVisible();
};

/** The changes that are shown, on a record or on "Waiting to be sent". */
export const changes = (page: Page, text: string | RegExp) =>
  page.getByRole("article").filter({ hasText: text });

/** What waits at the device for its person. */
export const toChanges = (person: Person): Promise<void> => person.menu(/^Waiting to be sent/);

/** The browser asks again whether there is a network: the app looks at once, not in half a minute. */
export const networkIsBack = (page: Page): Promise<void> =>
  page.evaluate(() => {
    window.dispatchEvent(new Event("online"));
  });

/**
 * Another tab of the same device. The device has one fingerprint reader, but a virtual one belongs to a
 * single tab: what this tab asks of it is passed on to the tab that has it.
 */
export const anotherTab = async (context: BrowserContext, first: Person): Promise<Person> => {
  const page = await context.newPage();
  await page.exposeFunction("askTheReader", (options: string) =>
    first.page.evaluate(async (asked) => {
      const bytes = (text: string) =>
        Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
      const text = (buffer: ArrayBuffer | null) =>
        buffer && btoa(String.fromCharCode(...new Uint8Array(buffer)));
      const publicKey = JSON.parse(asked, (_, value) =>
        typeof value === "object" && value && "bytes" in value ? bytes(value.bytes) : value,
      );
      const found = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
      const response = found.response as AuthenticatorAssertionResponse;
      return {
        rawId: text(found.rawId),
        authenticatorData: text(response.authenticatorData),
        clientDataJSON: text(response.clientDataJSON),
        signature: text(response.signature),
        userHandle: text(response.userHandle),
        secret: text((found.getClientExtensionResults().prf?.results?.first ?? null) as ArrayBuffer | null),
      };
    }, options),
  );
  await page.addInitScript(() => {
    const bytes = (text: string | null) =>
      text === null ? null : Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
    const ask = (window as unknown as Record<string, (options: string) => Promise<Record<string, string>>>)
      .askTheReader;
    navigator.credentials.get = async (options) => {
      // The browser's own suggestions are not asked for here.
      if (options?.mediation === "conditional") return new Promise(() => undefined);
      const asked = JSON.stringify(options?.publicKey, (_, value) => {
        if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) return value;
        const view = ArrayBuffer.isView(value) ? new Uint8Array(value.buffer) : new Uint8Array(value);
        return { bytes: btoa(String.fromCharCode(...view)) };
      });
      const found = await ask?.(asked);
      if (!found) throw new DOMException("no reader", "NotAllowedError");
      const { rawId, secret, ...response } = found;
      const parts = Object.fromEntries(Object.entries(response).map(([name, value]) => [name, bytes(value)]));
      const own = (value: unknown) => ({ value });
      return Object.create(PublicKeyCredential.prototype, {
        rawId: own(bytes(rawId ?? null)),
        response: own(parts),
        getClientExtensionResults: own(() => ({
          prf: secret ? { results: { first: bytes(secret) } } : {},
        })),
      }) as PublicKeyCredential;
    };
  });
  const tab = new Person(page, first.server);
  tab.borrows(first);
  return tab;
};

/** On another device, the passkey with which the first signs in is removed. */
export const removePasskey = async (browser: Browser, server: Server): Promise<void> => {
  const context = await browser.newContext();
  const other = await newDevice(context, server);
  await other.enrol("nurse");
  await other.menu("Your passkeys and devices");
  // Not the one of this session.
  const card = other.page
    .locator(".nhsuk-card")
    .filter({ hasText: "Remove", hasNotText: "Used to sign in here" });
  await card
    .getByRole("button", { name: /^Remove/ })
    .first()
    .click();
  await other.button(/^Remove passkey/).click();
  await expect(other.page.getByText(/was removed/)).toBeVisible();
  await context.close();
};
