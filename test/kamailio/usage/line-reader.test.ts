import { expect, test } from "vitest";
import { readUsage } from "../../../src/kamailio/usage/reader.js";

test("a line that only begins like JSON does not swallow the samples after it", () => {
  const sample = (second: number) =>
    JSON.stringify({
      at: `2026-11-20T10:00:0${second}Z`,
      shm: { total: 67108864, free: 60000000, used: 7000000, real_used: 7108864, max_used: 7108864, fragments: 3 },
    });
  const reading = readUsage(["{broken", sample(1), sample(2)].join("\n"), { now: Date.parse("2026-11-20T11:00:00Z") });
  expect(reading.samples.map(({ at }) => at)).toEqual(["2026-11-20T10:00:01.000Z", "2026-11-20T10:00:02.000Z"]);
});
