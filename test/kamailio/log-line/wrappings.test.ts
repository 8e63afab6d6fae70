/** The same text in every wrapping gives the same dumps, incidents, processes and times. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDumps } from "../../../src/kamailio/dump/reader.js";
import { fixture, readLog } from "../log/fixture.js";
import { type Logged, loggedLines, WRAPPINGS } from "./wrap.js";

const FROM = Date.UTC(2026, 10, 23, 1, 17, 35);
const TAKEN = { taken_at: FROM + 86_400_000 };

const CAPTURES = [
  "more/5.6.3-debian/oom-pkg-fm.txt",
  "more/5.6.3-debian/oom-pkg-qm.txt",
  "more/5.6.3-debian/oom-shm-fm.txt",
  "more/5.6.3-debian/corruption-doublefree-qm.txt",
  "more/5.6.3-debian/corruption-overrun-qm.txt",
  "incidents/g2-corruption-induced-with-gdb/5.5.7-qm-doublefree.log",
  "incidents/c2-leak-pkg-require-async-5.6.3-debian/dump-start-shm-summary.log",
  "4.0.7-mng1dbg1-qmdbg/idle/dump-shm-ms3.log",
  "6.1.4-cmake-tlsf/idle/dump-pkg-udp0-ms3.log",
  "3.3.7-default-fm/after/dump-pkg-udp0-ms1.log",
];

/** What a text amounts to, without line numbers and quotes, which the wrapping changes. */
function meaning(text: string | Buffer, timed: boolean) {
  const { incidents } = readLog(text, TAKEN);
  const { dumps } = readDumps(text, { year: 2026 });
  return {
    incidents: incidents.map(({ first_line, last_line, quote, first_at, last_at, ...incident }) => ({
      ...incident,
      times: timed ? [first_at, last_at] : null,
    })),
    dumps: dumps.map(({ form, pool, pid, manager, used, real_used, free, complete, sites, taken_at, allocated_bytes }) => ({
      ...{ form, pool, pid, manager, used, real_used, free, complete, allocated_bytes, taken_at: timed ? taken_at : null },
      sites: sites.map(({ module, file, function: name, count, bytes }) => ({ module, file, name, count, bytes })),
    })),
  };
}

/** The plain text with times: the reference for wrappings that say them. */
const reference = (lines: readonly Logged[]) =>
  lines
    .map(({ at, index, pid, text }) => `${new Date(at).toISOString()} ${String(index).padStart(2)}(${pid}) ${text}\n`)
    .join("");

describe.each(CAPTURES)("%s", (name) => {
  const lines = loggedLines(fixture(name).toString("latin1"), FROM);
  const timedMeaning = meaning(reference(lines), true);
  const plainMeaning = meaning(reference(lines), false);

  test("the capture holds something", () => {
    expect(lines.length).toBeGreaterThan(0);
    expect(timedMeaning.incidents.length + timedMeaning.dumps.length).toBeGreaterThan(0);
  });

  test.each(WRAPPINGS)("%s", (_wrapping, wrap, timed) => {
    expect(meaning(Buffer.from(wrap(lines), "latin1"), timed)).toEqual(timed ? timedMeaning : plainMeaning);
  });
});

describe("wherever the bytes are cut", () => {
  const lines = loggedLines(fixture("more/5.6.3-debian/oom-pkg-fm.txt").toString("latin1"), FROM).slice(0, 12);
  const filler = "noise of another program that says nothing about anything\n".repeat(1_200);

  test.each(WRAPPINGS)("%s", (_wrapping, wrap) => {
    // More than is held at the start, so that cuts fall into the stream.
    const text = Buffer.from(wrap(lines) + filler + wrap(lines));
    const whole = readLog(text, TAKEN, text.length);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_500 }), fc.integer({ min: 200, max: 90_000 }), (first, size) => {
        const reading = readLog(text, TAKEN, size + first);
        expect(reading).toEqual(whole);
      }),
      { numRuns: 12 },
    );
  });
});
