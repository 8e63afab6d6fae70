import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "../../../src/config.js";
import { startServer } from "../../../src/http/server.js";
import { type FakePrometheus, type FakeSeries, fakePrometheus } from "../../support/fake-prometheus.js";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MB = 1_048_576;
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE;
const SHM_TOTAL = 64 * MB;

let prometheus: FakePrometheus;
beforeAll(async () => {
  prometheus = await fakePrometheus();
});
afterAll(() => prometheus.close());
beforeEach(() => {
  prometheus.series = [];
  prometheus.requests = [];
  prometheus.misbehave = () => false;
});

/** What the shared pool of a server really used at a time. */
const realUsed = (at: number) => 4 * MB + ((at / MINUTE) % 1000) * 1024;

/** xhttp_prom's page of one server, scraped each minute over some hours before `to`. */
function scraped(hours: number, target: Record<string, string>, to = NOW, prefix = "kamailio_"): FakeSeries[] {
  const times = Array.from({ length: hours * 60 }, (_, index) => to - (hours * 60 - 1 - index) * MINUTE);
  const series = (name: string, value: (at: number) => number, own: Record<string, string> = {}): FakeSeries => ({
    labels: { __name__: prefix + name, ...target, ...own },
    samples: times.map((at) => [at, value(at)]),
  });
  const process = { pid: "101", rank: "1", desc: "udp receiver child=0 sock=10.0.0.1:5060" };
  return [
    series("shmem_total_size", () => SHM_TOTAL),
    series("shmem_free_size", (at) => SHM_TOTAL - realUsed(at)),
    series("shmem_used_size", (at) => realUsed(at) - MB),
    series("shmem_real_used_size", realUsed),
    series("shmem_max_used_size", () => 8 * MB),
    series("shmem_fragments", () => 7),
    series("pkgmem_used", () => 900_000, process),
    series("pkgmem_available", () => 8 * MB - 1_000_000, process),
    series("pkgmem_real_used", () => 1_000_000, process),
    series("pkgmem_total_size", () => 8 * MB, process),
    series("usrloc_location_contacts", () => 42),
    series("core_rcv_requests", (at) => at / MINUTE),
    series("core_bad_URIs_rcvd", () => 0),
  ];
}

const isOfChunk = (query: URLSearchParams) => query.get("query")?.startsWith("last_over_time(kamailio_") === true;

const TARGET = { instance: "10.0.0.1:9494", job: "kamailio" };
const OTHER = { instance: "10.0.0.2:9494", job: "kamailio" };

interface Import {
  id: string;
  status: string;
  targets: Record<string, string>[];
  progress: Record<string, unknown>;
  accepted: Record<string, number>;
  duplicates: number;
  left_out: { reason: string; count: number }[];
  error: { code: string; hint: string; detail: string; status: number } | null;
}

interface Service {
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

async function post(service: Service, instance: string, body: object, headers: Record<string, string> = {}): Promise<Import> {
  const response = await service.fetch(`/v1/instances/${instance}/usage/imports?create=true`, {
    method: "POST",
    headers,
    // Up to the last scrape: the clock goes on while the tests run, and a minute more would be a sample more.
    body: JSON.stringify({ source: "prometheus", url: prometheus.url, to: new Date(NOW).toISOString(), ...body }),
  });
  expect(response.status, await response.clone().text()).toBe(202);
  const posted = (await response.json()) as Import;
  expect(response.headers.get("Location")).toBe(`/v1/instances/${instance}/usage/imports/${posted.id}`);
  return posted;
}

async function until(
  service: Service,
  instance: string,
  id: string,
  reached: (found: Import) => boolean = ({ status }) => status !== "queued" && status !== "running",
): Promise<Import> {
  for (;;) {
    const found = (await (await service.fetch(`/v1/instances/${instance}/usage/imports/${id}`)).json()) as Import;
    if (reached(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const run = async (service: Service, instance: string, body: object = {}) =>
  until(service, instance, (await post(service, instance, body)).id);

interface Sample {
  at: string;
  uptime: number | null;
  shm: Record<string, number> | null;
  pkg: Record<string, unknown>[];
  load: Record<string, number>;
}

async function samples(service: Service, instance: string): Promise<Sample[]> {
  const from = new Date(NOW - 13 * 24 * HOUR).toISOString();
  const response = await service.fetch(`/v1/instances/${instance}/usage?points=all&from=${from}`, {
    headers: { Accept: "application/x-ndjson" },
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Sample);
}

describe("an import", () => {
  const server = testServer({ OUTGOING_ALLOW: "127.0.0.1" });

  test("takes the whole history in, by itself", async () => {
    prometheus.series = [...scraped(5, TARGET), { labels: { __name__: "up", ...TARGET }, samples: [[NOW, 1]] }];
    const done = await run(server, "whole");
    expect(done).toMatchObject({
      status: "done",
      targets: [TARGET],
      accepted: { samples: 300, shm: 300, pkg: 300 },
      duplicates: 0,
      left_out: [],
      error: null,
      progress: { step_seconds: 60 },
    });
    expect(done.progress.done_chunks).toBe(done.progress.total_chunks);
    const kept = await samples(server, "whole");
    expect(kept).toHaveLength(300);
    for (const { at, shm, pkg, load } of kept) {
      const real_used = realUsed(Date.parse(at));
      expect(shm).toMatchObject({ total: SHM_TOTAL, real_used, free: SHM_TOTAL - real_used, max_used: 8 * MB, fragments: 7 });
      expect(pkg).toMatchObject([{ pid: 101, rank: 1, real_used: 1_000_000, total_size: 8 * MB }]);
      expect(load).toMatchObject({ location_contacts: 42, rcv_requests: Date.parse(at) / MINUTE });
    }
    expect(prometheus.requests.some(({ query }) => query.get("query")?.includes("bad_URIs"))).toBe(false);
  });

  test("done twice changes nothing", async () => {
    prometheus.series = scraped(2, TARGET);
    const first = await run(server, "twice");
    const second = await run(server, "twice");
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ status: "done", accepted: { samples: 0 }, duplicates: 120 });
    expect(await samples(server, "twice")).toHaveLength(120);
  });

  test("of other bounds brings the same points in time", async () => {
    prometheus.series = scraped(3, TARGET);
    await run(server, "bounds");
    const from = new Date(NOW - 2 * HOUR - 17_300).toISOString();
    const to = new Date(NOW - HOUR + 11_111).toISOString();
    const part = await run(server, "bounds", { from, to });
    expect(part).toMatchObject({ status: "done", accepted: { samples: 0 } });
    expect(part.duplicates).toBeGreaterThan(55);
  });

  test("of times long past goes into the hours and days", async () => {
    const to = NOW - 40 * 24 * HOUR;
    prometheus.series = [...scraped(30, TARGET, to), ...scraped(30, TARGET, to - 100 * 24 * HOUR)];
    const done = await run(server, "old");
    expect(done).toMatchObject({ status: "done", accepted: { samples: 3600 } });
    // Days without anything are not asked for.
    expect(Number(done.progress.points)).toBeLessThan(5 * 24 * 60);
    expect(await run(server, "old")).toMatchObject({ status: "done", accepted: { samples: 0 }, duplicates: 3600 });
  });

  test("finds metrics under a prefix of the operator's own", async () => {
    prometheus.series = scraped(1, TARGET, NOW, "sbc_fra_");
    expect(await run(server, "prefix")).toMatchObject({ status: "done", accepted: { samples: 60, shm: 60, pkg: 60 } });
  });

  test("reads florentchauveau's and voiplens' exporters", async () => {
    const series = (name: string, labels: Record<string, string>, value: number): FakeSeries => ({
      labels: { __name__: name, ...TARGET, ...labels },
      samples: [[NOW - 10 * MINUTE, value]],
    });
    prometheus.series = Object.entries({ total: 64 * MB, free: 60 * MB, used: 3 * MB, real_used: 4 * MB, max_used: 5 * MB }).map(
      ([field, value]) => series(`kamailio_core_shmmem_${field}`, {}, value),
    );
    expect(await run(server, "florent")).toMatchObject({ status: "done", accepted: { shm: 5 } });
    expect((await samples(server, "florent"))[0]?.shm).toMatchObject({ total: 64 * MB, real_used: 4 * MB, max_used: 5 * MB });

    prometheus.series = [
      ...Object.entries({ total: 64 * MB, free: 60 * MB, used: 3 * MB, real_used: 4 * MB, max_used: 5 * MB }).map(
        ([type, value]) => series("kamailio_shm_bytes", { type }, value),
      ),
      series("kamailio_pkgmem_real", { entry: "1" }, 5_049_912),
      series("kamailio_pkgmem_size", { entry: "1" }, 16_777_216),
      series("kamailio_core_process_status", { index: "1", pid: "77", rank: "1", description: "udp receiver" }, 1),
      series("kamailio_core_uptime", { version: "5.7.2", compiler: "gcc", compiled: "x" }, 2352),
    ];
    expect(await run(server, "voiplens")).toMatchObject({ status: "done", targets: [TARGET], accepted: { shm: 5, pkg: 5 } });
    const [first] = await samples(server, "voiplens");
    expect(first).toMatchObject({
      uptime: 2352,
      shm: { total: 64 * MB, max_used: 5 * MB },
      pkg: [{ pid: 77, rank: 1, desc: "udp receiver", real_used: 5_049_912 }],
    });
  });

  test("with several servers and no match lists them to choose from, and takes nothing", async () => {
    prometheus.series = [...scraped(1, TARGET), ...scraped(1, OTHER)];
    const failed = await run(server, "several");
    expect(failed).toMatchObject({
      status: "failed",
      targets: [TARGET, OTHER],
      accepted: { samples: 0 },
      error: { status: 422, code: "several_targets" },
    });
    expect(failed.error?.hint).toContain('{"match": {"instance":"10.0.0.1:9494"}}');
    const chosen = await run(server, "several", { match: { instance: OTHER.instance } });
    expect(chosen).toMatchObject({ status: "done", targets: [OTHER], accepted: { samples: 60 }, left_out: [] });
  });

  test("whose match fits servers side by side is refused as well", async () => {
    prometheus.series = [...scraped(1, TARGET), ...scraped(1, OTHER)];
    expect(await run(server, "parallel", { match: { job: "kamailio" } })).toMatchObject({
      status: "failed",
      error: { code: "several_targets" },
    });
  });

  test("whose match fits one server after the other, as pods are, takes both", async () => {
    const before = NOW - 2 * HOUR + 2 * MINUTE;
    prometheus.series = [...scraped(2, { ...TARGET, pod: "a" }), ...scraped(2, { ...TARGET, pod: "b" }, before)];
    const done = await run(server, "pods", { match: { job: "kamailio" } });
    expect(done).toMatchObject({ status: "done", accepted: { samples: 235 } });
    expect(done.left_out).toMatchObject([{ reason: expect.stringContaining("at the same time") }]);
  });

  test("whose match fits nothing lists what there is", async () => {
    prometheus.series = scraped(1, TARGET);
    expect(await run(server, "nothing", { match: { instance: 'x"} or {a="b' } })).toMatchObject({
      status: "failed",
      targets: [TARGET],
      error: { code: "no_such_target" },
    });
  });

  test("leaves out what cannot be, and says so", async () => {
    prometheus.series = scraped(1, TARGET).map((one) =>
      one.labels.__name__.endsWith("real_used_size")
        ? { ...one, samples: one.samples.map(([at, value], index) => [at, index < 10 ? 2 * SHM_TOTAL : value]) }
        : one,
    );
    const done = await run(server, "left-out");
    expect(done).toMatchObject({ status: "done", accepted: { samples: 60, shm: 50 } });
    expect(done.left_out).toMatchObject([{ reason: expect.stringContaining("above total"), count: 10 }]);
  });

  test("asks for less when the server refuses so much", async () => {
    prometheus.series = scraped(6, TARGET);
    prometheus.misbehave = (path, query, response) => {
      const points = (Number(query.get("end")) - Number(query.get("start"))) / Number(query.get("step")) + 1;
      if (path !== "/api/v1/query_range" || points <= 100 || !isOfChunk(query)) return false;
      response
        .writeHead(422)
        .end('{"status":"error","errorType":"execution","error":"query processing would load too many samples"}');
      return true;
    };
    expect(await run(server, "less")).toMatchObject({ status: "done", accepted: { samples: 360 } });
  });

  test("works with a server that knows the plain queries alone", async () => {
    prometheus.series = scraped(2, TARGET);
    prometheus.misbehave = (_, query, response) => {
      if (!/[([]/.test(query.get("query") ?? "")) return false;
      response.writeHead(400).end('{"status":"error","errorType":"bad_data","error":"unknown function"}');
      return true;
    };
    const from = new Date(NOW - 2 * HOUR + MINUTE).toISOString();
    expect(await run(server, "plain", { from })).toMatchObject({ status: "done", accepted: { samples: 120 } });
  });

  test("goes on when the server hiccups", async () => {
    prometheus.series = scraped(1, TARGET);
    const seen = new Set<string>();
    prometheus.misbehave = (path, _, response) => {
      if (seen.has(path) || path === "/api/v1/query") return false;
      seen.add(path);
      if (path === "/api/v1/series") response.destroy();
      else response.writeHead(503).end("busy");
      return true;
    };
    expect(await run(server, "hiccup")).toMatchObject({ status: "done", accepted: { samples: 60 } });
  });

  test.each<[string, FakePrometheus["misbehave"], string]>([
    ["has no Kamailio", () => false, "no_kamailio_metrics"],
    ["wants credentials", (_, __, response) => void response.writeHead(401).end("Unauthorized") === undefined, "source_refused"],
    ["is no Prometheus", (_, __, response) => void response.end("<html>secret</html>") === undefined, "not_prometheus"],
    [
      "answers other JSON",
      (_, __, response) => void response.end('{"status":"success","data":7}') === undefined,
      "not_prometheus",
    ],
    ["redirects", (_, __, response) => void response.writeHead(302, { Location: "/x" }).end() === undefined, "redirected"],
    [
      "refuses every query",
      (_, __, response) =>
        void response.writeHead(400).end('{"status":"error","errorType":"bad_data","error":"no"}') === undefined,
      "source_error",
    ],
  ])("from a server that %s fails with a reason", async (what, misbehave, code) => {
    prometheus.misbehave = misbehave;
    const failed = await run(server, `bad-${what.replaceAll(" ", "-").toLowerCase()}`);
    expect(failed).toMatchObject({ status: "failed", error: { code } });
    expect(JSON.stringify(failed)).not.toContain("secret");
  });

  test("that failed goes on when it is posted again", async () => {
    prometheus.series = scraped(30, TARGET);
    let ranges = 0;
    prometheus.misbehave = (path, query, response) => {
      if (path !== "/api/v1/query_range" || !isOfChunk(query)) return false;
      ranges++;
      if (ranges <= 20) return false;
      response.writeHead(403).end("no more");
      return true;
    };
    const failed = await run(server, "again");
    expect(failed).toMatchObject({ status: "failed", error: { code: "source_refused" }, progress: { done_chunks: 1 } });
    prometheus.misbehave = () => false;
    prometheus.requests = [];
    const done = await run(server, "again");
    expect(done).toMatchObject({ id: failed.id, status: "done", accepted: { samples: 1800 }, duplicates: 0, error: null });
    expect(prometheus.requests.some(({ path }) => path.includes("__name__"))).toBe(false);
  });

  test("that is under way is the same when it is posted again, and can be cancelled", async () => {
    prometheus.series = scraped(48, TARGET);
    let waiting: (() => void)[] = [];
    prometheus.misbehave = (path, _, response) => {
      if (path !== "/api/v1/query_range") return false;
      waiting.push(() => response.writeHead(503).end());
      return true;
    };
    const first = await post(server, "cancel", {});
    const same = await post(server, "cancel", {});
    expect(same.id).toBe(first.id);
    const other = await post(server, "cancel", { step: "5m" });
    expect(other.id).not.toBe(first.id);
    await until(server, "cancel", first.id, ({ status }) => status === "running");
    for (const { id } of [first, other]) {
      const response = await server.fetch(`/v1/instances/cancel/usage/imports/${id}`, { method: "DELETE" });
      expect(await response.json()).toMatchObject({ id, status: "cancelled" });
    }
    for (const answer of waiting) answer();
    waiting = [];
    prometheus.misbehave = () => false;
    const list = (await (await server.fetch("/v1/instances/cancel/usage/imports")).json()) as { items: Import[] };
    expect(list.items.map(({ id, status }) => [id, status])).toEqual([
      [other.id, "cancelled"],
      [first.id, "cancelled"],
    ]);
    expect(await run(server, "cancel")).toMatchObject({ status: "done", accepted: { samples: 2880 } });
  });

  test("of an instance that is deleted meanwhile ends", async () => {
    prometheus.series = scraped(1, TARGET);
    let release: (() => void) | undefined;
    prometheus.misbehave = (path, _, response) => {
      if (path !== "/api/v1/series" || release !== undefined) return false;
      release = () => response.end(JSON.stringify({ status: "success", data: [prometheus.series[0]?.labels] }));
      return true;
    };
    const { id } = await post(server, "deleted", {});
    while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.fetch("/v1/instances/deleted", { method: "DELETE" });
    release();
    expect((await server.fetch(`/v1/instances/deleted/usage/imports/${id}`)).status).toBe(404);
    prometheus.misbehave = () => false;
    expect(await run(server, "deleted")).toMatchObject({ status: "done", accepted: { samples: 60 } });
  });

  test("sends the caller's headers, and shows them nowhere", async () => {
    prometheus.series = scraped(1, TARGET);
    const headers = { Authorization: "Bearer hunter2-secret", "X-Scope-OrgID": "tenant" };
    const { id } = await post(server, "secret", { headers });
    const done = await until(server, "secret", id);
    expect(done).toMatchObject({ status: "done", with_credentials: true });
    expect(JSON.stringify(done)).not.toContain("hunter2");
    for (const request of prometheus.requests)
      expect(request.headers).toMatchObject({ authorization: "Bearer hunter2-secret", "x-scope-orgid": "tenant" });
  });

  const body = (more: object) => JSON.stringify({ source: "prometheus", url: "http://127.0.0.1:1", ...more });
  const path = "/v1/instances/checked/usage/imports";
  runScenarios(server, [
    { name: "an unknown instance", method: "POST", path, body: body({}), status: 404, code: "instance_not_found" },
    ...[
      "ftp://x.example/",
      "http://u:p@x.example/",
      "http://x.example/?token=1",
      "http://x.example/#a",
      "x",
      "",
      "file:///etc/passwd",
    ].map((url) => ({ name: `the URL ${url}`, method: "POST", path, body: body({ url }), status: 400, code: "invalid_body" })),
    { name: "another source", method: "POST", path, body: body({ source: "graphite" }), status: 400, code: "invalid_body" },
    { name: "an unknown field", method: "POST", path, body: body({ query: "up" }), status: 400, code: "invalid_body" },
    { name: "no body", method: "POST", path, status: 400, code: "invalid_body" },
    { name: "no JSON", method: "POST", path, body: "{", status: 400, code: "malformed_json" },
    ...[0, -1, 1.5, "1y", "99999999d", "2d", ""].map((step) => ({
      name: `the step ${step}`,
      method: "POST",
      path,
      body: body({ step }),
      status: 400,
      code: "invalid_body",
    })),
    ...[
      { from: "yesterday" },
      { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" },
      { from: "2999-01-01T00:00:00Z" },
      { from: "1970-01-01T00:00:00Z" },
      { to: "1970-01-01T00:00:00Z" },
    ].map((times) => ({
      name: `the times ${JSON.stringify(times)}`,
      method: "POST",
      path,
      body: body(times),
      status: 400,
      code: "invalid_body",
    })),
    ...[{ "a b": "c" }, { __name__: "x" }, { 'a"}': "c" }, { a: 1 }].map((match) => ({
      name: `match ${JSON.stringify(match)}`,
      method: "POST",
      path,
      body: body({ match }),
      status: 400,
      code: "invalid_body",
    })),
    ...[{ Host: "x" }, { "Content-Length": "0" }, { "a b": "c" }, { a: "b\r\nX: y" }, { a: "ü" }].map((headers) => ({
      name: `the headers ${JSON.stringify(headers)}`,
      method: "POST",
      path,
      body: body({ headers }),
      status: 400,
      code: "invalid_body",
    })),
    {
      name: "an address that is not allowed",
      before: [["PUT", "/v1/instances/checked"]],
      method: "POST",
      path,
      body: body({ url: "http://169.254.169.254/" }),
      status: 422,
      code: "address_not_allowed",
      has: ["OUTGOING_ALLOW"],
    },
    { name: "no import yet", path, status: 200, json: { items: [], next_cursor: null } },
    { name: "an import that is none", path: `${path}/nope`, status: 404, code: "import_not_found" },
    { name: "cancelling none", method: "DELETE", path: `${path}/nope`, status: 404, code: "import_not_found" },
    { name: "imports of no instance", path: "/v1/instances/nobody/usage/imports", status: 404, code: "instance_not_found" },
  ]);
});

describe("without OUTGOING_ALLOW", () => {
  const server = testServer();
  runScenarios(
    server,
    ["http://127.0.0.1:9090", "http://localhost:9090", "http://[::1]:9090", "http://0x7f000001:9090", "http://10.0.0.1"].map(
      (url) => ({
        name: `${url} is refused`,
        before: [["PUT", "/v1/instances/sip1"]],
        method: "POST",
        path: "/v1/instances/sip1/usage/imports",
        body: JSON.stringify({ source: "prometheus", url }),
        status: 422,
        code: "address_not_allowed",
      }),
    ),
  );
});

describe("an import that a stop of the service interrupts", () => {
  const folder = mkdtempSync(join(tmpdir(), "assistant-imports-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function start(file: string): Promise<Service & { stop(): Promise<void> }> {
    const config = readConfig({ PORT: "0", DATABASE_URL: join(folder, file), OUTGOING_ALLOW: "127.0.0.1" });
    const { url, stop } = await startServer(config, pino({ level: "silent" }), "0.0.0-test");
    return { fetch: (path, init) => fetch(url + path, init), stop };
  }

  /** Runs one until its first chunk is done and the next one hangs. */
  async function interrupted(file: string, body: object): Promise<string> {
    prometheus.series = scraped(30, TARGET);
    const service = await start(file);
    let ranges = 0;
    prometheus.misbehave = (path, query) => path === "/api/v1/query_range" && isOfChunk(query) && ++ranges > 20;
    const { id } = await post(service, "sip1", body);
    await until(service, "sip1", id, ({ progress }) => progress.done_chunks === 1);
    await service.stop();
    prometheus.misbehave = () => false;
    prometheus.requests = [];
    return id;
  }

  test("goes on at the next start", async () => {
    const id = await interrupted("resumed.db", {});
    const service = await start("resumed.db");
    expect(await until(service, "sip1", id)).toMatchObject({ status: "done", accepted: { samples: 1800 }, duplicates: 0 });
    expect(prometheus.requests.some(({ path }) => path.includes("__name__"))).toBe(false);
    expect(await samples(service, "sip1")).toHaveLength(1800);
    await service.stop();
  });

  test("asks for its credentials again, which are in no file", async () => {
    const body = { headers: { Authorization: "Bearer hunter2-secret" } };
    const id = await interrupted("secret.db", body);
    for (const end of ["", "-wal"]) {
      const path = join(folder, `secret.db${end}`);
      expect(end === "" || readable(path) ? readFileSync(path, "latin1") : "").not.toContain("hunter2");
    }
    const service = await start("secret.db");
    expect(await until(service, "sip1", id)).toMatchObject({ status: "failed", error: { code: "needs_credentials" } });
    const again = await post(service, "sip1", body);
    expect(again.id).toBe(id);
    expect(await until(service, "sip1", id)).toMatchObject({ status: "done", accepted: { samples: 1800 }, duplicates: 0 });
    await service.stop();
  });
});

function readable(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
