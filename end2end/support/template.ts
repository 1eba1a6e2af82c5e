// Seeds one database before all tests; each server gets a copy.
import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { administer, binary, postgresUrl, TEMPLATE } from "./server.ts";

const run = promisify(execFile);

const seed = (databaseUrl: string) =>
  run(binary(), ["seed", "--demo", "--patients", "400", "--seed", "1"], {
    env: { ...process.env, NCRS_DATABASE_URL: databaseUrl, NCRS_LOG: "warn" },
  });

export default async function template(): Promise<() => Promise<void>> {
  await rm(TEMPLATE.sqlite, { recursive: true, force: true });
  await mkdir(TEMPLATE.sqlite, { recursive: true });
  await seed(`sqlite:${join(TEMPLATE.sqlite, "ncrs.db")}`);
  if (process.env.NCRS_TEST_POSTGRES_URL) {
    await administer(`drop database if exists ${TEMPLATE.postgres} with (force)`);
    await administer(`create database ${TEMPLATE.postgres}`);
    await seed(postgresUrl(TEMPLATE.postgres));
  }
  return async () => {
    await rm(TEMPLATE.sqlite, { recursive: true, force: true });
  };
}
