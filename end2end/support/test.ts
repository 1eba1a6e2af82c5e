// The fixtures of every test: a server with its own database, and a person at a phone.
import { test as base, expect } from "@playwright/test";
import { Person } from "./person.ts";
import { Server, type Database } from "./server.ts";

type Fixtures = {
  /** Running, with a database that no other test sees. */
  server: Server;
  /** Someone at a phone with a fingerprint reader, not enrolled yet. */
  person: Person;
};

export const test = base.extend<Fixtures>({
  server: async ({}, use, info) => {
    const server = await Server.create((info.project.metadata as { database: Database }).database);
    await server.start();
    await use(server);
    await server.remove();
  },
  person: async ({ page, server }, use) => {
    const person = new Person(page, server);
    await person.giveFingerprintReader();
    await use(person);
    expect(person.faults).toEqual([]);
  },
});

export { expect };
