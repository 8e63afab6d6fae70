/** The import against Prometheus itself, fed with pages that Kamailio's xhttp_prom really printed. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HAS_PROMETHEUS, type RealPrometheus, realPrometheus } from "../../support/real-prometheus.js";
import { testServer } from "../../support/server.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Three hours ago: nothing of the history lies in Prometheus' head. */
const END = Math.floor(Date.now() / MINUTE) * MINUTE - 3 * HOUR;
const HOURS = 26;
const RESTART = END - 10 * HOUR;

const PAGE = readFileSync(new URL("../../fixtures/6.0.7-default-qm/after/metrics.prom", import.meta.url), "utf8");
/** The page's metrics, without the times at which they were printed. */
const RECORDED = new Map(
  PAGE.split("\n").flatMap((line): [string, number][] => {
    const [name = "", value = ""] = line.split(" ");
    return line.startsWith("#") || line === "" ? [] : [[name, Number(value)]];
  }),
);
const TOTAL = RECORDED.get("kamailio_shmem_total_size") ?? 0;

/** What the shared pool really used: grows, and begins anew with the restart. */
const realUsed = (at: number) => 4_000_000 + Math.floor((at - (at < RESTART ? END - HOURS * HOUR : RESTART)) / MINUTE) * 1_000;
const times = Array.from({ length: HOURS * 60 }, (_, index) => END - (HOURS * 60 - 1 - index) * MINUTE);
/** Nothing was scraped for an hour. */
const GAP: [number, number] = [END - 5 * HOUR, END - 4 * HOUR];
const scrapedTimes = times.filter((at) => at <= GAP[0] || at >= GAP[1]);

function history(): string {
  const lines: string[] = [];
  for (const [name, recorded] of RECORDED) {
    if (!/shmem|tmx_inuse|core_rcv_requests$|bad_URIs/.test(name)) continue;
    for (const instance of ["sip1:9494", "sip2:9494"])
      for (const at of scrapedTimes) {
        const used = realUsed(at);
        const values: Record<string, number> = {
          kamailio_shmem_real_used_size: used,
          kamailio_shmem_used_size: used - 500_000,
          kamailio_shmem_free_size: TOTAL - used,
        };
        lines.push(`${name}{instance="${instance}",job="kamailio"} ${values[name] ?? recorded} ${at / 1000}`);
      }
  }
  for (const at of scrapedTimes) {
    const pid = at < RESTART ? 100 : 900;
    const labels = `instance="sip1:9494",job="kamailio",pid="${pid}",rank="1",desc="udp receiver child=0"`;
    lines.push(`kamailio_pkgmem_real_used{${labels}} ${1_000_000 + pid} ${at / 1000}`);
    lines.push(`kamailio_pkgmem_total_size{${labels}} 8388608 ${at / 1000}`);
  }
  return `${lines.join("\n")}\n# EOF\n`;
}

if (!HAS_PROMETHEUS) process.stderr.write("skipped: there is no prometheus and promtool here (Debian: apt install prometheus)\n");

describe.skipIf(!HAS_PROMETHEUS)("an import from a real Prometheus", () => {
  const server = testServer({ OUTGOING_ALLOW: "127.0.0.1" });
  const kamailio = createServer((_, response) =>
    response.end([...RECORDED].map(([name, value]) => `${name} ${value}\n`).join("")),
  );
  let prometheus: RealPrometheus | undefined;
  let live = "";

  beforeAll(async () => {
    await new Promise<void>((resolve) => kamailio.listen(0, "127.0.0.1", resolve));
    live = `127.0.0.1:${(kamailio.address() as AddressInfo).port}`;
    prometheus = await realPrometheus(history(), live);
  });
  afterAll(async () => {
    await prometheus?.close();
    kamailio.closeAllConnections();
    await new Promise((resolve) => kamailio.close(resolve));
  });

  async function run(instance: string, body: object) {
    const path = `/v1/instances/${instance}/usage/imports`;
    const posted = await server.fetch(`${path}?create=true`, {
      method: "POST",
      body: JSON.stringify({ source: "prometheus", url: prometheus?.url, ...body }),
    });
    const { id } = (await posted.json()) as { id: string };
    for (;;) {
      const found = (await (await server.fetch(`${path}/${id}`)).json()) as { status: string; accepted: { samples: number } };
      if (found.status !== "queued" && found.status !== "running") return found;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  async function samples(instance: string) {
    const from = new Date(END - 3 * 24 * HOUR).toISOString();
    const response = await server.fetch(`/v1/instances/${instance}/usage?points=all&from=${from}`, {
      headers: { Accept: "application/x-ndjson" },
    });
    const lines = (await response.text()).trim().split("\n");
    return lines.map(
      (line) =>
        JSON.parse(line) as {
          at: string;
          shm: { total: number; real_used: number };
          pkg: { pid: number; real_used: number }[];
          load: Record<string, number>;
        },
    );
  }

  test("lists the servers when none is named", async () => {
    const failed = await run("several", {});
    expect(failed).toMatchObject({
      status: "failed",
      error: { code: "several_targets" },
      targets: expect.arrayContaining([
        { instance: "sip1:9494", job: "kamailio" },
        { instance: "sip2:9494", job: "kamailio" },
      ]),
    });
  });

  test("brings each sample as it was, over a restart and a gap", async () => {
    const done = await run("sip1", { match: { instance: "sip1:9494" } });
    expect(done).toMatchObject({
      status: "done",
      targets: [{ instance: "sip1:9494", job: "kamailio" }],
      progress: { step_seconds: 60 },
      left_out: [],
      error: null,
    });
    const kept = new Map((await samples("sip1")).map((sample) => [Date.parse(sample.at), sample]));
    for (const at of scrapedTimes) {
      const sample = kept.get(at);
      expect(sample?.shm, new Date(at).toISOString()).toMatchObject({ total: TOTAL, real_used: realUsed(at) });
      expect(sample?.load.current_transactions).toBe(RECORDED.get("kamailio_tmx_inuse_transactions"));
    }
    // A process that is gone is seen for one look-back at the most, and a gap stays one.
    const rowsOf = (at: number) => kept.get(at)?.pkg.map(({ pid, real_used }) => [pid, real_used]);
    expect(rowsOf(RESTART - MINUTE)).toEqual([[100, 1_000_100]]);
    expect(rowsOf(RESTART + MINUTE)).toEqual([[900, 1_000_900]]);
    const inGap = [...kept.keys()].filter((at) => at > GAP[0] + MINUTE && at < GAP[1]);
    expect(inGap).toEqual([]);
    expect(kept.size).toBe(done.accepted.samples);
  });

  test("brings what it scrapes from a page now", async () => {
    const body = { match: { instance: live }, step: 1, from: new Date(Date.now() - HOUR).toISOString() };
    let found = await run("live", body);
    while (found.accepted.samples === 0) found = await run("live", body);
    expect(found).toMatchObject({ status: "done", targets: [{ instance: live, job: "live" }], left_out: [] });
    const [sample] = await samples("live");
    expect(sample?.shm).toEqual({
      total: TOTAL,
      free: RECORDED.get("kamailio_shmem_free_size"),
      used: RECORDED.get("kamailio_shmem_used_size"),
      real_used: RECORDED.get("kamailio_shmem_real_used_size"),
      max_used: RECORDED.get("kamailio_shmem_max_used_size"),
      fragments: RECORDED.get("kamailio_shmem_fragments"),
    });
  });
});
