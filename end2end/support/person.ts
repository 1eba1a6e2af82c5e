// A member of staff at a browser: what they do, by the words that they see.
import AxeBuilder from "@axe-core/playwright";
import {
  expect,
  type Browser,
  type BrowserContext,
  type CDPSession,
  type Locator,
  type Page,
} from "@playwright/test";
import type { Server } from "./server.ts";

/** A patient of the demonstration, by what a person types to find them. */
export type Persona = { nhsNumber: string; family: string };

/** Patients of the demonstration: the README lists them. */
export const PATIENTS = {
  noSummary: { nhsNumber: "9990010013", family: "WHITLOCK" },
  coreOnly: { nhsNumber: "9990010021", family: "ASHDOWN" },
  everyHeading: { nhsNumber: "9990402132", family: "HOLLOWAY" },
  optedOut: { nhsNumber: "9990010048", family: "BLACKWOOD" },
  withheld: { nhsNumber: "9990252955", family: "MOORCROFT" },
  recentlyRegistered: { nhsNumber: "9990010145", family: "WÓJCIK" },
  restricted: { nhsNumber: "9990010056", family: "SHARPE" },
  deceased: { nhsNumber: "9990010072", family: "TATTERSALL" },
  superseded: { nhsNumber: "9990010080", family: "MARCHBANKS" },
  withFlag: { nhsNumber: "9990240272", family: "OKAFOR" },
  interpreter: { nhsNumber: "9990010153", family: "KOWALSKA" },
  emergency: { nhsNumber: "9990010242", family: "BARRACLOUGH" },
  child: { nhsNumber: "9990010102", family: "THORNHILL" },
} satisfies Record<string, Persona>;

/** One person with one device. */
export class Person {
  private cdp: CDPSession | undefined;
  private authenticator = "";
  /** What went wrong in the browser without the person seeing it. */
  readonly faults: string[] = [];

  constructor(
    readonly page: Page,
    readonly server: Server,
  ) {
    page.on("pageerror", (error) => this.faults.push(`error: ${error.message}`));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !/net::ERR_|status of [45]\d\d/.test(text)) {
        this.faults.push(`console: ${text}`);
      }
    });
    page.on("request", (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && hostname !== "localhost") {
        this.faults.push(`third party: ${hostname}`);
      }
    });
  }

  /** Gives the device a fingerprint reader, which keeps a secret for each passkey (PRF) or does not. */
  async giveFingerprintReader({ keepsSecret = false } = {}): Promise<void> {
    this.cdp = await this.page.context().newCDPSession(this.page);
    await this.cdp.send("WebAuthn.enable", { enableUI: false });
    const { authenticatorId } = await this.cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        ctap2Version: "ctap2_1",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        hasPrf: keepsSecret,
        automaticPresenceSimulation: false,
      },
    });
    this.authenticator = authenticatorId;
  }

  /** Uses the reader of another tab of the same device. */
  borrows(other: Person): void {
    this.cdp = other.cdp;
    this.authenticator = other.authenticator;
  }

  /** Whether the reader knows the finger. */
  async fingerprintMatches(matches: boolean): Promise<void> {
    await this.cdp?.send("WebAuthn.setUserVerified", {
      authenticatorId: this.authenticator,
      isUserVerified: matches,
    });
  }

  /** Does something for which the device asks for the finger, with the finger on it. */
  async withFinger(act: () => Promise<unknown>, then: () => Promise<unknown>): Promise<void> {
    const touch = (enabled: boolean) =>
      this.cdp?.send("WebAuthn.setAutomaticPresenceSimulation", {
        authenticatorId: this.authenticator,
        enabled,
      });
    // A reader that is free answers the next that asks, not one that has waited since before.
    await touch(true);
    await act();
    await then();
    await touch(false);
  }

  /** The passkeys on the device. */
  async passkeys(): Promise<number> {
    const answer = await this.cdp?.send("WebAuthn.getCredentials", { authenticatorId: this.authenticator });
    return answer?.credentials.length ?? 0;
  }

  /** Opens an address and waits until the page is alive. */
  async goto(path: string): Promise<void> {
    await this.page.goto(this.server.url + path);
    await this.alive();
  }

  /** Waits until forms and buttons work. */
  async alive(): Promise<void> {
    await this.page.locator("body[data-ready]").waitFor();
  }

  /** Presses Tab until that has the focus. */
  async tabTo(target: Locator): Promise<void> {
    await target.waitFor();
    for (let presses = 0; presses < 80; presses += 1) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error("the keyboard does not reach it");
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole("heading", { level: 1, name });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name });
  }

  link(name: string | RegExp): Locator {
    return this.page.getByRole("link", { name });
  }

  field(name: string | RegExp): Locator {
    return this.page.getByRole("textbox", { name });
  }

  /** Fills the three fields of a date. */
  async fillDate(name: string, day: string, month: string, year: string): Promise<void> {
    const group = this.page.getByRole("group", { name });
    await group.getByLabel("Day").fill(day);
    await group.getByLabel("Month").fill(month);
    await group.getByLabel("Year").fill(year);
  }

  /** From a one-time code to signed in. */
  async enrol(login: string): Promise<void> {
    await this.enrolWith(await this.server.enrolmentCode(login));
  }

  /** The same, with a code that someone was given. */
  async enrolWith(code: string): Promise<void> {
    await this.goto("/enrol");
    await this.field("Enrolment code").fill(code);
    await this.button("Continue").click();
    await this.heading(/^Hello /).waitFor();
    await this.withFinger(
      () => this.button("Create passkey").click(),
      () => expect(this.page).not.toHaveURL(/enrol/),
    );
  }

  /** From the sign-in page to the next, with the fingerprint. */
  async signIn(): Promise<void> {
    await this.goto("/sign-in");
    await this.pressSignIn(() => expect(this.page).not.toHaveURL(/sign-in/));
  }

  /** Presses the button on the sign-in page, once the browser offers its own suggestions too. */
  async pressSignIn(then: () => Promise<unknown>): Promise<void> {
    await this.field("Or choose a saved passkey").waitFor();
    await this.withFinger(() => this.button(/^Sign in with/).click(), then);
  }

  /** Opens the menu and takes one of its entries. */
  async menu(entry: string | RegExp): Promise<void> {
    const menu = this.page.getByRole("navigation", { name: "Menu", exact: true });
    const item = typeof entry === "string" ? menu.getByText(entry, { exact: true }) : menu.getByText(entry);
    await this.page.locator("summary", { hasText: "Menu" }).click();
    await item.click();
  }

  /** Waits until the browser keeps the app, so that it opens without the service. */
  async appIsKept(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      if (!navigator.serviceWorker.controller) {
        await new Promise((there) => navigator.serviceWorker.addEventListener("controllerchange", there));
      }
    });
  }

  /** Opens what is kept on the device, without the service. */
  async unlock(): Promise<void> {
    await this.heading("Unlock").waitFor();
    await this.withFinger(
      () => this.button(/^Unlock with/).click(),
      () => expect(this.page).not.toHaveURL(/sign-in/),
    );
  }

  /** Searches by NHS number; the results are on the screen afterwards. */
  async searchNumber(nhsNumber: string): Promise<void> {
    await this.goto("/find/nhs-number");
    await this.field("NHS number").fill(nhsNumber);
    await this.button("Search").click();
    await this.results().waitFor();
  }

  /** The heading above the results, whatever they are. */
  results(): Locator {
    return this.page.getByRole("heading", { level: 2, name: /found|match/ });
  }

  /** Opens a patient of the demonstration. */
  async open(patient: Persona): Promise<void> {
    await this.searchNumber(patient.nhsNumber);
    await this.button(new RegExp(`^${patient.family}`)).click();
    await this.heading("Overview").waitFor();
    await expect(this.banner()).toContainText(patient.family);
  }

  /** The patient banner. */
  banner(): Locator {
    return this.page.getByRole("region", { name: "Patient", exact: true });
  }

  /** Goes to another part of the record. */
  async tab(name: "Overview" | "Summary" | "Adjustments" | "Details"): Promise<void> {
    await this.page.getByRole("navigation", { name: "Patient record" }).getByRole("link", { name }).click();
  }

  /** Answers the permission question: the patient agreed, for this time. */
  async patientAgrees(): Promise<void> {
    await this.page.getByRole("radio", { name: "The patient agreed" }).check();
    await this.page.getByRole("radio", { name: "Me", exact: true }).check();
    await this.page.getByRole("radio", { name: "This time only" }).check();
    await this.button("Continue").click();
  }

  /** Answers it with an emergency, for which the reason is written. Not sent yet. */
  async writesEmergency(reason: string): Promise<void> {
    await this.page.getByRole("radio", { name: /^Emergency access/ }).check();
    await this.page.getByRole("radio", { name: "In my own words" }).check();
    await this.field(/Why you need it now/).fill(reason);
  }

  /** Walks the flow that creates a flag up to the adjustment. */
  async startFlag({ impairment = "Hearing", adjustment = "Does lip read" } = {}): Promise<void> {
    await this.tab("Adjustments");
    await this.button("Create flag").click();
    await this.page.getByRole("checkbox", { name: /^I confirm that the patient is disabled/ }).check();
    await this.page.getByRole("radio", { name: "The patient consents" }).check();
    await this.button("Continue").click();
    await this.page.getByRole("checkbox", { name: impairment }).check();
    await this.button("Continue").click();
    await this.page.getByRole("combobox", { name: "Find an adjustment" }).fill(adjustment);
    await this.page
      .getByRole("option", { name: new RegExp(adjustment, "i") })
      .first()
      .click();
  }

  /** Walks the flow that creates a flag up to the answers, not yet saved. */
  async writeFlag(what: { impairment?: string; adjustment?: string } = {}): Promise<void> {
    await this.startFlag(what);
    await this.button("Continue").click();
    await this.heading(/conditions?/i).waitFor();
    await this.button("Continue").click();
    await this.heading(/Check/).waitFor();
  }

  /** No screen of the service may have any of these. */
  async expectAccessible(): Promise<void> {
    const { violations } = await new AxeBuilder({ page: this.page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
      .analyze();
    const found = violations.map(
      (violation) =>
        `${violation.id}: ${violation.help} (${violation.nodes.map((node) => node.target).join("; ")})`,
    );
    expect(found, this.page.url()).toEqual([]);
  }

  /** The screen passes on a phone and on a desk. */
  async expectFitForAll(): Promise<void> {
    const before = this.page.viewportSize();
    for (const width of [375, 1280]) {
      await this.page.setViewportSize({ width, height: 800 });
      await this.expectAccessible();
      await this.expectFits();
    }
    if (before) await this.page.setViewportSize(before);
  }

  /** Nothing scrolls sideways. */
  async expectFits(): Promise<void> {
    const over = await this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(over, "the page is wider than the screen").toBeLessThanOrEqual(0);
  }
}

/** A second device of the same or another person. */
export const newDevice = async (context: BrowserContext, server: Server): Promise<Person> => {
  const person = new Person(await context.newPage(), server);
  await person.giveFingerprintReader();
  return person;
};

/** Someone else, at a device of their own, who has just signed in. */
export const someoneElse = async (browser: Browser, server: Server, login: string): Promise<Person> => {
  const person = await newDevice(await browser.newContext({ viewport: { width: 375, height: 667 } }), server);
  await person.enrol(login);
  return person;
};
