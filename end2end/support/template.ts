// Seeds one database before all tests; each server gets a copy.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { administer, binary, POSTGRES_TEMPLATE, postgresUrl, SQLITE_TEMPLATE } from "./server.ts";

const run = promisify(execFile);

const seed = (databaseUrl: string) =>
  run(binary(), ["seed", "--demo", "--patients", "400", "--seed", "1"], {
    env: { ...process.env, NCRS_DATABASE_URL: databaseUrl, NCRS_LOG: "warn" },
  });

export default async function template(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "ncrs-template-"));
  process.env[SQLITE_TEMPLATE] = folder;
  await seed(`sqlite:${join(folder, "ncrs.db")}`);
  if (process.env.NCRS_TEST_POSTGRES_URL) {
    await administer(`drop database if exists ${POSTGRES_TEMPLATE} with (force)`);
    await administer(`create database ${POSTGRES_TEMPLATE}`);
    await seed(postgresUrl(POSTGRES_TEMPLATE));
  }
  return async () => {
    await rm(folder, { recursive: true, force: true });
  };
}
