/** Dumps, sites and incidents as tables for a terminal and a ticket, and the picture of the pool in trouble. */
import { expect, test } from "vitest";
import { testServer } from "../../support/server.js";

const server = testServer();
const post = (path: string, body: string, type = "text/plain") =>
  server.fetch(`/v1/instances/t1/${path}`, { method: "POST", headers: { "Content-Type": type }, body });
const shown = async (path: string, accept: string) => {
  const answer = await server.fetch(`/v1/instances/t1/${path}`, { headers: { Accept: accept } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("Content-Type")).toContain(accept);
  return answer.text();
};

const SUMS =
  "# kamcmd mod.mem_statsx all shm\nModule: tm\n{\n\tinit_hash_table(482): 2097152 (1)\n\tbuild_cell(341): 9000 (3)\n\tTotal: 2106152\n}\n";
const LOG =
  "Mar  1 12:00:00 h /usr/sbin/kamailio[4711]: ERROR: <core> [core/mem/shm.c:1]: could not allocate shared memory from shm pool\n";

test("a dump, its sites and the incidents come as text and Markdown tables", async () => {
  await server.fetch("/v1/instances/t1", { method: "PUT" });
  const { dumps } = (await (await post("dumps", SUMS)).json()) as { dumps: { id: string }[] };
  const id = dumps[0]?.id ?? "";
  expect((await post("logs", LOG)).status).toBe(201);
  expect(await shown("dumps", "text/plain")).toMatch(/taken at +pool.*\n.* shm .*mem statsx/);
  expect(await shown("dumps", "text/markdown")).toContain("| taken at | pool |");
  expect(await shown(`dumps/${id}`, "text/plain")).toMatch(/2097152 +9\d(?:\.\d)? % +1 +tm.*init_hash_table\(482\)/);
  expect(await shown(`dumps/${id}/sites?order=count`, "text/markdown")).toMatch(/\| 9000 \| .* \| 3 \| tm.*build_cell/);
  expect(await shown("incidents", "text/plain")).toMatch(/exhaustion +shm +1 +4711/);
  expect(await shown("dumps?format=text", "text/plain")).toContain("Dumps of t1");
  expect(((await (await server.fetch("/v1/instances/t1/dumps")).json()) as { items: unknown[] }).items).toHaveLength(1);
});

test("usage.svg shows the pool in trouble, and the one that is asked for", async () => {
  const full = {
    at: new Date(Date.now() - 60_000).toISOString(),
    shm: { total: 67_108_864, free: 60_000_000, used: 6_000_000, real_used: 7_000_000, max_used: 7_000_000, fragments: 4 },
    pkg: [
      {
        pid: 4711,
        rank: 1,
        used: 8_300_000,
        free: 4000,
        real_used: 8_380_000,
        total_size: 8_388_608,
        total_frags: 4,
        desc: "udp receiver",
      },
    ],
  };
  // Not t1: an allocation failed in its shm, so that both its pools are in trouble.
  const usage = await server.fetch("/v1/instances/t2/usage?create=true", {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson" },
    body: `${JSON.stringify(full)}\n`,
  });
  expect(usage.status).toBe(201);
  const picture = async (query: string) => (await server.fetch(`/v1/instances/t2/usage.svg${query}`)).text();
  expect(await picture("")).toBe(await picture("?pool=pkg"));
  expect(await picture("?pool=shm")).not.toBe(await picture("?pool=pkg"));
});
