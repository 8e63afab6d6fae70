import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readUsage } from "../../../src/kamailio/usage/reader.js";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";
import { DAY, HOUR, lineOf, linesOf, MB, MINUTE, sampleAt } from "./samples.js";

const server = testServer();
/** The last full hour, so that buckets are whole. */
const NOW = Math.floor(Date.now() / HOUR) * HOUR;
const PEAK = 60 * MB;

async function post(instance: string, body: string) {
  const response = await server.fetch(`/v1/instances/${instance}/usage?create=true`, { method: "POST", body });
  expect(response.status, await response.text()).toBeLessThan(300);
}

interface Point {
  at: string;
  min: number;
  max: number;
  last: number;
  samples: number;
}
interface Series {
  pool: string | null;
  name: string;
  process: string | null;
  pid: number | null;
  points: Point[];
}

async function get(path: string) {
  const response = await server.fetch(`/v1/instances/${path}`);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text) as {
    resolution: string;
    bucket_ms: number;
    from: string;
    to: string;
    series: Series[];
    events: unknown[];
    warnings: string[];
  };
}

const realUsed = (usage: { series: Series[] }) =>
  usage.series.find(({ pool, name }) => pool === "shm" && name === "real_used")?.points ?? [];

describe("GET usage answers", () => {
  runScenarios(server, [
    { name: "404 for an instance that nobody made", path: "/v1/instances/nobody/usage", status: 404, code: "instance_not_found" },
    {
      name: "200 without any history",
      before: [["PUT", "/v1/instances/empty"]],
      path: "/v1/instances/empty/usage",
      status: 200,
      json: { pool: null, series: [], events: [], warnings: [] },
    },
    { name: "200 with every raw sample of nothing", path: "/v1/instances/empty/usage?points=all", status: 200 },
    {
      name: "200 with samples one by one while they are few",
      before: [["POST", "/v1/instances/few/usage?create=true", linesOf([sampleAt(NOW - MINUTE, 5 * MB), sampleAt(NOW, 6 * MB)])]],
      path: "/v1/instances/few/usage",
      status: 200,
      json: {
        pool: null,
        from: new Date(NOW - MINUTE).toISOString(),
        to: new Date(NOW).toISOString(),
        resolution: "raw",
        bucket_ms: 0,
      },
      has: ['"main process - attendant"', '"registered_users"'],
      answerHeaders: { "Content-Type": /^application\/json/, ETag: /^"/ },
    },
    {
      name: "200 with one pool",
      path: "/v1/instances/few/usage?pool=shm",
      status: 200,
      json: { pool: "shm" },
      has: ['"fragments"'],
      hasNot: ["attendant", "registered_users"],
    },
    {
      name: "200 with one process",
      path: "/v1/instances/few/usage?pid=101",
      status: 200,
      json: { pool: "pkg" },
      has: ["udp receiver child=0"],
      hasNot: ["attendant", "registered_users", '"shm"'],
    },
    { name: "200 with a process that nobody saw", path: "/v1/instances/few/usage?pid=7", status: 200, json: { series: [] } },
    {
      name: "CSV by Accept",
      path: "/v1/instances/few/usage?pool=shm",
      headers: { Accept: "text/csv" },
      status: 200,
      has: [
        "at,pool,name,process,pid,rank,min,max,last,samples\n",
        `${new Date(NOW).toISOString()},shm,real_used,,,,${6 * MB},${6 * MB},${6 * MB},1\n`,
      ],
      answerHeaders: { "Content-Type": /^text\/csv/, Vary: /Accept/ },
    },
    {
      name: "CSV by format, stronger than Accept",
      path: "/v1/instances/few/usage?format=csv",
      headers: { Accept: "application/json" },
      status: 200,
      has: ["at,pool,name"],
    },
    {
      name: "NDJSON by Accept",
      path: "/v1/instances/few/usage?pool=shm",
      headers: { Accept: "application/x-ndjson" },
      status: 200,
      has: ['"name":"real_used"'],
      answerHeaders: { "Content-Type": "application/x-ndjson" },
    },
    {
      name: "every raw sample as it can be posted",
      path: "/v1/instances/few/usage?points=all",
      status: 200,
      has: [linesOf([sampleAt(NOW - MINUTE, 5 * MB), sampleAt(NOW, 6 * MB)])],
      answerHeaders: { "Content-Type": "application/x-ndjson" },
    },
    {
      name: "every raw sample of a stretch, both ends included",
      path: `/v1/instances/few/usage?points=all&from=${new Date(NOW).toISOString()}&to=${new Date(NOW).toISOString()}`,
      status: 200,
      has: [lineOf(sampleAt(NOW, 6 * MB))],
      hasNot: [new Date(NOW - MINUTE).toISOString()],
    },
    {
      name: "every raw sample of one process",
      path: "/v1/instances/few/usage?points=all&pid=101",
      status: 200,
      has: ["udp receiver"],
      hasNot: ["attendant", "shm", "registered_users"],
    },
    {
      name: "every raw sample as CSV",
      path: "/v1/instances/few/usage?points=all&format=csv&pool=shm",
      status: 200,
      has: ["at,pool,name", `,shm,real_used,,,,${5 * MB},${5 * MB},${5 * MB},1\n`],
    },
    { name: "400 for another pool", path: "/v1/instances/few/usage?pool=heap", status: 400, code: "invalid_parameter" },
    {
      name: "400 for a pid of the shared pool",
      path: "/v1/instances/few/usage?pool=shm&pid=1",
      status: 400,
      code: "invalid_parameter",
    },
    { name: "400 for no point", path: "/v1/instances/few/usage?points=0", status: 400, code: "invalid_parameter" },
    { name: "400 for too many points", path: "/v1/instances/few/usage?points=5001", status: 400, code: "invalid_parameter" },
    { name: "400 for points in words", path: "/v1/instances/few/usage?points=many", status: 400, code: "invalid_parameter" },
    {
      name: "400 for a time without a zone",
      path: "/v1/instances/few/usage?from=2026-01-01",
      status: 400,
      code: "invalid_parameter",
    },
    {
      name: "400 for an end before the beginning",
      path: "/v1/instances/few/usage?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
      status: 400,
      code: "invalid_parameter",
      json: { errors: [{ parameter: "from" }] },
    },
    {
      name: "400 for a format that there is not",
      path: "/v1/instances/few/usage?format=xml",
      status: 400,
      code: "invalid_parameter",
    },
    {
      name: "406 for a picture",
      path: "/v1/instances/few/usage",
      headers: { Accept: "image/png" },
      status: 406,
      code: "not_acceptable",
    },
  ]);

  test("304 when nothing changed, 200 after a new sample", async () => {
    await post("etag", lineOf(sampleAt(NOW - MINUTE, 5 * MB)));
    const etag = (await server.fetch("/v1/instances/etag/usage")).headers.get("ETag") ?? "";
    const conditional = () => server.fetch("/v1/instances/etag/usage", { headers: { "If-None-Match": etag } });
    expect((await conditional()).status).toBe(304);
    await post("etag", lineOf(sampleAt(NOW, 5 * MB)));
    expect((await conditional()).status).toBe(200);
  });
});

describe("down-sampling", () => {
  // 12 days of minutes: one minute of one of them is the peak.
  const spike = NOW - 5 * DAY - 7 * MINUTE;
  const begin = NOW - 12 * DAY;
  const history = Array.from({ length: 12 * 24 * 60 }, (_, n) => begin + n * MINUTE).map((at) =>
    sampleAt(at, at === spike ? PEAK : 5 * MB + ((at / MINUTE) % 1000), {
      max_used: PEAK,
      pids: at < NOW - DAY ? [100, 101] : [200, 201],
    }),
  );

  test("keeps the peak at every resolution and number of points", async () => {
    await post("long", linesOf(history));
    for (const points of [1, 2, 10, 100, 500, 5_000]) {
      const usage = await get(`long/usage?pool=shm&points=${points}`);
      const rows = realUsed(usage);
      expect(rows.length, `${points} points`).toBeLessThanOrEqual(Math.max(points, 2));
      expect(Math.max(...rows.map(({ max }) => max)), `${points} points from ${usage.resolution}`).toBe(PEAK);
      expect(rows.reduce((sum, { samples }) => sum + samples, 0)).toBe(history.length);
      for (const { min, max, last } of rows) expect(min <= last && last <= max).toBe(true);
    }
  });

  test("reads raw samples for a short stretch and roll-ups for a long one", async () => {
    expect(await get("long/usage?points=5000&pool=shm")).toMatchObject({ resolution: "raw" });
    expect(await get("long/usage?points=200&pool=shm")).toMatchObject({ resolution: "hour", bucket_ms: 2 * HOUR });
    expect(await get("long/usage?points=10&pool=shm")).toMatchObject({ resolution: "day", bucket_ms: 2 * DAY });
    const hour = await get(
      `long/usage?pool=shm&from=${new Date(spike - 30 * MINUTE).toISOString()}&to=${new Date(spike + 30 * MINUTE).toISOString()}`,
    );
    expect(hour).toMatchObject({ resolution: "raw", bucket_ms: 0 });
    expect(realUsed(hour)).toHaveLength(61);
  });

  test("a process is found by a pid of any of its lives", async () => {
    for (const query of ["pid=101", "pid=101&points=5000"]) {
      const usage = await get(`long/usage?${query}`);
      expect(new Set(usage.series.map(({ process }) => process))).toEqual(new Set(["udp receiver child=0 sock=127.0.0.1:5060"]));
      expect(Date.parse(usage.series[0]?.points.at(-1)?.at ?? "")).toBeLessThanOrEqual(NOW - DAY);
    }
    const all = await get("long/usage?pool=pkg");
    expect(all.series.find(({ name, process }) => name === "used" && process === "main process - attendant")?.pid).toBe(200);
  });

  test("restarts are among the events", async () => {
    expect((await get("long/usage?pool=shm&points=10")).events).toMatchObject([
      { kind: "restart", at: new Date(NOW - DAY).toISOString(), detail: "all processes have new pids" },
    ]);
  });

  test("all processes of a large server fit into one answer", async () => {
    const pids = Array.from({ length: 150 }, (_, n) => 1000 + n);
    const wide = Array.from({ length: 200 }, (_, n) => sampleAt(NOW - DAY + n * MINUTE, 5 * MB, { pids }));
    await post("wide", linesOf(wide));
    const usage = await get("wide/usage");
    expect(usage.series).toHaveLength(5 + 150 * 4 + 1);
    expect(usage.series.reduce((sum, { points }) => sum + points.length, 0)).toBeLessThanOrEqual(30_000);
    expect(usage.warnings).toHaveLength(1);
  });
});

describe("every raw sample", () => {
  const counter = fc.integer({ min: 0, max: 2 ** 40 });
  const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
  const pool = fc.tuple(counter, counter, counter).map((sizes) => {
    const [used = 0, real_used = 0, total = 0] = sizes.toSorted((a, b) => a - b);
    return { used, real_used, total };
  });
  const shm = fc
    .record({ pool, max_used: orNull(counter), fragments: orNull(counter) })
    .map(({ pool: { total, used, real_used }, ...rest }) => ({
      total,
      free: total - real_used,
      used,
      real_used,
      ...rest,
    }));
  const process = fc
    .record({
      pool,
      rank: orNull(fc.integer({ min: -10, max: 100 })),
      total_frags: orNull(counter),
      desc: orNull(fc.constantFrom("timer", "ctl handler", 'a "quoted", one', "=1+1")),
    })
    .map(({ pool: { total, used, real_used }, rank, total_frags, desc }) => ({
      rank,
      used,
      free: total - real_used,
      real_used,
      total_size: total,
      total_frags,
      desc,
    }));
  const sample = fc.record({
    minute: fc.integer({ min: 1, max: 10_000 }),
    uptime: orNull(fc.integer({ min: 0, max: 1e9 })),
    shm: orNull(shm),
    pkg: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 4_194_304 }), process), { selector: ([pid]) => pid, maxLength: 6 }),
    load: fc.dictionary(
      fc.constantFrom("registered_users", "tm_current", "x:y"),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
  });

  test("comes back as it went in, and goes in again", async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(sample, { selector: ({ minute }) => minute, minLength: 1, maxLength: 12 }),
        async (samples) => {
          run++;
          const posted = samples
            .filter(
              ({ shm: one, pkg, load, uptime }) =>
                one !== null || pkg.length > 0 || uptime !== null || Object.keys(load).length > 0,
            )
            .map(({ minute, pkg, ...rest }) => ({
              at: new Date(NOW - minute * MINUTE).toISOString(),
              ...rest,
              pkg: pkg.map(([pid, row]) => ({ pid, ...row })),
            }));
          if (posted.length === 0) return;
          await post(`first-${run}`, linesOf(posted));
          const text = await (await server.fetch(`/v1/instances/first-${run}/usage?points=all`)).text();
          const read = (input: string) => readUsage(input, { now: NOW }).samples.toSorted((a, b) => a.at.localeCompare(b.at));
          expect(read(text)).toEqual(read(linesOf(posted)));
          await post(`second-${run}`, text);
          expect(await (await server.fetch(`/v1/instances/second-${run}/usage?points=all`)).text()).toBe(text);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("is a stream: the caller may leave in the middle", async () => {
    const response = await server.fetch("/v1/instances/long/usage?points=all");
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(first?.value?.length).toBeGreaterThan(0);
    await reader?.cancel();
    expect((await server.fetch("/readyz")).status).toBe(200);
  });

  test("a description is no formula in CSV", async () => {
    const hostile = sampleAt(NOW, 5 * MB);
    await post(
      "formula",
      lineOf({ ...hostile, pkg: hostile.pkg.map((row) => ({ ...row, rank: -1, desc: '=cmd|" /C calc"!A0' })) }),
    );
    const csv = await (await server.fetch("/v1/instances/formula/usage?format=csv&pool=pkg")).text();
    expect(csv).toContain(`"'=cmd|"" /C calc""!A0",100,-1,`);
  });
});
