// A member of staff at another browser: what they do, by the words that they see.
import { expect } from "@playwright/test";
import type { Engine } from "./engines.ts";

/** What a person presses, by what it is. */
export type Control = "button" | "link" | "radio" | "checkbox" | "field" | "option" | "summary";

/** Finds an element that can be seen, by what it is and what it is called. Runs in the page, by itself. */
const find = (control: string, name: string): Element | null => {
  const named = new RegExp(name);
  const words = (text: string | null | undefined) => (text ?? "").replace(/\s+/g, " ").trim();
  const seen = (element: Element) => element.getClientRects().length > 0;
  const labelled = (element: Element) => {
    const aria = element.getAttribute("aria-label");
    const by = (element.getAttribute("aria-labelledby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent);
    const labels = [...((element as HTMLInputElement).labels ?? [])].map((label) => label.textContent);
    return words([aria, ...by, ...labels].filter(Boolean).join(" "));
  };
  const selectors: Record<string, string> = {
    button: "button, [role=button]",
    link: "a[href]",
    summary: "summary",
    option: "[role=option]",
    radio: "input[type=radio]",
    checkbox: "input[type=checkbox]",
    field: "input:not([type=radio]):not([type=checkbox]), textarea, select",
  };
  const isInput = ["radio", "checkbox", "field"].includes(control);
  for (const element of document.querySelectorAll(selectors[control] ?? control)) {
    const own = isInput
      ? labelled(element)
      : words(element.getAttribute("aria-label") ?? element.textContent);
    if (seen(element) && named.test(own)) return element;
  }
  return null;
};

/** The text that can be read on the page. Runs in the page. */
const readText = (): string => document.body.innerText;

/** One person at one browser. */
export class Visitor {
  constructor(
    readonly engine: Engine,
    readonly url: string,
  ) {}

  /** Opens a path and waits until forms and buttons work. */
  async goto(path: string): Promise<void> {
    await this.engine.open(this.url + path);
    await this.alive();
  }

  /** Waits until forms and buttons work. */
  async alive(): Promise<void> {
    await expect
      .poll(
        () => this.engine.run(() => document.body?.hasAttribute("data-ready") ?? false).catch(() => false),
        {
          timeout: 60_000,
        },
      )
      .toBe(true);
  }

  /** Everything that can be read. */
  text(): Promise<string> {
    return this.engine.run(readText);
  }

  /** Waits until that can be read. */
  async sees(what: string | RegExp, timeout = 30_000): Promise<void> {
    const matches = typeof what === "string" ? expect.stringContaining(what) : expect.stringMatching(what);
    await expect.poll(() => this.text().catch(() => ""), { timeout }).toEqual(matches);
  }

  /** Waits until that cannot be read any more. */
  async seesNo(what: string): Promise<void> {
    await expect.poll(() => this.text().catch(() => what)).not.toContain(what);
  }

  /** Waits for it, and presses it. */
  async press(control: Control, name: string | RegExp): Promise<void> {
    const pattern = typeof name === "string" ? name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") : name.source;
    await expect
      .poll(() => this.engine.press(find, control, pattern).catch(() => false), {
        message: `${control} ${pattern}`,
        timeout: 30_000,
      })
      .toBe(true);
  }

  /** Types into a field, in the place of what is there. */
  async fill(name: string | RegExp, text: string): Promise<void> {
    await this.press("field", name);
    await this.engine.run(() => {
      const field = document.activeElement;
      if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.select();
    });
    await this.engine.type(text);
  }

  /** Nothing scrolls sideways. */
  async expectFits(): Promise<void> {
    const over = await this.engine.run(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(over, "the page is wider than the screen").toBeLessThanOrEqual(0);
  }
}
