import { describe, expect, test } from "vitest";
import { readUsage } from "../../../src/kamailio/usage/reader.js";
import { fixture, NOW } from "./fixture.js";

/** What each release's capture under load shows: total, real_used, max_used, free fragments; processes; contacts. */
const RELEASES = [
  { folder: "3.3.7-default-fm", shm: [33554432, 7127168, 7149880, 19], processes: 9, ghosts: 1, cli: "text" },
  { folder: "4.2.0-default-fmdbg", shm: [33554432, 7915344, 7915344, 1], processes: 10, ghosts: 1, cli: "text" },
  { folder: "4.4.7-default-qm", shm: [33554432, 8566280, 8591208, 19], processes: 12, ghosts: 1, cli: "text" },
  { folder: "5.0.8-default-qm", shm: [33554432, 8597168, 8609656, 10], processes: 13, ghosts: 0, cli: "json" },
  { folder: "5.5.7-default-tlsf", shm: [33554352, 9314848, 9362824, 7], processes: 13, ghosts: 0, cli: "json" },
  { folder: "5.6.3-debian-tlsf", shm: [33554352, 9350152, 9366152, 3], processes: 13, ghosts: 0, cli: "json" },
  { folder: "5.8.8-default-fm", shm: [33554432, 9507536, 9523408, 6], processes: 13, ghosts: 0, cli: "json" },
  { folder: "6.0.7-default-qm", shm: [33554432, 9984624, 10033680, 7], processes: 13, ghosts: 0, cli: "json" },
  { folder: "6.1.4-cmake-tlsf", shm: [33554352, 9561384, 9594568, 6], processes: 13, ghosts: 0, cli: "json" },
] as const;

function read(path: string) {
  return readUsage(fixture(path), { now: NOW });
}

describe.each(RELEASES)("$folder", ({ folder, shm, processes, ghosts, cli }) => {
  const after = `${folder}/after`;

  test("core.shmmem is the pool in bytes, at the server's clock", () => {
    const { samples, rejected, unrecognized } = read(`${after}/kamcmd/core.shmmem.txt`);
    const [total, real_used, max_used, fragments] = shm;
    expect(samples).toHaveLength(1);
    expect(samples[0]).toMatchObject({ at: new Date(NOW).toISOString(), uptime: null, pkg: [], load: {} });
    expect(samples[0]?.shm).toMatchObject({ total, real_used, max_used, fragments, free: total - real_used });
    expect(rejected).toEqual([]);
    expect(unrecognized.total).toBe(0);
  });

  test.each(["k", "m"])("core.shmmem %s is refused with the command for bytes", (unit) => {
    const { samples, rejected } = read(`${after}/kamcmd/core.shmmem-${unit}.txt`);
    expect(samples).toEqual([]);
    expect(rejected).toEqual([
      { line: 1, reason: expect.stringContaining("no bytes"), hint: expect.stringContaining("kamcmd core.shmmem") },
    ]);
  });

  test("pkg.stats is a row for each process, without ghosts", () => {
    const { samples, warnings } = read(`${after}/kamcmd/pkg.stats.txt`);
    const rows = samples[0]?.pkg ?? [];
    expect(rows).toHaveLength(processes);
    expect(rows.every(({ pid, used }) => pid > 0 && (used ?? 0) > 0)).toBe(true);
    expect(rows[0]?.rank).toBe(0);
    expect(warnings.some((warning) => warning.includes("pid 0"))).toBe(ghosts > 0);
  });

  test("a filtered pkg.stats is one row", () => {
    expect(read(`${after}/kamcmd/pkg.stats-rank.txt`).samples[0]?.pkg).toMatchObject([{ rank: 1 }]);
  });

  test("kamctl's statistics are the pool as well", () => {
    const { samples, rejected } = read(`${after}/kamctl/stats-shmem.txt`);
    expect(samples[0]?.shm?.total).toBe(shm[0]);
    expect(samples[0]?.shm?.max_used).toBe(shm[2]);
    expect(rejected).toEqual([]);
  });

  test("tm.stats keeps what explains memory", () => {
    const load = read(`${after}/kamcmd/tm.stats.txt`).samples[0]?.load;
    expect(Object.keys(load ?? {}).toSorted()).toEqual([
      "created_transactions",
      "current_transactions",
      "delayed_free_transactions",
      "freed_transactions",
      "local_transactions",
      "total_transactions",
      "waiting_transactions",
    ]);
    expect(load?.created_transactions).toBe((load?.freed_transactions ?? 0) + (load?.current_transactions ?? 0));
  });

  test("the uptime comes in both tools' forms", () => {
    for (const form of ["kamcmd/core.uptime.txt", "kamctl/uptime.txt"]) {
      const { samples } = read(`${after}/${form}`);
      expect(samples[0]?.uptime).toBeGreaterThanOrEqual(10);
    }
  });

  test("several answers without times are one sample; pids get their names from core.psx", () => {
    const text = ["pkg.stats", "core.shmmem", "core.psx", "tm.stats", "core.uptime"]
      .map((name) => fixture(`${after}/kamcmd/${name}.txt`).toString())
      .join("");
    const { samples, rejected } = readUsage(text, { now: NOW, at: NOW - 1000 });
    expect(rejected).toEqual([]);
    expect(samples).toHaveLength(1);
    expect(samples[0]?.at).toBe(new Date(NOW - 1000).toISOString());
    expect(samples[0]?.shm?.total).toBe(shm[0]);
    expect(samples[0]?.pkg.map(({ desc }) => desc?.split(" child")[0])).toContain("udp receiver");
    expect(samples[0]?.uptime).toBeGreaterThanOrEqual(10);
  });

  test(`kamctl speaks ${cli}`, () => {
    expect(fixture(`${after}/kamctl/stats-shmem.txt`).toString().startsWith("{")).toBe(cli === "json");
  });
});

/** One reading in every other form: path, total, real_used. */
const FORMS: readonly (readonly [path: string, total: number, real_used: number])[] = [
  ["3.3.7-default-fm/after/mi_fifo/get_statistics.txt", 33554432, 7093136],
  ["3.3.7-default-fm/after/kamcmd/mi-get_statistics-shmem.txt", 33554432, 7093136],
  ["4.4.7-default-qm/after/jsonrpc/core.shmmem.json", 33554432, 8508744],
  ["4.4.7-default-qm/after/jsonrpc/stats.get_statistics-shmem.json", 33554432, 8471304],
  ["4.4.7-default-qm/after/jsonrpc/raw-http-core.shmmem.txt", 33554432, 8508744],
  ["6.1.4-cmake-tlsf/after/kamcmd/stats.fetch-shmem.txt", 33554352, 9561384],
  ["6.1.4-cmake-tlsf/after/kamcmd/stats.fetchn-shmem.txt", 33554352, 9561384],
  ["6.1.4-cmake-tlsf/after/kamcmd/shm.stats.txt", 33554352, 9511608],
  ["6.1.4-cmake-tlsf/after/jsonrpc/stats.fetch-shmem.json", 33554352, 9412832],
  ["6.1.4-cmake-tlsf/after/kamctl/rpc-core.shmmem.txt", 33554352, 9196016],
  ["6.1.4-cmake-tlsf/after/jfifo-stats.json", 33554352, 9345560],
  ["6.1.4-cmake-tlsf/after/metrics.prom", 33554352, 9479272],
  ["more/5.6.3-debian/jsonrpc-http-stats.fetchn-shmem.txt", 67108864, 2778384],
  ["more/5.6.3-debian/xhttp_prom-metrics.txt", 67108864, 2778384],
];

test.each(FORMS)("%s", (path, total, real_used) => {
  const { samples, rejected } = read(path);
  expect(rejected).toEqual([]);
  expect(samples[0]?.shm).toMatchObject({ total, real_used });
});

test("a metrics page says its own time, and the registrations", () => {
  const { samples } = read("6.0.7-default-qm/after/metrics.prom");
  expect(samples[0]?.at).toBe(new Date(1795395567748).toISOString());
  expect(samples[0]?.load).toMatchObject({
    registered_users: 300,
    location_contacts: 300,
    registered_contacts: 300,
    rcv_requests: 1616,
    tcp_current_connections: 1,
  });
});

test("usrloc's names are the same with both separators", () => {
  const old = read("3.3.7-default-fm/after/kamctl/stats-shmem.txt").samples[0]?.load;
  expect(old).toMatchObject({ registered_users: 300, location_contacts: 300, location_users: 300, registered_contacts: 300 });
});

test.each([
  ["more/5.6.3-debian/kamcmd-core.shmmem-bad.txt", "bad param", "without a unit"],
  ["more/5.6.3-debian/kamcmd-pkg.stats-badpid.txt", "No such pid", "without arguments"],
  ["more/5.6.3-debian/jsonrpc-http-nomethod.txt", "Method Not Found", "system.listMethods"],
  ["more/5.6.3-debian/kamcmd-mod.stats-core-shm.txt", "mod.stats", "/dumps"],
  ["more/5.6.3-debian/kamcmd-shm.report.txt", "shm.report", "/dumps"],
  ["more/5.6.3-debian/jsonrpc-http-core.shmmem-mb.txt", "no bytes", "kamcmd core.shmmem"],
  ["4.4.7-default-qm/after/jsonrpc/core.nosuch.json", "Execution Error", "system.listMethods"],
] as const)("%s is refused: %s", (path, reason, hint) => {
  const { samples, rejected } = read(path);
  expect(samples).toEqual([]);
  expect(rejected).toHaveLength(1);
  expect(rejected[0]?.reason).toContain(reason);
  expect(rejected[0]?.hint).toContain(hint);
});

test("a tool that could not reach the server is an error, not a sample", () => {
  const { samples, rejected } = read("more/5.6.3-debian/kamctl-kamcmd-core.shmmem.txt");
  expect(samples).toEqual([]);
  expect(rejected[0]?.reason).toContain("connect_unix_sock");
});

test("dns.mem_info has numbers without names: the command above them says what they are", () => {
  const text = `# kamcmd dns.mem_info\n${fixture("more/5.6.3-debian/kamcmd-dns.mem_info.txt").toString()}`;
  expect(readUsage(text, { now: NOW }).samples[0]?.load).toEqual({ dns_cache_bytes: 0, dns_cache_max_bytes: 512000 });
});

test("shm.info and pkg.info name the manager; without a command the counters beside them tell which is which", () => {
  const folder = "6.1.4-cmake-tlsf/after/kamcmd";
  const text = ["core.shmmem", "pkg.stats", "pkg.info", "shm.info"]
    .map((name) => fixture(`${folder}/${name}.txt`).toString())
    .join("");
  const { managers, pool_sizes } = readUsage(text, { now: NOW });
  expect(managers).toEqual({ shm: "tlsf", pkg: "tlsf" });
  expect(pool_sizes).toEqual({ shm: 33554432, pkg: 8388608 });
});

test("the release is read where the text names it", () => {
  expect(read("6.1.4-cmake-tlsf/after/kamcmd/core.runinfo.txt").version?.text).toBe("6.1.4");
  expect(read("4.4.7-default-qm/after/jsonrpc/raw-http-core.shmmem.txt").version?.text).toBe("4.4.7");
});
