import { describe, expect, test } from "vitest";
import { leaking, PV_TABLE, pkgSums, REQUIRE } from "../../support/dump-text.js";
import { type DumpOnTheWire, jsonClient, STATUS } from "../../support/dump-upload.js";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const { post, get } = jsonClient(server);
const DUMPS = "/v1/instances/sites/dumps";

describe("recorded dumps", () => {
  test("are listed newest first, page by page, by pool and pid", async () => {
    const path = "/v1/instances/lists/dumps";
    for (const [hour, pid] of [
      [1, 51],
      [3, 52],
      [2, 51],
    ] as const)
      await post(`${path}?create=true&at=2026-11-20T0${hour}:00:00Z`, pkgSums(pid, leaking(hour)));
    const page = await get<{ items: DumpOnTheWire[]; next_cursor: string }>(`${path}?limit=2`);
    const rest = await get<{ items: DumpOnTheWire[]; next_cursor: null }>(`${path}?limit=2&cursor=${page.next_cursor}`);
    expect([...page.items, ...rest.items].map(({ taken_at }) => taken_at.slice(11, 13))).toEqual(["03", "02", "01"]);
    expect(rest.next_cursor).toBeNull();
    expect((await get<{ items: DumpOnTheWire[] }>(`${path}?pid=51`)).items).toHaveLength(2);
    expect((await get<{ items: DumpOnTheWire[] }>(`${path}?pool=shm`)).items).toEqual([]);
  });

  test("carry the process name that usage has seen, also when it comes later", async () => {
    const { answer } = await post("/v1/instances/names/dumps?create=true&at=2026-11-20T10:00:00Z", pkgSums(61, leaking(5)));
    expect(answer.dumps[0]?.process).toBeNull();
    const sample = {
      at: "2026-11-20T09:59:00Z",
      pkg: [
        {
          pid: 61,
          rank: 1,
          used: 1,
          free: 1,
          real_used: 1,
          total_size: 2,
          total_frags: 1,
          desc: "udp receiver child=0 sock=192.0.2.1:5060",
        },
      ],
    };
    const usage = await server.fetch("/v1/instances/names/usage", {
      method: "POST",
      headers: { "Content-Type": "application/x-ndjson" },
      body: `${JSON.stringify(sample)}\n`,
    });
    expect(usage.status).toBe(201);
    expect((await get<DumpOnTheWire>(`/v1/instances/names/dumps/${answer.dumps[0]?.id}`)).process).toBe(
      "udp receiver child=0 sock=192.0.2.1:5060",
    );
    const next = await post("/v1/instances/names/dumps?at=2026-11-20T11:00:00Z", pkgSums(61, leaking(6)));
    expect(next.answer.dumps[0]?.process).toBe("udp receiver child=0 sock=192.0.2.1:5060");
  });

  test("one is shown with its largest sites, and not again to who has it", async () => {
    const { answer } = await post("/v1/instances/one/dumps?create=true", STATUS);
    const path = `/v1/instances/one/dumps/${answer.dumps[0]?.id}`;
    const response = await server.fetch(path);
    const dump = (await response.clone().json()) as { sites: number; top_sites: { bytes: number; start_up: boolean | null }[] };
    expect(dump.sites).toBeGreaterThan(20);
    expect(dump.top_sites).toHaveLength(20);
    expect(dump.top_sites.map(({ bytes }) => bytes)).toEqual(dump.top_sites.map(({ bytes }) => bytes).sort((a, b) => b - a));
    const again = await server.fetch(path, { headers: { "If-None-Match": response.headers.get("ETag") ?? "" } });
    expect(again.status).toBe(304);
  });

  test("are gone with their instance", async () => {
    const { answer } = await post("/v1/instances/gone/dumps?create=true", pkgSums(7, leaking(5)));
    await server.fetch("/v1/instances/gone", { method: "DELETE" });
    await server.fetch("/v1/instances/gone", { method: "PUT" });
    expect(await get("/v1/instances/gone/dumps")).toEqual({ items: [], next_cursor: null });
    expect((await server.fetch(`/v1/instances/gone/dumps/${answer.dumps[0]?.id}`)).status).toBe(404);
  });
});

describe("the sites of a dump", () => {
  interface Sites {
    total: number;
    bytes: number;
    count: number | null;
    items: {
      site: string;
      function: string | null;
      count: number;
      bytes: number;
      share: number;
      sites: number;
      start_up: boolean | null;
      knowledge: { lifetime: string; leak_fixes: unknown[] } | null;
    }[];
    next_cursor: string | null;
  }
  const upload = async () => {
    const { answer } = await post(
      "/v1/instances/sites/dumps?create=true",
      pkgSums(71, [...leaking(600), { site: "core: core/pvapi.c: pv_table_add(240)", count: 1, bytes: 100_000 }]),
    );
    return `/v1/instances/sites/dumps/${answer.dumps[0]?.id}/sites`;
  };

  test("by bytes, by count, and with what is known of each", async () => {
    const path = await upload();
    const byBytes = await get<Sites>(path);
    expect(byBytes).toMatchObject({ total: 3, count: 815, bytes: 100_000 + 18_832 + 9600 });
    expect(byBytes.items.map(({ bytes }) => bytes)).toEqual([100_000, 18_832, 9600]);
    const [top] = (await get<Sites>(`${path}?order=count`)).items;
    expect(top).toMatchObject({ site: REQUIRE, count: 600, start_up: false, knowledge: { lifetime: "per_message" } });
    expect(top?.knowledge?.leak_fixes.length).toBeGreaterThan(0);
    expect(byBytes.items.find(({ site }) => site === PV_TABLE.site)?.start_up).toBe(true);
    expect(byBytes.items.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });

  test("summed up by function and by module, page by page", async () => {
    const path = await upload();
    const functions = await get<Sites>(`${path}?by=function`);
    expect(functions.items[0]).toMatchObject({ function: "pv_table_add", line: null, sites: 2, count: 215, bytes: 118_832 });
    expect((await get<Sites>(`${path}?by=module`)).items).toMatchObject([
      { site: "core", function: null, sites: 3, knowledge: null },
    ]);
    const page = await get<Sites>(`${path}?by=function&limit=1`);
    const rest = await get<Sites>(`${path}?by=function&limit=1&cursor=${page.next_cursor}`);
    expect([page.items[0]?.function, rest.items[0]?.function, rest.next_cursor]).toEqual(["pv_table_add", "parse_require", null]);
  });

  runScenarios(server, [
    { name: "of a dump that is not there", path: `${DUMPS}/none/sites`, status: 404, code: "dump_not_found" },
    { name: "in an order that is none", path: `${DUMPS}/none/sites?order=size`, status: 400, code: "invalid_parameter" },
    { name: "with a cursor of another list", path: `${DUMPS}?cursor=bm9uZQ`, status: 400, code: "invalid_cursor" },
  ]);
});
