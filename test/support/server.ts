/** A running service for a test file: real sockets, a database in memory. */
import { pino } from "pino";
import { afterAll, beforeAll } from "vitest";
import { readConfig } from "../../src/config.js";
import { type RunningServer, startServer } from "../../src/http/server.js";

export interface TestServer {
  readonly url: string;
  /** fetch with a path of the service. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** Starts the service before the tests of a file and stops it after them. */
export function testServer(environment: Record<string, string> = {}): TestServer {
  let server: RunningServer | undefined;
  beforeAll(async () => {
    server = await startServer(
      readConfig({ PORT: "0", DATABASE_URL: ":memory:", ...environment }),
      pino({ level: "silent" }),
      "0.0.0-test",
    );
  });
  afterAll(() => server?.stop());
  const url = () => {
    if (server === undefined) throw new Error("the server has not started");
    return server.url;
  };
  return {
    get url() {
      return url();
    },
    fetch: (path, init) => fetch(`${url()}${path}`, init),
  };
}
