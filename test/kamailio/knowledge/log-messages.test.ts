import { expect, test } from "vitest";
import { LOG_MESSAGES } from "../../../src/kamailio/knowledge/log-messages.js";
import { readVersion } from "../../../src/kamailio/version.js";

test("every row of the message table has its own id, a source and readable releases", () => {
  expect(new Set(LOG_MESSAGES.map(({ id }) => id)).size).toBe(LOG_MESSAGES.length);
  for (const { source, since, until } of LOG_MESSAGES) {
    expect(source).not.toBe("");
    expect(readVersion(since)).not.toBeNull();
    if (until !== null) expect(readVersion(until)).not.toBeNull();
  }
});
