// A member of staff at a browser: what they do, by the words that they see.
import AxeBuilder from "@axe-core/playwright";
import { expect, type BrowserContext, type CDPSession, type Locator, type Page } from "@playwright/test";
import type { Server } from "./server.ts";

/** A patient of the demonstration, by what a person types to find them. */
export type Persona = { nhsNumber: string; family: string };

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
      if (message.type() === "error" && !/net::ERR_|status of 40[13]|status of 429|status of 5/.test(text)) {
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

  /** Gives the device a fingerprint reader. */
  async giveFingerprintReader(): Promise<void> {
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
        automaticPresenceSimulation: true,
      },
    });
    this.authenticator = authenticatorId;
  }

  /** Whether the reader knows the finger. */
  async fingerprintMatches(matches: boolean): Promise<void> {
    await this.cdp?.send("WebAuthn.setUserVerified", {
      authenticatorId: this.authenticator,
      isUserVerified: matches,
    });
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
