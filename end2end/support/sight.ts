// What a person sees of a page: measured at the points of the screen, not judged by styles.
import { expect, type Locator, type Page } from "@playwright/test";

/** The screens on which the service is tried: phones, 400 % zoom of a desk, a tablet, desks. */
export const SCREENS = [
  { width: 375, height: 667 },
  { width: 320, height: 256 },
  { width: 768, height: 1024 },
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
] as const;

/** Name, birth date, gender and NHS number: what of them is not in sight, or has something over it. */
const covered = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const identifiers = [...document.querySelectorAll(".ncrs-banner__name, .ncrs-banner__id")];
    if (identifiers.length !== 4) return [`${identifiers.length} identifiers`];
    const found: string[] = [];
    for (const identifier of identifiers) {
      const { left, right, top, bottom } = identifier.getBoundingClientRect();
      const xs = [left + 1, (left + right) / 2, right - 1];
      const ys = [top + 1, (top + bottom) / 2, bottom - 1];
      for (const x of xs) {
        for (const y of ys) {
          const at = document.elementFromPoint(x, y);
          if (at && (identifier.contains(at) || (at.contains(identifier) && at.closest(".ncrs-banner"))))
            continue;
          found.push(
            `${identifier.textContent} at ${Math.round(x)},${Math.round(y)}, scrolled ${Math.round(scrollY)}: ` +
              `${at ? `${at.tagName} ${at.className}` : "not on the screen"}`,
          );
        }
      }
    }
    return found;
  });

/** Whoever the patient is stays in sight, from the head of the page to its foot. */
export const expectIdentifiersSeen = async (page: Page, where: string): Promise<number> => {
  await page.evaluate(() => scrollTo(0, 0));
  let steps = 0;
  for (;;) {
    expect(await covered(page), where).toEqual([]);
    steps += 1;
    const moved = await page.evaluate(() => {
      const before = scrollY;
      scrollBy({ top: innerHeight / 3, behavior: "instant" });
      return scrollY > before;
    });
    if (!moved) return steps;
  }
};

/** Tab for tab: what has the focus is not hidden by what stays on the screen, and hides nobody's name. */
export const expectFocusSeen = async (page: Page, where: string): Promise<number> => {
  await page.evaluate(() => {
    scrollTo(0, 0);
    (document.activeElement as HTMLElement | null)?.blur();
  });
  let seen = 0;
  let first = "";
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return null;
      // Of a radio or a checkbox the row is what one sees.
      const shown = focused.matches("input[type=radio], input[type=checkbox]")
        ? (focused.parentElement ?? focused)
        : focused;
      const { left, right, top, bottom } = shown.getBoundingClientRect();
      const points = [0.02, 0.25, 0.5, 0.75, 0.98];
      const hidden = !points.some((x) =>
        points.some((y) => {
          const at = document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
          return at !== null && (shown.contains(at) || at.contains(shown));
        }),
      );
      const name = `${shown.tagName} ${shown.id} ${shown.textContent?.trim().slice(0, 40)}`;
      return { name, hidden: hidden || bottom <= 0 || top >= innerHeight };
    });
    // Beyond the last is the browser's own, and then the page from its head.
    if (!now) continue;
    if (now.name === first) break;
    first ||= now.name;
    expect(now.hidden, `${where}: the focus is behind something: ${now.name}`).toBe(false);
    expect(await covered(page), `${where}, with the focus on ${now.name}`).toEqual([]);
    seen += 1;
  }
  return seen;
};

/** It is on the screen in whole, and nothing is over its middle. */
export const expectInSight = async (target: Locator, what: string): Promise<void> => {
  await expect(target, what).toBeVisible();
  const seen = await target.evaluate((element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return {
      whole: left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight,
      free: at !== null && (element.contains(at) || at.contains(element)),
      where: `${Math.round(top)} to ${Math.round(bottom)} of ${innerHeight}`,
    };
  });
  expect(seen, what).toMatchObject({ whole: true, free: true });
};
