/**
 * The history of usage against plain rows in SQLite:
 *
 * - durable posts of one sample (shm and 12 processes) over 32 connections, against a bare hono + better-sqlite3 server that commits each
 *   request with synchronous=FULL: as 13 rows, and as one row with the text (goal 2 x);
 * - an upload of many samples, in rows a second, against a loop over the same rows with prepared statements in one transaction: the rows as
 *   values in memory, and parsed from the same NDJSON (goal 0.7 x);
 * - bytes on disk a sample, raw and rolled up, against the same rows;
 * - how long queries take on 14 days of minutes and a year of hours.
 *
 * Run: npm run bench:usage
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import autocannon from "autocannon";
import { backupDatabase } from "../src/store/sqlite/copy.js";
import { openStore } from "../src/store/store.js";
import { type PlainSample, PROCESSES, plainSample, plainTables, ROWS } from "./plain-usage.js";
import { inFolder, median, type Served, startOurs, startScript } from "./service.js";

const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 32;
const MOST_POSTS = 150_000;
const BULK_SAMPLES = 20_000;
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const BEGIN = Date.now() - 13 * DAY;

await inFolder(async (folder) => {
  await posts(folder);
  await bulk(folder);
  await disk(folder);
});

/** Each request is another sample, so that every one is stored. */
async function posts(folder: string) {
  const counted = async (server: Promise<Served>) => ({ ...(await server), sent: { count: 0 } });
  const ours = await counted(startOurs(folder));
  const rows = await counted(startScript(["node", "--import", "tsx", "bench/bare-usage-server.ts", join(folder, "rows.db")]));
  const text = await counted(startScript(["node", "--import", "tsx", "bench/bare-server.ts", join(folder, "text.db")]));
  await fetch(`${ours.url}/v1/instances/sip1`, { method: "PUT" });
  // Made before it is measured: the client shares the machine with the servers.
  const bodies = Array.from({ length: MOST_POSTS }, (_, n) => JSON.stringify(plainSample(BEGIN + n * 1_000, n)));
  const rate = async ({ url, sent }: Served & { sent: { count: number } }) => {
    const result = await autocannon({
      url,
      connections: CONNECTIONS,
      duration: SECONDS,
      requests: [
        {
          method: "POST",
          path: "/v1/instances/sip1/usage",
          headers: { "content-type": "application/json" },
          setupRequest: (request) => {
            const body = bodies[sent.count++];
            if (body === undefined) throw new Error("there are not enough samples");
            return { ...request, body };
          },
        },
      ],
    });
    if (result.non2xx > 0) throw new Error(`${result.non2xx} requests were refused`);
    return result["2xx"] / SECONDS;
  };
  const rates: { ours: number; rows: number; text: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = { ours: await rate(ours), rows: await rate(rows), text: await rate(text) };
    if (round > 0) rates.push(measured);
  }
  await Promise.all([ours.stop(), rows.stop(), text.stop()]);
  const middle = (of: (rate: (typeof rates)[number]) => number) => median(rates.map(of));
  console.log(
    `durable posts of one sample (shm and ${PROCESSES} processes) over ${CONNECTIONS} connections: ${Math.round(middle((r) => r.ours))}/s`,
  );
  console.log(
    `  bare server, ${ROWS} rows: ${Math.round(middle((r) => r.rows))}/s, ratio ${middle((r) => r.ours / r.rows).toFixed(2)} (goal 2)`,
  );
  console.log(
    `  bare server, the text in one row: ${Math.round(middle((r) => r.text))}/s, ratio ${middle((r) => r.ours / r.text).toFixed(2)}`,
  );
}

async function bulk(folder: string) {
  const ours = await startOurs(join(folder, "bulk"));
  const samples = Array.from({ length: BULK_SAMPLES }, (_, n) => plainSample(BEGIN + n * 45_000, n));
  const text = samples.map((sample) => `${JSON.stringify(sample)}\n`).join("");
  const rates: { ours: number; values: number; parsed: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const rate = {
      ours: await rowsPerSecond(async () => {
        const response = await fetch(`${ours.url}/v1/instances/sip${round}/usage?create=true`, {
          method: "POST",
          // The loops below keep this process busy for longer than a server keeps an idle connection.
          headers: { "Content-Type": "application/x-ndjson", Connection: "close" },
          body: text,
        });
        if (response.status !== 201) throw new Error(await response.text());
        await response.arrayBuffer();
      }),
      values: await rowsPerSecond(() => insertAll(join(folder, `values${round}.db`), samples)),
      parsed: await rowsPerSecond(() =>
        insertAll(
          join(folder, `parsed${round}.db`),
          text
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line) as PlainSample),
        ),
      ),
    };
    if (round > 0) rates.push(rate);
  }
  const middle = (of: (rate: (typeof rates)[number]) => number) => median(rates.map(of));
  console.log(`one upload of ${BULK_SAMPLES} samples as NDJSON: ${Math.round(middle((r) => r.ours))} rows/s`);
  console.log(
    `  prepared statements, rows in memory: ${Math.round(middle((r) => r.values))} rows/s, ratio ${middle((r) => r.ours / r.values).toFixed(2)} (goal 0.7)`,
  );
  console.log(
    `  prepared statements, rows parsed: ${Math.round(middle((r) => r.parsed))} rows/s, ratio ${middle((r) => r.ours / r.parsed).toFixed(2)}`,
  );
  await queries(ours);
  await ours.stop();
}

async function rowsPerSecond(work: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (BULK_SAMPLES * ROWS) / ((performance.now() - start) / 1000);
}

function insertAll(path: string, samples: readonly PlainSample[]) {
  const tables = plainTables(path);
  tables.commit(() => {
    for (const sample of samples) tables.insert("sip1", sample);
  });
  tables.close();
}

/** On what the last upload left, and on a year of hours. */
async function queries({ url }: Served) {
  const year = Array.from({ length: 365 * 24 }, (_, n) => plainSample(BEGIN - 350 * DAY + n * 60 * MINUTE, n));
  const posted = await fetch(`${url}/v1/instances/year/usage?create=true`, {
    method: "POST",
    body: year.map((sample) => `${JSON.stringify(sample)}\n`).join(""),
  });
  if (posted.status !== 201) throw new Error(await posted.text());
  const day = new Date(BEGIN + DAY).toISOString();
  for (const [what, path] of [
    [`${BULK_SAMPLES} raw samples, shm, 500 points`, "sip1/usage?pool=shm"],
    [`${BULK_SAMPLES} raw samples, shm, 5000 points`, "sip1/usage?pool=shm&points=5000"],
    ["a day of raw samples, both pools", `sip1/usage?from=${new Date(BEGIN).toISOString()}&to=${day}`],
    ["a year of hours, shm", "year/usage?pool=shm"],
    ["a year of hours, all processes", "year/usage?pool=pkg"],
    ["a year of hours, all processes, 5000 points", "year/usage?pool=pkg&points=5000"],
    ["a year of hours as a picture", "year/usage.svg"],
    [`every one of ${BULK_SAMPLES} raw samples`, "sip1/usage?points=all"],
  ]) {
    const times: number[] = [];
    for (let round = 0; round <= 10; round++) {
      const start = performance.now();
      await (await fetch(`${url}/v1/instances/${path}`)).arrayBuffer();
      if (round > 0) times.push(performance.now() - start);
    }
    console.log(`  ${what}: ${median(times).toFixed(1)} ms`);
  }
}

/** 14 days of minutes: as plain rows, as raw samples, and as what is left of them later. */
async function disk(folder: string) {
  const count = 14 * 1440;
  const plain = plainTables(join(folder, "plain.db"));
  plain.commit(() => {
    for (let n = 0; n < count; n++) plain.insert("sip1", plainSample(BEGIN + n * MINUTE, n));
  });
  const plainSize = plain.size();
  plain.close();
  const kept = async (name: string, now: number) => {
    const path = join(folder, name);
    const store = openStore(path);
    await store.instances.put({ name: "sip1" }, now, null);
    const empty = sizeOf(path);
    for (let from = 0; from < count; from += 480)
      await store.usage.add(
        "sip1",
        Array.from({ length: Math.min(480, count - from) }, (_, k) => {
          const sample = plainSample(BEGIN + (from + k) * MINUTE, from + k);
          return { at: Date.parse(sample.at), sample: { ...sample, load: {} } };
        }),
        now,
      );
    const size = sizeOf(path) - empty;
    await store.close();
    return size;
  };
  const raw = await kept("raw.db", BEGIN);
  const rolledUp = await kept("rolled-up.db", BEGIN + 400 * DAY);
  console.log(
    `bytes on disk a sample: raw ${(raw / count).toFixed(0)}, rolled up ${(rolledUp / count).toFixed(1)}, ${ROWS} plain rows ${(plainSize / count).toFixed(0)}`,
  );
  console.log(`  of plain rows: raw ${(raw / plainSize).toFixed(2)}, rolled up ${(rolledUp / plainSize).toFixed(3)}`);
}

/** A copy has no free pages. */
function sizeOf(path: string): number {
  const copy = `${path}.${Math.random()}`;
  backupDatabase(path, copy);
  return statSync(copy).size;
}
