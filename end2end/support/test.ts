// The fixtures of every test: a server with its own database, and a person at a phone.
import { test as base, expect } from "@playwright/test";
import { Person } from "./person.ts";
import { Server, type Database } from "./server.ts";

type Fixtures = {
  /** Whether the browser reaches the server through a network that the test can cut. */
  behindProxy: boolean;
  /** Running, with a database that no other test sees. */
  server: Server;
  /** Someone at a phone with a fingerprint reader, not enrolled yet. */
  person: Person;
};

export const test = base.extend<Fixtures>({
  behindProxy: [false, { option: true }],
  server: async ({ behindProxy }, use, info) => {
    const { database } = info.project.metadata as { database: Database };
    const server = await Server.create(database, { behindProxy });
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
