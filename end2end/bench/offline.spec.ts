// What a person waits for without the service, on a phone whose processor is four times slower.
import { chromium, expect, test, type Browser, type CDPSession, type Page } from "@playwright/test";
import { CHROMIUM, FLAGS } from "../support/browser.ts";
import { addToVisits, openVisit, saveVisits, startWork } from "../support/offline.ts";
import { Person, type Persona } from "../support/person.ts";
import { Server } from "../support/server.ts";
import { atMost, median } from "./measure.ts";

/** How often each is measured. */
const RUNS = 5;
/** How many patients are saved. */
const PATIENTS = 20;
/** How many changes wait. */
const CHANGES = 200;

test.setTimeout(900_000);

/** A phone with the fingerprint of a nurse who is signed in. */
const phone = async (browser: Browser, server: Server): Promise<Person> => {
  const context = await browser.newContext({ viewport: { width: 375, height: 667 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const person = new Person(page, server);
  await person.giveFingerprintReader({ keepsSecret: true });
  await startWork(person, "nurse");
  return person;
};

const slow = async (page: Page): Promise<void> => {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
};

/** The demonstration's patients with a summary and without, by NHS number. */
const NUMBERS: Persona[] = [
  ["9990010021", "ASHDOWN"],
  ["9990402132", "HOLLOWAY"],
  ["9990010013", "WHITLOCK"],
  ["9990010048", "BLACKWOOD"],
  ["9990252955", "MOORCROFT"],
  ["9990010145", "WÓJCIK"],
  ["9990240272", "OKAFOR"],
  ["9990010153", "KOWALSKA"],
  ["9990010242", "BARRACLOUGH"],
  ["9990010102", "THORNHILL"],
  ["9990010110", "OLDROYD"],
  ["9990010129", "JONES"],
  ["9990010137", "JONES"],
  ["9990010161", "O'BRIEN"],
  ["9990010188", "SAINT-EXUPÉRY"],
  ["9990010196", "O"],
  ["9990010226", "FROST"],
  ["9990010234", "TENZIN"],
  ["9990010218", ""],
  ["9990010080", "MARCHBANKS"],
].map(([nhsNumber = "", family = ""]) => ({ nhsNumber, family }));

test("offline", async () => {
  const server = await Server.create("sqlite", { behindProxy: true });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  try {
    await server.start();
    const person = await phone(browser, server);
    await addToVisits(person, NUMBERS.slice(0, PATIENTS));
    await person.menu("Visit list");
    await person.page
      .getByRole("combobox", { name: /ASHDOWN/ })
      .selectOption("The patient agreed, for this visit");
    await saveVisits(person);
    await shell(browser, server);
    await opening(person, server);
    await sending(person, server);
  } finally {
    await browser.close();
    await server.remove();
  }
});

/** What is noted, in milliseconds since the page began. */
type Times = Partial<Record<"started" | "touched" | "listed", number>>;

/** Notes the times in the page itself, as Playwright's own waiting costs a slow processor much of what is measured. */
const noteTimes = (page: Page): Promise<unknown> =>
  page.addInitScript((patients) => {
    const times: Times = {};
    Object.assign(window, { times });
    const there = {
      started: () =>
        document.body?.hasAttribute("data-ready") &&
        document.querySelector("main button")?.textContent?.startsWith("Unlock with"),
      listed: () => document.querySelectorAll("article.ncrs-visit").length === patients,
    };
    const look = () => {
      if (times.started === undefined && there.started()) times.started = performance.now();
      if (times.listed === undefined && there.listed()) times.listed = performance.now();
      requestAnimationFrame(look);
    };
    look();
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = async (options) => {
      const found = await get(options);
      times.touched = performance.now();
      return found;
    };
  }, PATIENTS);

/** Runs a script in the page without the helpers that Playwright brings there. */
const plainly = async <T>(cdp: CDPSession, expression: string): Promise<T> => {
  const { result } = await cdp.send("Runtime.evaluate", {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  return result.value as T;
};

const until = (cdp: CDPSession, name: keyof Times): Promise<Required<Times>> =>
  plainly(
    cdp,
    `new Promise((done) => {
      const look = () => (window.times?.${name} ? done(window.times) : requestAnimationFrame(look));
      look();
    })`,
  );

/** From an address without the service to a visit list, and to a summary. */
const opening = async (person: Person, server: Server): Promise<void> => {
  const { page } = person;
  await slow(page);
  await noteTimes(page);
  const cdp = await page.context().newCDPSession(page);
  server.proxy.cut();
  const starts: number[] = [];
  const lists: number[] = [];
  const summaries: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await page.goto("about:blank");
    await page.goto(`${server.url}/visits`, { waitUntil: "commit" });
    starts.push((await until(cdp, "started")).started);

    // From the finger's answer, which is the device's own time, to the patients on the screen.
    await person.withFinger(
      () => plainly(cdp, 'document.querySelector("main button").click()'),
      async () => {
        const { touched, listed } = await until(cdp, "listed");
        lists.push(listed - touched);
      },
    );

    await openVisit(person, { nhsNumber: "", family: "ASHDOWN" });
    await expect(page.getByText("Saved copy from")).toBeVisible();
    summaries.push(
      await plainly(
        cdp,
        `new Promise((done) => {
          const began = performance.now();
          document.querySelector('nav a[href$="/summary"]').click();
          const look = () =>
            /ramipril/i.test(document.querySelector("main")?.textContent ?? "")
              ? done(performance.now() - began)
              : requestAnimationFrame(look);
          requestAnimationFrame(look);
        })`,
      ),
    );
  }
  atMost("offline_cold_start_ms", median(starts), "ms", 1000);
  atMost("unlock_to_visit_list_ms", median(lists), "ms", 300);
  atMost("tap_to_saved_summary_ms", median(summaries), "ms", 100);
};

/**
 * What a browser that has nothing yet has to fetch until the shell is alive. The parts that follow are held back: how many of
 * them are on their way by then depends on the moment.
 */
const shell = async (browser: Browser, server: Server): Promise<void> => {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Network.enable");
  const parts = ["keep", "work", "record", "office", "shared"].map((part) => `*/pkg/${part}.*.wasm`);
  await cdp.send("Network.setBlockedURLs", { urls: parts });
  let bytes = 0;
  cdp.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  await page.goto(`${server.url}/shell.html`);
  await page.locator("body[data-ready]").waitFor();
  atMost("shell_brotli_kb", bytes / 1000, "kB", 300);
  await context.close();
};

/** Saves one more change for the open patient, who has a flag or gets one. */
const change = async (person: Person): Promise<void> => {
  const { page } = person;
  await person.tab("Adjustments");
  const create = person.button("Create flag");
  const add = person.button("Add adjustment").first();
  await create.or(add).first().waitFor();
  if (await create.isVisible()) await person.writeFlag({ adjustment: "a" });
  else {
    await add.click();
    await page.getByRole("combobox", { name: "Find an adjustment" }).fill("a");
    // What is recorded already cannot be picked.
    await page.getByRole("option", { disabled: false }).first().click();
    await person.button("Continue").click();
    await person.heading(/Check/).waitFor();
  }
  await person.button("Save").click();
  await page.getByText("Saved on this device.").waitFor();
};

/** From the moment when there is signal again to the last of many changes. */
const sending = async (person: Person, server: Server): Promise<void> => {
  const { page } = person;
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  for (let made = 0; made < CHANGES; made += 1) {
    if (made % (CHANGES / PATIENTS) === 0) {
      await person.menu("Visit list");
      const names = page.locator("article.ncrs-visit h2 button");
      await names.nth(made / (CHANGES / PATIENTS)).click();
      await person.heading("Overview").waitFor();
    }
    await change(person);
  }
  await person.menu("This device");
  await expect(page.getByText(`${CHANGES} changes on this device wait to be sent.`)).toBeVisible();
  server.proxy.mend();
  const settled = page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const began = performance.now();
        window.dispatchEvent(new Event("online"));
        const look = () =>
          /(waits? to be|(is|are) being) sent\./.test(document.body.innerText)
            ? requestAnimationFrame(look)
            : resolve(performance.now() - began);
        requestAnimationFrame(look);
      }),
  );
  atMost("sync_200_commands_ms", await settled, "ms", 5000);
  await person.menu(/^Waiting to be sent/);
  await expect(page.getByText(/^Sent /)).toHaveCount(CHANGES);
};
