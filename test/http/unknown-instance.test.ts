/** A text that is not read, sent with `?create=true` for an instance that is not there: what is wrong is the text, at every endpoint alike. */
import { describe, expect, test } from "vitest";
import { testServer } from "../support/server.js";

const server = testServer();

describe("an unreadable text with ?create=true", () => {
  test.each(["builds", "settings", "configs", "usage", "dumps", "logs", "host-memory"])(
    "%s says what is wrong with it",
    async (endpoint) => {
      const response = await server.fetch(`/v1/instances/none/${endpoint}?create=true`, { method: "POST", body: "hello world" });
      expect(response.status).toBe(422);
      const problem = (await response.json()) as { code: string; hint: string };
      expect(problem.code).toBe("not_read_here");
      expect(problem.hint).not.toContain("create=true");
      expect((await server.fetch("/v1/instances/none")).status).toBe(404);
    },
  );
});
