// The real server, as a process that a test can stop, kill and start again.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Proxy } from "./proxy.ts";

const run = promisify(execFile);

/** Which database a server keeps its records in. */
export type Database = "sqlite" | "postgres";

const needed = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with "make test"`);
  return value;
};

/** The binary under test. */
export const binary = (): string => needed("NCRS_BINARY");

/** The seeded database on PostgreSQL that every server gets a copy of. */
export const POSTGRES_TEMPLATE = "ncrs_e2e_template";

/** The folder with the seeded SQLite database: the template's process tells the workers. */
export const SQLITE_TEMPLATE = "NCRS_E2E_TEMPLATE";

/** The PostgreSQL server's URL with that database. */
export const postgresUrl = (database: string): string => {
  const url = new URL(needed("NCRS_TEST_POSTGRES_URL"));
  url.pathname = `/${database}`;
  return url.toString();
};

/** Runs SQL that creates or drops databases. */
export const administer = async (sql: string): Promise<void> => {
  await run("psql", [needed("NCRS_TEST_POSTGRES_URL"), "-v", "ON_ERROR_STOP=1", "-qc", sql]);
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });

/** One running service. */
export class Server {
  private child: ChildProcess | undefined;
  private output = "";

  private constructor(
    /** By which a browser reaches it. */
    readonly url: string,
    private readonly address: string,
    private readonly network: Proxy | undefined,
    private readonly env: NodeJS.ProcessEnv,
    private readonly dispose: () => Promise<void>,
  ) {}

  /** A service with a fresh copy of the seeded database. Not started yet. */
  static async create(database: Database, { behindProxy = false } = {}): Promise<Server> {
    const port = await freePort();
    const network = behindProxy ? await Proxy.create(port) : undefined;
    const address = `http://localhost:${port}`;
    const url = network?.url ?? address;
    let databaseUrl: string;
    let dispose: () => Promise<void>;
    if (database === "sqlite") {
      const folder = await mkdtemp(join(tmpdir(), "ncrs-e2e-"));
      await cp(needed(SQLITE_TEMPLATE), folder, { recursive: true });
      databaseUrl = `sqlite:${join(folder, "ncrs.db")}`;
      dispose = () => rm(folder, { recursive: true, force: true });
    } else {
      const name = `ncrs_e2e_${port}_${process.pid}`;
      await administer(`create database ${name} template ${POSTGRES_TEMPLATE}`);
      databaseUrl = postgresUrl(name);
      dispose = () => administer(`drop database if exists ${name} with (force)`);
    }
    const env = {
      ...process.env,
      NCRS_ADDR: `127.0.0.1:${port}`,
      NCRS_ORIGIN: url,
      NCRS_DATABASE_URL: databaseUrl,
      // As much as someone who looks for a fault would have it say.
      NCRS_LOG: "debug",
    };
    return new Server(url, address, network, env, dispose);
  }

  /** The network between it and the browser. */
  get proxy(): Proxy {
    if (!this.network) throw new Error("this server is reached directly: test.use({ behindProxy: true })");
    return this.network;
  }

  /** Starts it and waits until it answers. */
  async start(): Promise<void> {
    const child = spawn(binary(), ["serve"], { env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    child.stdout.on("data", (text: Buffer) => (this.output += text.toString()));
    child.stderr.on("data", (text: Buffer) => (this.output += text.toString()));
    for (let attempt = 0; attempt < 200; attempt += 1) {
      if (child.exitCode !== null) throw new Error(`the server stopped:\n${this.output}`);
      const healthy = await fetch(`${this.address}/health`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (healthy) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the server did not answer:\n${this.output}`);
  }

  /** Ends it: asked to with SIGTERM, or at once with SIGKILL. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  /** Ends it and removes its database. */
  async remove(): Promise<void> {
    await this.stop("SIGKILL");
    await this.network?.close();
    await this.dispose();
  }

  /** Everything that it wrote to its log. */
  log(): string {
    return this.output;
  }

  /** Changes its database as time would: so long ago was the last fingerprint of everyone signed in. */
  async fingerprintsWere(minutesAgo: number): Promise<void> {
    const at = (Date.now() - minutesAgo * 60_000) * 1000;
    await this.change(`update web_session set verified_at = ${at} where person_id is not null`);
  }

  /** Every role of a member of staff ends and is given again, under another id. */
  async giveRolesAgain(login: string): Promise<void> {
    const theirs = `(select r.id from role_assignment r join person p on p.id = r.person_id where p.login = '${login}')`;
    const other = "substr(id, 1, 35) || case substr(id, 36, 1) when '0' then '1' else '0' end";
    await this.change(`pragma foreign_keys = off;
      update role_activity set role_id = ${other.replaceAll("id,", "role_id,")} where role_id in ${theirs};
      update role_assignment set id = ${other} where id in ${theirs};
      update web_session set role_id = null
        where role_id is not null and role_id not in (select id from role_assignment);`);
  }

  /** A copy of its database as it is now, on SQLite. */
  async backUp(): Promise<string> {
    const copy = `${this.file()}.${Date.now()}.copy`;
    await run("sqlite3", ["-cmd", ".timeout 5000", this.file(), `.backup '${copy}'`]);
    return copy;
  }

  /** Stops it, puts an older copy of its database in place, and starts it again. */
  async putBack(copy: string): Promise<void> {
    await this.stop();
    for (const part of ["-wal", "-shm"]) await rm(this.file() + part, { force: true });
    await cp(copy, this.file());
    await this.start();
  }

  private file(): string {
    const url = this.env.NCRS_DATABASE_URL ?? "";
    if (!url.startsWith("sqlite:")) throw new Error("only on SQLite");
    return url.slice("sqlite:".length);
  }

  private async change(sql: string): Promise<void> {
    const url = this.env.NCRS_DATABASE_URL ?? "";
    if (url.startsWith("sqlite:")) {
      await run("sqlite3", ["-cmd", ".timeout 5000", url.slice("sqlite:".length), sql]);
    } else {
      await run("psql", [url, "-v", "ON_ERROR_STOP=1", "-qc", sql]);
    }
  }

  /** A fresh one-time enrolment code for a member of staff. */
  async enrolmentCode(login: string): Promise<string> {
    const { stdout } = await run(binary(), ["enrol", "--staff", login, "--json"], { env: this.env });
    return (JSON.parse(stdout) as { code: string }).code;
  }
}
