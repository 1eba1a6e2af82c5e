// The browsers of the other phones: Firefox, and WebKit, the engine of every iPhone. Debian's own, driven as their makers
// offer it: WebDriver BiDi and WebDriver. Neither has a fingerprint reader here, so a session is lent to them.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import puppeteer, { type Browser as Firefox, type ElementHandle, type Page } from "puppeteer-core";
import { Builder, Capabilities, type WebDriver, type WebElement } from "selenium-webdriver";

/** The names of the engines. */
export const ENGINES = ["firefox", "webkit"] as const;
export type EngineName = (typeof ENGINES)[number];

/** A phone's screen. */
const PHONE = { width: 375, height: 667 };

/** What is done in the page: a function of its own, without anything around it. */
type InPage<Args extends unknown[], Result> = (...args: Args) => Result;

/** One browser with one profile, and the tab that is in front. */
export interface Engine {
  readonly name: EngineName;
  /** Opens an address. */
  open(url: string): Promise<void>;
  /** Loads the page anew. */
  reload(): Promise<void>;
  /** Does something in the page; it answers with what JSON can say, or a promise of it. */
  run<Args extends unknown[], Result>(what: InPage<Args, Result>, ...args: Args): Promise<Awaited<Result>>;
  /** Presses the element that it finds in the page, as a finger would. `false` where there is none. */
  press<Args extends unknown[]>(what: InPage<Args, Element | null>, ...args: Args): Promise<boolean>;
  /** Types into the element that has the focus. */
  type(text: string): Promise<void>;
  /** Lends it a session. */
  setCookie(name: string, value: string, url: string): Promise<void>;
  /** Opens another tab, in front. */
  newTab(): Promise<void>;
  /** Brings the tab of that number to the front, from 0. */
  toTab(index: number): Promise<void>;
  /** The page as it would be printed, where the engine can be asked for it. */
  print(): Promise<Uint8Array | undefined>;
  /** What is on the screen, as PNG. */
  screenshot(): Promise<Uint8Array>;
  /** Ends it, and removes its profile. */
  close(): Promise<void>;
}

const FIREFOX = process.env.NCRS_FIREFOX ?? "/usr/bin/firefox-esr";

/** Firefox, by WebDriver BiDi. */
class BiDi implements Engine {
  readonly name = "firefox";
  private tabs: Page[] = [];
  private front = 0;

  private constructor(private readonly browser: Firefox) {}

  static async start(): Promise<BiDi> {
    const browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: FIREFOX,
      headless: true,
      extraPrefsFirefox: {
        // Nothing is asked of anybody by itself.
        "app.update.enabled": false,
        "datareporting.policy.dataSubmissionEnabled": false,
        "network.captive-portal-service.enabled": false,
        "network.connectivity-service.enabled": false,
        "intl.accept_languages": "en-GB",
      },
    });
    const engine = new BiDi(browser);
    await engine.newTab();
    return engine;
  }

  private get page(): Page {
    const page = this.tabs[this.front];
    if (!page) throw new Error("there is no such tab");
    return page;
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url, { waitUntil: "load" });
  }

  async reload(): Promise<void> {
    await this.page.reload({ waitUntil: "load" });
  }

  async run<Args extends unknown[], Result>(
    what: InPage<Args, Result>,
    ...args: Args
  ): Promise<Awaited<Result>> {
    return (await this.page.evaluate(what as never, ...(args as unknown as never[]))) as Awaited<Result>;
  }

  async press<Args extends unknown[]>(what: InPage<Args, Element | null>, ...args: Args): Promise<boolean> {
    const found = await this.page.evaluateHandle(what as never, ...(args as unknown as never[]));
    const element = (found as { asElement(): ElementHandle<Element> | null }).asElement();
    // From under the bars that stay at the edges.
    await element?.evaluate((there) => there.scrollIntoView({ block: "center" }));
    await element?.click();
    return element !== null;
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  async setCookie(name: string, value: string, url: string): Promise<void> {
    const domain = new URL(url).hostname;
    await this.browser.defaultBrowserContext().setCookie({
      name,
      value,
      domain,
      path: "/",
      httpOnly: true,
      sameSite: "Lax",
    });
  }

  async newTab(): Promise<void> {
    const page = await this.browser.newPage();
    await page.setViewport(PHONE);
    this.front = this.tabs.push(page) - 1;
  }

  async toTab(index: number): Promise<void> {
    this.front = index;
    await this.page.bringToFront();
  }

  async print(): Promise<Uint8Array> {
    return this.page.pdf({ format: "A4" });
  }

  async screenshot(): Promise<Uint8Array> {
    return this.page.screenshot();
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/** Where Debian keeps MiniBrowser: the folder has the version of the library in its name. */
const miniBrowser = async (): Promise<string> => {
  if (process.env.NCRS_MINIBROWSER) return process.env.NCRS_MINIBROWSER;
  const root = "/usr/lib/x86_64-linux-gnu";
  const folders = (await readdir(root)).filter((name) => name.startsWith("webkit2gtk-4")).sort();
  return join(root, folders.at(-1) ?? "webkit2gtk-4.1", "MiniBrowser");
};

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" && address ? address.port : 0;
};

/** WebKit, by WebDriver, on a screen that nobody sees. */
class WebKit implements Engine {
  readonly name = "webkit";
  private readonly windows: string[] = [];

  private constructor(
    private readonly driver: WebDriver,
    private readonly processes: ChildProcess[],
    private readonly profile: string,
  ) {}

  static async start(): Promise<WebKit> {
    const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const [display] = (await once(
      createInterface({ input: screen.stdio[3] as NodeJS.ReadableStream }),
      "line",
    )) as [string];
    const profile = await mkdtemp(join(tmpdir(), "ncrs-webkit-"));
    const port = await freePort();
    const service = spawn("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], {
      env: {
        ...process.env,
        DISPLAY: `:${display}`,
        HOME: profile,
        XDG_DATA_HOME: join(profile, "data"),
        XDG_CACHE_HOME: join(profile, "cache"),
        XDG_RUNTIME_DIR: profile,
        LANG: "en_GB.UTF-8",
        // It may be root's, who has no sandbox.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
        WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      },
      stdio: "ignore",
    });
    const url = `http://127.0.0.1:${port}`;
    for (let attempt = 0; ; attempt += 1) {
      const answers = await fetch(`${url}/status`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (answers) break;
      if (attempt > 200) throw new Error("WebKitWebDriver did not answer");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const driver = await new Builder()
      .usingServer(url)
      .withCapabilities(
        new Capabilities({
          browserName: "MiniBrowser",
          "webkitgtk:browserOptions": { binary: await miniBrowser(), args: ["--automation"] },
        }),
      )
      .build();
    await driver.manage().setTimeouts({ script: 30_000, pageLoad: 60_000 });
    const engine = new WebKit(driver, [service, screen], profile);
    engine.windows.push(await driver.getWindowHandle());
    await engine.resize();
    return engine;
  }

  /** Gives the page the size of a phone: the window has a frame, and is no narrower than its toolbar. */
  private async resize(): Promise<void> {
    await this.driver
      .manage()
      .window()
      .setRect({ width: PHONE.width, height: PHONE.height + 80 });
  }

  async open(url: string): Promise<void> {
    await this.driver.get(url);
  }

  async reload(): Promise<void> {
    await this.driver.navigate().refresh();
  }

  async run<Args extends unknown[], Result>(
    what: InPage<Args, Result>,
    ...args: Args
  ): Promise<Awaited<Result>> {
    return this.driver.executeScript<Awaited<Result>>(`return (${what})(...arguments)`, ...args);
  }

  async press<Args extends unknown[]>(what: InPage<Args, Element | null>, ...args: Args): Promise<boolean> {
    const element = await this.driver.executeScript<WebElement | null>(
      `const found = (${what})(...arguments);
       found?.scrollIntoView({ block: "center" });
       return found;`,
      ...args,
    );
    await element?.click();
    return element !== null;
  }

  async type(text: string): Promise<void> {
    await this.driver.actions().sendKeys(text).perform();
  }

  async setCookie(name: string, value: string): Promise<void> {
    // It is a cookie of the page that is open.
    await this.driver.manage().addCookie({ name, value, path: "/", httpOnly: true, sameSite: "Lax" });
  }

  async newTab(): Promise<void> {
    // A tab behind another is not drawn: a window is.
    await this.driver.switchTo().newWindow("window");
    this.windows.push(await this.driver.getWindowHandle());
    await this.resize();
  }

  async toTab(index: number): Promise<void> {
    const handle = this.windows[index];
    if (!handle) throw new Error("there is no such tab");
    await this.driver.switchTo().window(handle);
  }

  async print(): Promise<undefined> {
    return undefined;
  }

  async screenshot(): Promise<Uint8Array> {
    return Buffer.from(await this.driver.takeScreenshot(), "base64");
  }

  async close(): Promise<void> {
    await this.driver.quit().catch(() => undefined);
    for (const child of this.processes) child.kill();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Starts the engine of that name. */
export const startEngine = (name: EngineName): Promise<Engine> =>
  name === "firefox" ? BiDi.start() : WebKit.start();
