/** The classes of the second simulator, each judged at its end. Their seeds are not those by which thresholds were chosen. */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/analysis/diagnosis/diagnose.js";
import { historyFromSamples } from "../../../src/analysis/history/from-samples.js";
import type { UsageSample } from "../../../src/kamailio/sample.js";
import { HISTORY_CLASSES } from "../../support/histories/classes.js";
import { makeHistory } from "../../support/histories/make-history.js";
import { fixture } from "../analyses/analyse.js";
import { lastTime } from "./usage-fixture.js";

const SEEDS = [70_001, 70_002, 70_003];
/** One of three may be wrong in the classes that nobody can always tell. */
const HARD = /^(?:growth_bare|leak_bursts|leak_one_day|wandering_slow|first_|restarts_odd|undersized_by_step)/;

test.each(Object.keys(HISTORY_CLASSES))("%s", (name) => {
  const said = SEEDS.map((seed) => {
    const { samples, pool } = makeHistory(name, seed);
    return diagnose(historyFromSamples(samples), lastTime(samples), [pool]).pools[0]?.verdict ?? "";
  });
  const wrong = said.filter((verdict) => !HISTORY_CLASSES[name]?.expect.includes(verdict as "healthy"));
  expect({ said, wrong: wrong.length }).toEqual({ said, wrong: HARD.test(name) ? Math.min(1, wrong.length) : 0 });
});

describe("registrations that grow in step with memory", () => {
  const read = (name: string) =>
    fixture(`full-now/registrations-grow-${name}.ndjson.gz`)
      .toString("utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as UsageSample);

  test.each(["shm-6mb-full", "contacts-only"])("%s: are growth, and the pool is full", (name) => {
    const samples = read(name);
    const judged = diagnose(historyFromSamples(samples), lastTime(samples)).pools[0];
    expect(judged?.verdict).toBe("growth");
    expect(judged?.full_now?.used_share).toBeGreaterThan(0.99);
    expect(judged?.evidence_for[0]?.detail).toMatch(/(?:contacts|users) at \d{4} bytes each/);
  });

  test("a leak beside them costs more a contact than a contact can", () => {
    const samples = read("contacts-only").map((sample, index) =>
      sample.shm === null
        ? sample
        : {
            ...sample,
            shm: {
              ...sample.shm,
              total: 64 * 1_048_576,
              real_used: (sample.shm.real_used ?? 0) + 200_000 * index,
              used: (sample.shm.used ?? 0) + 200_000 * index,
            },
          },
    );
    expect(diagnose(historyFromSamples(samples), lastTime(samples)).pools[0]?.verdict).not.toBe("growth");
  });
});
