import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { testServer } from "../../support/server.js";

const server = testServer();
const read = (name: string) => readFileSync(new URL(`../../fixtures/capacity/${name}.cfg`, import.meta.url), "utf8");

interface Answer {
  ok: boolean;
  costs: { object: string; bytes: { low: number; likely: number; high: number }; source: string; evidence: string }[];
  fixed: { shm_bytes: number; pkg_bytes: number; parts: { what: string; bytes: number; line?: number }[] };
  now: { processes: number };
  forecast: { shm_mb: number; pkg_mb: number; host_bytes: number };
  headroom: { object: string; more: number; limit: string }[];
}
interface Sized {
  recommendations: { recommended_mb: number; lower_mb: number; finding: string; reason_codes: string[] }[];
  host_impact: { processes: number; total_bytes: number };
}

const get = async <T>(path: string) => (await (await server.fetch(path)).json()) as T;
const post = (path: string, body: string, type = "text/plain") =>
  server.fetch(path, { method: "POST", headers: { "Content-Type": type }, body });

async function recorded(name: string, files: Record<string, string>, commandLine = "kamailio -m 64 -M 8"): Promise<void> {
  await server.fetch(`/v1/instances/${name}`, { method: "PUT" });
  const build =
    "version: kamailio 5.6.3 (x86_64/linux)\nflags: USE_TCP, USE_TLS, PKG_MALLOC, MEM_JOIN_FREE, Q_MALLOC, F_MALLOC, TLSF_MALLOC, DBG_SR_MEMORY\n";
  expect((await post(`/v1/instances/${name}/builds`, build)).status).toBe(201);
  expect((await post(`/v1/instances/${name}/settings`, commandLine)).status).toBe(201);
  const answer = await post(`/v1/instances/${name}/configs`, JSON.stringify(files), "application/json");
  expect(answer.status, await answer.clone().text()).toBe(201);
}

beforeAll(async () => {
  await recorded("plain", { "kamailio.cfg": read("plain") });
  await recorded("htable", { "kamailio.cfg": read("htable-size-24") });
  await recorded("pv", { "kamailio.cfg": read("pv-buffers-131072x64") });
  await recorded("tls", { "kamailio.cfg": read("tls-rd-buf-262144") });
  await recorded("tls30", { "kamailio.cfg": read("tls30-16"), "tls30.cfg": read("tls30") });
  await recorded("tcpmax", { "kamailio.cfg": read("tcpmax-300000") });
});

describe("sizes of configurations alone", () => {
  test.each([
    // instance, least -m and -M with which it starts, most that is still no waste
    ["htable", 515, 8, 700, 8],
    ["pv", 64, 9, 64, 16],
    ["tls30", 71, 8, 120, 8],
    ["tcpmax", 64, 11, 64, 20],
    ["plain", 64, 8, 64, 8],
  ])("%s", async (name, leastShm, leastPkg, mostShm, mostPkg) => {
    const { recommendations } = await get<Sized>(`/v1/instances/${name}/sizing`);
    const [shm, pkg] = recommendations;
    expect(shm?.recommended_mb).toBeGreaterThanOrEqual(leastShm);
    expect(shm?.recommended_mb).toBeLessThanOrEqual(mostShm);
    expect(pkg?.recommended_mb).toBeGreaterThanOrEqual(leastPkg);
    expect(pkg?.recommended_mb).toBeLessThanOrEqual(mostPkg);
  });

  test("a pool with which it does not start is undersized, and the code says so", async () => {
    const { recommendations } = await get<Sized>("/v1/instances/htable/sizing");
    expect(recommendations[0]).toMatchObject({ finding: "undersized", reason_codes: expect.arrayContaining(["does_not_start"]) });
    expect((await get<Answer>("/v1/instances/htable/capacity")).ok).toBe(false);
    expect((await server.fetch("/v1/instances/htable/capacity?fail=true")).status).toBe(422);
  });
});

describe("one instance, one answer", () => {
  test.each(["plain", "htable", "pv", "tls", "tls30", "tcpmax"])(
    "%s: sizing, capacity, config review, host memory and runbook name the same processes, fixed parts and costs",
    async (name) => {
      const capacity = await get<Answer>(`/v1/instances/${name}/capacity`);
      const sizing = await get<Sized>(`/v1/instances/${name}/sizing`);
      const review = await get<{ process_estimate: { processes: number } }>(`/v1/instances/${name}/config-review`);
      const count = review.process_estimate.processes;
      expect(capacity.now.processes).toBe(count);
      expect(sizing.host_impact.processes).toBe(count);
      expect(capacity.forecast.host_bytes).toBe(sizing.host_impact.total_bytes);
      expect(capacity.forecast.shm_mb).toBe(sizing.recommendations[0]?.recommended_mb);
      expect(capacity.forecast.pkg_mb).toBe(sizing.recommendations[1]?.recommended_mb);
      const host = await post(
        `/v1/instances/${name}/host-memory`,
        "MemTotal: 16316412 kB\nMemFree: 401232 kB\nMemAvailable: 11892340 kB\nCached: 240 kB\n",
      );
      const { arithmetic } = (await host.json()) as { arithmetic: { label: string; detail: string }[] };
      expect(arithmetic.find(({ label }) => label === "pools at most")?.detail).toContain(`x ${count} processes`);
    },
  );
});

describe("costs", () => {
  const cost = (answer: Answer, object: string) => answer.costs.find((one) => one.object === object);

  test("the release's table, and the configuration's read buffer", async () => {
    const plain = await get<Answer>("/v1/instances/plain/capacity");
    expect(cost(plain, "contact")).toMatchObject({ source: "release_table", bytes: { likely: 1192 } });
    expect(cost(plain, "transaction")?.bytes.likely).toBe(15_901);
    expect(cost(plain, "tcp_connection")?.bytes.likely).toBe(17_416);
    expect(cost(plain, "tls_connection")?.bytes.likely).toBe(75_539);
    const tls = cost(await get<Answer>("/v1/instances/tls/capacity"), "tls_connection");
    expect(tls?.source).toBe("configuration");
    expect(Math.abs((tls?.bytes.likely ?? 0) / 316_887 - 1)).toBeLessThan(0.03);
  });

  test("fixed parts name the line", async () => {
    const { fixed } = await get<Answer>("/v1/instances/htable/capacity");
    expect(fixed.parts.find(({ what }) => what.includes("htable a"))).toMatchObject({ bytes: 536_870_912, line: 29 });
  });

  test("a load that is asked about", async () => {
    const query = "contacts=200000&calls=5000&tls_connections=1000&tcp_connections=500";
    const capacity = await get<Answer>(`/v1/instances/plain/capacity?${query}`);
    const sizing = await get<Sized>(`/v1/instances/plain/sizing?${query}`);
    expect(capacity.ok).toBe(false);
    expect(capacity.forecast.shm_mb).toBe(sizing.recommendations[0]?.recommended_mb);
    expect(capacity.forecast.shm_mb).toBeGreaterThan(400);
    expect(capacity.headroom.find(({ object }) => object === "contact")).toEqual({ object: "contact", more: 0, limit: "-m 64" });
  });

  test("as text and Markdown", async () => {
    const text = await (await server.fetch("/v1/instances/plain/capacity", { headers: { Accept: "text/plain" } })).text();
    expect(text).toMatch(/[\d,]+ more contacts fit into -m 64/);
    const markdown = await (await server.fetch("/v1/instances/plain/capacity?format=markdown")).text();
    expect(markdown).toMatch(/^# Capacity of plain: it fits/);
  });

  test("an unknown parameter is an error", async () => {
    const answer = await server.fetch("/v1/instances/plain/capacity?contact=5");
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, "unknown_parameter"]);
  });
});

describe("limits", () => {
  test("a container's limit below the pools makes sizing and capacity not ok", async () => {
    const manifest = `apiVersion: v1\nkind: Pod\nmetadata: {name: sip}\nspec:\n  containers:\n    - name: kamailio\n      image: kamailio:5.6.3\n      command: ["kamailio"]\n      args: ["-m", "512", "-M", "16"]\n      resources: {limits: {memory: 256Mi}}\n`;
    await recorded("k8s", { "kamailio.cfg": read("plain") }, manifest);
    const sizing = await get<Sized & { ok: boolean }>("/v1/instances/k8s/sizing");
    expect(sizing.ok).toBe(false);
    expect(sizing.host_impact).toMatchObject({ limit_bytes: 256 * 1_048_576 });
    expect(sizing.recommendations[0]?.reason_codes).toContain("memory_limit_exceeded");
    expect((await get<Answer>("/v1/instances/k8s/capacity")).ok).toBe(false);
  });
});
