// Who gets in, and what everyone else is told.
import { newDevice } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test("an enrolment code works once", async ({ person, context, server }) => {
  const code = await server.enrolmentCode("reception");
  await person.goto("/enrol");
  await person.field("Enrolment code").fill(` ${code.toLowerCase().replaceAll("-", " ")} `);
  await person.button("Continue").click();
  await person.heading("Hello Farah Siddiqui").waitFor();
  await person.withFinger(
    () => person.button("Create passkey").click(),
    () => expect(person.heading("Find a patient")).toBeVisible(),
  );

  await context.clearCookies();
  const second = await newDevice(context, server);
  await second.goto("/enrol");
  await second.field("Enrolment code").fill(code);
  await second.button("Continue").click();
  await expect(second.page.getByRole("alert")).toContainText("This code cannot be used");
});

test("a code that never was says the same, and keeps what was typed", async ({ person }) => {
  await person.goto("/enrol");
  await person.button("Continue").click();
  await expect(person.page.getByRole("alert")).toContainText("Enter your enrolment code");
  await expect(person.page).toHaveTitle(/^Error: /);
  await person.field("Enrolment code").fill("ABCD-EFGH-JKMN");
  await person.button("Continue").click();
  await expect(person.page.getByRole("alert")).toContainText("This code cannot be used");
  await expect(person.field("Enrolment code")).toHaveValue("ABCD-EFGH-JKMN");
  await person.link(/This code cannot be used/).click();
  await expect(person.field("Enrolment code")).toBeFocused();
});

test("the wrong finger and a device that is unknown are told the same", async ({ person }) => {
  await person.goto("/sign-in");
  const told = person.page.getByRole("alert");
  const refused = () => expect(told).toContainText("That did not work");
  await person.withFinger(() => person.button(/^Sign in with/).click(), refused);
  const unknown = await told.innerText();

  await person.enrol("nurse");
  await person.menu("Sign out");
  await expect(person.heading("Sign in")).toBeVisible();
  await person.fingerprintMatches(false);
  await person.pressSignIn(refused);
  expect(await told.innerText()).toBe(unknown);

  await person.fingerprintMatches(true);
  await person.signIn();
  await expect(person.heading("Find a patient")).toBeVisible();
});

test("one person on two devices; the second ends the first", async ({ person, browser, server }) => {
  await person.enrol("nurse");
  const context = await browser.newContext();
  const phone = await newDevice(context, server);
  await phone.enrol("nurse");
  await phone.menu("Your passkeys and devices");
  await expect(phone.page.getByText("This session")).toBeVisible();
  await phone.button("Sign out everywhere").click();
  await expect(phone.heading("Sign in")).toBeVisible();

  await person.goto("/find");
  await expect(person.heading("Sign in")).toBeVisible();
  await context.close();
});

test("a passkey is added, renamed and removed, but not the last", async ({ person }) => {
  await person.enrol("doctor");
  await person.menu("Your passkeys and devices");
  await expect(person.page.getByText("it is the only one that you have")).toBeVisible();
  await person
    .button(/^Rename/)
    .first()
    .click();
  await person.field("New name for this passkey").fill("Work phone");
  await person.button("Save name").click();
  await expect(person.page.getByText("The passkey is now called “Work phone”.")).toBeVisible();
});

test("a person without a role is told whom to ask", async ({ person }) => {
  await person.enrol("norole");
  await expect(person.heading("You do not have a role yet")).toBeVisible();
  await expect(person.page.getByText("Registration Authority").first()).toBeVisible();
  await person.goto("/find/basic");
  await expect(person.heading("You do not have a role yet")).toBeVisible();
});

test("three roles are listed and the choice is always in sight", async ({ person }) => {
  await person.enrol("threeroles");
  await expect(person.heading("Choose a role")).toBeVisible();
  await expect(person.page.getByLabel("Search your roles")).toHaveCount(0);
  await person.page.getByRole("main").getByRole("button").first().click();
  await expect(person.heading("Find a patient")).toBeVisible();
  const first = await person.page.locator(".ncrs-header__role").innerText();
  await person.menu("Change role");
  await person.page.getByRole("main").getByRole("button").nth(1).click();
  await expect(person.heading("Find a patient")).toBeVisible();
  await expect(person.page.locator(".ncrs-header__role")).not.toHaveText(first);
});

test("seven roles come with a search box", async ({ person }) => {
  await person.enrol("sevenroles");
  const roles = person.page.getByRole("main").getByRole("button");
  await expect(roles).toHaveCount(7);
  await person.page.getByLabel("Search your roles").fill("zzz");
  await expect(person.page.getByRole("main").getByRole("status")).toContainText("No roles match");
  await person.page.getByLabel("Search your roles").fill("");
  await expect(roles).toHaveCount(7);
});

test("signing out in one tab signs out the other", async ({ person, context }) => {
  await person.enrol("nurse");
  const other = await context.newPage();
  await other.goto(`${person.server.url}/find`);
  await other.locator("body[data-ready]").waitFor();
  await person.menu("Sign out");
  await expect(other.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
});

for (const shape of ["typed arrays", "lists", "plain objects", "text", "a JSON method"] as const) {
  test(`something that stands in for the browser may answer with ${shape}`, async ({ person, page }) => {
    await page.addInitScript((shape) => {
      const real = navigator.credentials.get.bind(navigator.credentials);
      const list = (buffer: ArrayBuffer) => [...new Uint8Array(buffer)];
      const text = (buffer: ArrayBuffer) =>
        btoa(String.fromCharCode(...list(buffer)))
          .replaceAll("+", "-")
          .replaceAll("/", "_")
          .replaceAll("=", "");
      const forms: Record<string, (buffer: ArrayBuffer) => unknown> = {
        // In the middle of a longer buffer, as libraries hand them out.
        "typed arrays": (buffer) =>
          new Uint8Array(Uint8Array.of(7, ...list(buffer), 7).buffer, 1, buffer.byteLength),
        lists: list,
        "plain objects": (buffer) => ({ ...list(buffer) }),
        text,
        "a JSON method": () => undefined,
      };
      navigator.credentials.get = async (options) => {
        const found = (await real(options)) as PublicKeyCredential | null;
        if (!found) return found;
        const form = forms[shape];
        if (!form) throw new Error("no such form");
        const answer = found.response as AuthenticatorAssertionResponse;
        const bytes = (form: (buffer: ArrayBuffer) => unknown) => ({
          authenticatorData: form(answer.authenticatorData),
          clientDataJSON: form(answer.clientDataJSON),
          signature: form(answer.signature),
          userHandle: answer.userHandle && form(answer.userHandle),
        });
        return {
          id: found.id,
          rawId: form(found.rawId),
          type: found.type,
          response: bytes(form),
          clientExtensionResults: {},
          toJSON: () => ({ id: found.id, response: bytes(text) }),
        } as unknown as Credential;
      };
    }, shape);
    await person.enrol("paramedic");
    await person.menu("Sign out");
    await person.signIn();
    await expect(person.page.getByRole("banner")).toContainText("Paramedic");
  });
}
