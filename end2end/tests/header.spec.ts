// Whom one acts as is read in full, whatever the names are.
import { expect, test } from "../support/test.ts";

/** Every word of it is on the screen: nothing is cut off, nothing lies over it. */
const expectReadInFull = async (page: import("@playwright/test").Page, text: string): Promise<void> => {
  const shown = page.locator(".ncrs-header__role").getByText(text, { exact: true });
  await expect(shown).toBeVisible();
  const cut = await shown.evaluate((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const header = element.closest("header")?.getBoundingClientRect();
    return [...range.getClientRects()].filter(({ left, right, top, bottom }) => {
      const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      const within =
        header && left >= 0 && right <= innerWidth && top >= header.top && bottom <= header.bottom;
      return !within || !at || !element.contains(at);
    }).length;
  });
  expect(cut, `${text} at ${page.viewportSize()?.width}`).toBe(0);
};

for (const [login, role, organisation] of [
  ["paramedic", "Paramedic", "Dales and Vale Ambulance Trust"],
  ["nurse", "Community Nurse", "Aire Valley Community Healthcare Trust"],
  ["registration", "Registration Authority Agent", "West Riding Registration Authority"],
] as const) {
  test(`role and organisation of ${login} are read in full`, async ({ person }) => {
    const { page } = person;
    await person.enrol(login);
    for (const width of [320, 375, 640, 700, 768, 1280]) {
      await page.setViewportSize({ width, height: 667 });
      await expectReadInFull(page, role);
      await expectReadInFull(page, organisation);
      await person.expectFits();
    }
    await page.setViewportSize({ width: 320, height: 667 });
    await person.expectAccessible();
    await expect(page.getByRole("banner").getByRole("link", { name: /Care Records/ })).toBeVisible();
  });
}

test("a name that is longer than any here goes on in the next line", async ({ person }) => {
  const { page } = person;
  await person.enrol("paramedic");
  const long = "Buckinghamshire, Oxfordshire and Berkshire West Integrated Care Partnership Trust";
  await page.locator(".ncrs-header__role span").evaluate((span, text) => (span.textContent = text), long);
  for (const width of [320, 375, 768]) {
    await page.setViewportSize({ width, height: 667 });
    await expectReadInFull(page, long);
    await person.expectFits();
  }
});
