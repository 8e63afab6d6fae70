import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createUsageReader, readUsage, type UsageOptions } from "../../../src/kamailio/usage/reader.js";
import { fixture, NOW } from "./fixture.js";

const OPTIONS: UsageOptions = { now: NOW };
const CAPTURES = [
  "4.4.7-default-qm/after/kamcmd/pkg.stats.txt",
  "4.4.7-default-qm/after/jsonrpc/raw-http-core.shmmem.txt",
  "6.1.4-cmake-tlsf/after/kamctl/rpc-pkg.stats.txt",
  "6.1.4-cmake-tlsf/after/metrics.prom",
  "more/5.6.3-debian/shm-5000MB-overflow.txt",
  "3.3.7-default-fm/after/kamctl/stats-shmem.txt",
].map((path) => fixture(path).toString());

/** Pieces that bring the reader into every state. */
const piece = fc.oneof(
  fc.constantFrom(...CAPTURES.flatMap((text) => [text, text.slice(0, text.length / 2), text.slice(text.length / 3)])),
  fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '{"',
    "\n",
    "### 2026-11-23T01:14:56 kamcmd pkg.stats\n",
    "Mon Nov 23 01:14:56 CET 2026\n",
    "Module: x\n",
  ),
  fc.constantFrom(
    "> ",
    "<br />",
    "```\n",
    "kamailio_shmem_total_size 5 1795395908301\n",
    '{"at":"2026-11-23T00:00:00Z","load":{"a":1}}\n',
    "\u0000",
    "é月",
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const upload = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));

describe("the reader", () => {
  test("never throws, and accounts for what it does not keep", () => {
    fc.assert(
      fc.property(upload, fc.option(fc.string({ maxLength: 12 })), (text, timezone) => {
        const { samples, rejected, rejected_total } = readUsage(text, { ...OPTIONS, timezone });
        expect(rejected.length).toBe(rejected_total);
        for (const { at, shm, pkg } of samples) {
          expect(Date.parse(at)).toBeLessThanOrEqual(NOW + 86_400_000);
          for (const value of [
            ...Object.values(shm ?? {}),
            ...pkg.flatMap(({ used, free, real_used }) => [used, free, real_used]),
          ]) {
            expect(value === null || (Number.isSafeInteger(value) && value >= 0)).toBe(true);
          }
          if (shm !== null && shm.total !== null) expect(shm.real_used ?? 0).toBeLessThanOrEqual(shm.total);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("says the same wherever the bytes are cut", () => {
    fc.assert(
      fc.property(upload, fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 12 }), (text, sizes) => {
        const bytes = Buffer.from(text);
        const reader = createUsageReader(OPTIONS);
        const samples = [];
        let from = 0;
        for (let at = 0; from < bytes.length; at++) {
          const to = from + 1 + (sizes[at % sizes.length] ?? 0);
          samples.push(...reader.push(bytes.subarray(from, to)));
          from = to;
        }
        const end = reader.end();
        expect({ ...end, samples: [...samples, ...end.samples] }).toEqual(readUsage(bytes, OPTIONS));
      }),
      { numRuns: 200 },
    );
  });

  test("does not mind the order of independent answers of one moment", () => {
    const folder = "5.8.8-default-fm/after/kamcmd";
    const answers = ["core.shmmem", "pkg.stats", "tm.stats", "core.uptime", "core.psx", "htable.stats"].map((name) =>
      fixture(`${folder}/${name}.txt`).toString(),
    );
    const [expected] = readUsage(answers.join(""), OPTIONS).samples;
    fc.assert(
      fc.property(fc.shuffledSubarray(answers, { minLength: answers.length }), (shuffled) => {
        const { samples, rejected } = readUsage(shuffled.join(""), OPTIONS);
        expect(samples).toEqual([expected]);
        expect(rejected).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  test("what 32 bits cut is completed to what it was, or refused", () => {
    const MB = 1024 * 1024;
    fc.assert(
      fc.property(
        fc.integer({ min: 64, max: 20_000 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.boolean(),
        (size, share, withKb) => {
          const total = size * MB;
          const real_used = Math.max(400_000, Math.floor((total * share) / 8) * 8);
          const truth = {
            total,
            free: total - real_used,
            used: real_used - 250_000,
            real_used,
            max_used: real_used,
            fragments: 3,
          };
          const print = (change: (value: number) => number) =>
            `{\n${Object.entries(truth)
              .map(([name, value]) => `\t${name}: ${name === "fragments" ? value : change(value)}\n`)
              .join("")}}\n`;
          const cut = print((value) => value | 0);
          const text = withKb
            ? `kamcmd core.shmmem\n${cut}kamcmd core.shmmem kb\n${print((value) => Math.floor(value / 1024))}`
            : cut;
          const { samples, rejected } = readUsage(text, { ...OPTIONS, shm_size_mb: size });
          if (rejected.length > 0) {
            expect(withKb).toBe(false);
            expect(samples).toEqual([]);
          } else {
            expect(samples[0]?.shm).toMatchObject({ total, free: truth.free, real_used });
            expect([truth.max_used, null]).toContain(samples[0]?.shm?.max_used);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
