import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";
import { DAY, HOUR, lineOf, linesOf, MB, MINUTE, sampleAt } from "./samples.js";

const server = testServer();

function fixture(path: string): string {
  const file = readFileSync(new URL(`../../fixtures/${path}`, import.meta.url));
  return (path.endsWith(".gz") ? gunzipSync(file) : file).toString("utf8");
}

const NOW = Date.now();
const ONE = lineOf(sampleAt(NOW - HOUR, 5 * MB));
const SHMMEM = fixture("5.8.8-default-fm/after/kamcmd/core.shmmem.txt");
const NDJSON = { "Content-Type": "application/x-ndjson" };

describe("POST usage answers", () => {
  runScenarios(server, [
    {
      name: "404 for an instance that nobody made",
      method: "POST",
      path: "/v1/instances/nobody/usage",
      body: SHMMEM,
      status: 404,
      code: "instance_not_found",
      has: ["curl -X PUT"],
    },
    {
      name: "404, not 422, when the text is no usage either",
      method: "POST",
      path: "/v1/instances/nobody/usage",
      body: "hello",
      status: 404,
      code: "instance_not_found",
    },
    {
      name: "201 and makes the instance with create=true",
      method: "POST",
      path: "/v1/instances/made/usage?create=true",
      body: SHMMEM,
      status: 201,
      json: {
        accepted: { samples: 1, shm: 1, pkg: 0, load: 0 },
        duplicates: 0,
        rejected: [],
        rejected_total: 0,
        warnings: [],
        read: ["core.shmmem"],
      },
    },
    {
      name: "422 without making the instance when nothing is usage",
      method: "POST",
      path: "/v1/instances/unmade/usage?create=true",
      body: "hello",
      status: 422,
      code: "not_read_here",
    },
    { name: "404 for that instance then", path: "/v1/instances/unmade", status: 404, code: "instance_not_found" },
    {
      name: "201 for a sample as NDJSON",
      before: [["PUT", "/v1/instances/a"]],
      method: "POST",
      path: "/v1/instances/a/usage",
      headers: NDJSON,
      body: ONE,
      status: 201,
      json: { accepted: { samples: 1, shm: 1, pkg: 2, load: 1 }, first_at: new Date(NOW - HOUR).toISOString() },
    },
    {
      name: "201 for the same again, with nothing accepted",
      method: "POST",
      path: "/v1/instances/a/usage",
      headers: NDJSON,
      body: ONE,
      status: 201,
      json: {
        accepted: { samples: 0, shm: 0, pkg: 0, load: 0 },
        duplicates: 1,
        first_at: new Date(NOW - HOUR).toISOString(),
        last_at: new Date(NOW - HOUR).toISOString(),
      },
    },
    {
      name: "201 for a sample as indented JSON",
      method: "POST",
      path: "/v1/instances/a/usage",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(sampleAt(NOW - 2 * HOUR, 6 * MB), null, 2),
      status: 201,
      json: { accepted: { samples: 1 } },
    },
    {
      name: "201 for a gzipped body",
      method: "POST",
      path: "/v1/instances/a/usage",
      body: linesOf([sampleAt(NOW - 3 * HOUR, 6 * MB), sampleAt(NOW - 4 * HOUR, 6 * MB)]),
      gzip: true,
      status: 201,
      json: { accepted: { samples: 2 }, first_at: new Date(NOW - 4 * HOUR).toISOString() },
    },
    {
      name: "201 for what curl --data-binary sends, with the time that the caller says",
      method: "POST",
      path: "/v1/instances/a/usage?at=2026-01-02T03:04:05%2B01:00",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: SHMMEM,
      status: 201,
      json: { first_at: "2026-01-02T02:04:05.000Z", last_at: "2026-01-02T02:04:05.000Z" },
    },
    {
      name: "201 with local times in the caller's zone",
      method: "POST",
      path: "/v1/instances/a/usage?timezone=Europe/Berlin",
      body: `Mon Jul  6 12:00:00 2026\n${SHMMEM}Mon Jul  6 12:01:00 2026\n${SHMMEM}`,
      status: 201,
      json: { first_at: "2026-07-06T10:00:00.000Z", last_at: "2026-07-06T10:01:00.000Z" },
    },
    {
      name: "201 with what was refused when a part can be read",
      method: "POST",
      path: "/v1/instances/a/usage",
      headers: NDJSON,
      body: `${lineOf(sampleAt(NOW - 5 * HOUR, 6 * MB))}what is this\n${lineOf(sampleAt(NOW + 2 * DAY, 6 * MB))}`,
      status: 201,
      json: {
        accepted: { samples: 1 },
        rejected_total: 2,
        rejected: [
          { line: 2, reason: "this is no line of a known output: what is this", hint: null },
          { line: 3, reason: "the time is more than a day in the future" },
        ],
      },
    },
    {
      name: "422 for samples more than a day ahead alone",
      method: "POST",
      path: "/v1/instances/a/usage",
      headers: NDJSON,
      body: lineOf(sampleAt(NOW + 2 * DAY, 6 * MB)),
      status: 422,
      code: "nothing_kept",
      has: ["more than a day in the future"],
    },
    {
      name: "201 for a clock that is a little ahead",
      method: "POST",
      path: "/v1/instances/a/usage",
      headers: NDJSON,
      body: lineOf(sampleAt(NOW + HOUR, 6 * MB)),
      status: 201,
    },
    {
      name: "400 for ?at= more than a day ahead",
      method: "POST",
      path: "/v1/instances/a/usage?at=2199-01-01T00:00:00Z",
      body: SHMMEM,
      status: 400,
      code: "time_in_future",
    },
    {
      name: "400 for ?at= that is no time",
      method: "POST",
      path: "/v1/instances/a/usage?at=yesterday",
      body: SHMMEM,
      status: 400,
      code: "invalid_parameter",
    },
    {
      name: "400 for a zone that does not exist",
      method: "POST",
      path: "/v1/instances/a/usage?timezone=Europe/Atlantis",
      body: SHMMEM,
      status: 400,
      code: "invalid_parameter",
      json: { errors: [{ parameter: "timezone" }] },
    },
    {
      name: "422 with the right command for megabytes",
      method: "POST",
      path: "/v1/instances/a/usage",
      body: fixture("5.8.8-default-fm/after/kamcmd/core.shmmem-m.txt"),
      status: 422,
      code: "nothing_kept",
      has: ["kamcmd core.shmmem"],
    },
    {
      name: "422 that says where a build belongs",
      method: "POST",
      path: "/v1/instances/a/usage",
      body: fixture("5.6.3-debian-default/I.txt"),
      status: 422,
      code: "not_read_here",
      has: [".../builds"],
    },
    { name: "422 for nothing", method: "POST", path: "/v1/instances/a/usage", body: "", status: 422, code: "empty_body" },
    {
      name: "422 for prose",
      method: "POST",
      path: "/v1/instances/a/usage",
      body: "I think it leaks\n",
      status: 422,
      code: "not_read_here",
      has: ["kamcmd pkg.stats"],
    },
    {
      name: "415 for a picture",
      method: "POST",
      path: "/v1/instances/a/usage",
      headers: { "Content-Type": "image/png" },
      body: "x",
      status: 415,
      code: "unsupported_media_type",
    },
    {
      name: "415 for an unknown encoding",
      method: "POST",
      path: "/v1/instances/a/usage",
      headers: { "Content-Encoding": "br" },
      body: "x",
      status: 415,
      code: "unsupported_encoding",
    },
    {
      name: "400 for damaged gzip",
      method: "POST",
      path: "/v1/instances/a/usage",
      headers: { "Content-Encoding": "gzip" },
      body: "no gzip",
      status: 400,
      code: "bad_gzip",
    },
    {
      name: "413 for a gzip bomb",
      method: "POST",
      path: "/v1/instances/a/usage",
      body: new Uint8Array(100_000_000),
      gzip: true,
      status: 413,
      code: "gzip_bomb",
    },
    {
      name: "405 for PUT",
      method: "PUT",
      path: "/v1/instances/a/usage",
      status: 405,
      code: "method_not_allowed",
      answerHeaders: { Allow: /POST/ },
    },
    { name: "400 for a name with capitals", method: "POST", path: "/v1/instances/A/usage", body: ONE, status: 400 },
  ]);
});

async function post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const response = await server.fetch(path, { method: "POST", body: body as RequestInit["body"], headers });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

async function everySample(instance: string, query = ""): Promise<string> {
  return (await server.fetch(`/v1/instances/${instance}/usage?points=all${query}`)).text();
}

describe("real captures", () => {
  test.each([
    ["5.8.8-default-fm/after/kamcmd/pkg.stats.txt", { samples: 1, shm: 0, pkg: 13, load: 0 }],
    ["5.6.3-debian-tlsf/after/jsonrpc/pkg.stats.json", { samples: 1, shm: 0, pkg: 13, load: 0 }],
    ["5.6.3-debian-tlsf/after/metrics.prom", { samples: 1, shm: 1 }],
    ["4.4.7-default-qm/after/kamctl/stats-shmem.txt", { samples: 1, shm: 1, pkg: 0, load: 0 }],
    ["incidents/g-double-free-jsonrpcs-5.3.0-dev-qm/series.txt", { samples: 4, shm: 4, pkg: 52 }],
  ])("%s goes in, and again without a change", async (path, accepted) => {
    const name = path.replaceAll(/[^a-z0-9]+/g, "-");
    const first = await post(`/v1/instances/${name}/usage?create=true&at=2026-11-01T00:00:00Z`, fixture(path));
    expect(first).toMatchObject({ status: 201, body: { accepted, duplicates: 0 } });
    const before = await everySample(name);
    const again = await post(`/v1/instances/${name}/usage?at=2026-11-01T00:00:00Z`, fixture(path));
    expect(again).toMatchObject({ status: 201, body: { accepted: { samples: 0, shm: 0, pkg: 0, load: 0 } } });
    expect(again.body.duplicates).toBe(first.body.accepted.samples);
    expect(await everySample(name)).toBe(before);
  });

  test("two commands of one moment in two uploads make one sample", async () => {
    const at = "2026-11-20T00:00:00Z";
    await post(`/v1/instances/parts/usage?create=true&at=${at}`, SHMMEM);
    expect(
      await post(`/v1/instances/parts/usage?at=${at}`, fixture("5.8.8-default-fm/after/kamcmd/pkg.stats.txt")),
    ).toMatchObject({
      status: 201,
      body: { accepted: { samples: 1, shm: 0, pkg: 13 } },
    });
    const lines = (await everySample("parts")).trim().split("\n");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ at: "2026-11-20T00:00:00.000Z", shm: { fragments: expect.any(Number) } });
  });

  test("an answer that is an error without a known way out still says what to run", async () => {
    const refused = await post("/v1/instances/refused/usage?create=true", "error: 500 - No repo\n");
    expect(refused).toMatchObject({ status: 422, body: { code: "nothing_kept", hint: expect.stringMatching(/\w{3}/) } });
  });

  test("what 32 bits have cut is read with the recorded -m", async () => {
    const cut = fixture("bigshm/4.4.7-qm-m3000-core.shmmem.txt");
    const alone = await post("/v1/instances/big/usage?create=true", cut);
    expect(alone).toMatchObject({ status: 422, body: { code: "nothing_kept" } });
    await post("/v1/instances/big/settings?create=true", "/usr/sbin/kamailio -m 3000 -M 8 -f /etc/kamailio/kamailio.cfg");
    expect(await post("/v1/instances/big/usage", cut)).toMatchObject({ status: 201, body: { accepted: { shm: 1 } } });
    expect(JSON.parse(await everySample("big"))).toMatchObject({ shm: { total: 3000 * MB } });
  });

  test("a manager that the counters' text shows need not be posted again as settings", async () => {
    const info = fixture("5.6.3-debian-tlsf/after/kamcmd/shm.info.txt");
    const text = `shm.info\n${info}\ncore.shmmem\n${SHMMEM}`;
    const { body } = await post("/v1/instances/managers/usage?create=true", text);
    expect(body.warnings).toEqual([]);
    const settings = await (await server.fetch("/v1/instances/managers/settings")).json();
    expect(settings).toMatchObject({
      shm_manager: { value: "tlsf", source: "running_process", quote: expect.stringContaining("shm.info") },
    });
  });
});

describe("large uploads", () => {
  const history = Array.from({ length: 3_000 }, (_, n) => sampleAt(NOW - 3 * DAY + n * MINUTE, 5 * MB + n));

  test("many batches, cut anywhere, packed or not, are the same samples", async () => {
    const text = linesOf(history);
    expect(await post("/v1/instances/whole/usage?create=true", text, NDJSON)).toMatchObject({
      status: 201,
      body: { accepted: { samples: 3_000, shm: 3_000, pkg: 6_000, load: 3_000 }, duplicates: 0 },
    });
    const packed = gzipSync(text);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let from = 0; from < packed.length; from += 7_919) controller.enqueue(packed.subarray(from, from + 7_919));
        controller.close();
      },
    });
    const response = await server.fetch("/v1/instances/cut/usage?create=true", {
      method: "POST",
      body: stream,
      duplex: "half",
      headers: { ...NDJSON, "Content-Encoding": "gzip" },
    } as RequestInit);
    expect(response.status).toBe(201);
    expect(await everySample("cut")).toBe(await everySample("whole"));
  });

  test("an upload that was cut can be sent again", async () => {
    const text = linesOf(history);
    const half = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode(text.slice(0, text.length / 2)));
        await new Promise((resolve) => setTimeout(resolve, 200));
        controller.error(new Error("the line is cut"));
      },
    });
    const cut = server.fetch("/v1/instances/again/usage?create=true", {
      method: "POST",
      body: half,
      duplex: "half",
    } as RequestInit);
    await expect(cut).rejects.toThrow();
    const { status, body } = await post("/v1/instances/again/usage?create=true", text);
    expect(status).toBe(201);
    expect(body.accepted.samples + body.duplicates).toBe(3_000);
    expect((await everySample("again")).trim().split("\n")).toHaveLength(3_000);
  });

  test("old history goes into the roll-ups and is found there, with its restarts", async () => {
    const begin = NOW - 200 * DAY;
    const old = Array.from({ length: 2_000 }, (_, n) =>
      sampleAt(begin + n * 10 * MINUTE, (n < 1_000 ? 5 : 6) * MB + n, { pids: n < 1_000 ? [100, 101] : [900, 901] }),
    );
    const { body } = await post("/v1/instances/old/usage?create=true", linesOf(old));
    expect(body).toMatchObject({ accepted: { samples: 2_000 }, duplicates: 0 });
    expect((await post("/v1/instances/old/usage", linesOf(old))).body).toMatchObject({
      accepted: { samples: 0 },
      duplicates: 2_000,
    });
    const usage = JSON.parse(await (await server.fetch("/v1/instances/old/usage?pool=shm")).text());
    expect(usage.resolution).toBe("hour");
    expect(usage.events).toMatchObject([{ kind: "restart", at: new Date(begin + 1_000 * 10 * MINUTE).toISOString() }]);
    const real = usage.series.find((series: { name: string }) => series.name === "real_used");
    expect(Math.max(...real.points.map((point: { max: number }) => point.max))).toBe(6 * MB + 1_999);
    expect(real.points.reduce((sum: number, point: { samples: number }) => sum + point.samples, 0)).toBe(2_000);
  });

  test("100 MB of junk are refused with flat memory", async () => {
    await server.fetch("/v1/instances/junk", { method: "PUT" });
    const piece = new TextEncoder().encode(`${"lorem ipsum dolor sit amet ".repeat(37)}\n`.repeat(64));
    const pieces = Math.ceil(100_000_000 / piece.length);
    let sent = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < pieces) controller.enqueue(piece);
        else controller.close();
      },
    });
    const before = process.memoryUsage().rss;
    const response = await server.fetch("/v1/instances/junk/usage", {
      method: "POST",
      body: stream,
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: "not_read_here" });
    // Client and server share the process; far below what holding the upload would take.
    expect(process.memoryUsage().rss - before).toBeLessThan(90 * MB);
  });

  test("an Idempotency-Key replays the first answer", async () => {
    const text = lineOf(sampleAt(NOW - 9 * HOUR, 7 * MB));
    const key = { "Idempotency-Key": "usage-1" };
    const first = await post("/v1/instances/a/usage", text, key);
    expect(first.status).toBe(201);
    expect(await post("/v1/instances/a/usage", text, key)).toEqual(first);
    expect(await post("/v1/instances/a/usage", ONE, key)).toMatchObject({
      status: 422,
      body: { code: "idempotency_key_reused" },
    });
  });
});
