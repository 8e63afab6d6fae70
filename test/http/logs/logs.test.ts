import { describe, expect, test } from "vitest";
import { fixture } from "../../support/dump-upload.js";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const LOGS = "/v1/instances/l1/logs";

interface Answer {
  incidents: { id: string; kind: string; count: number; count_is_lower_bound: boolean; quote: string; first_at: string | null }[];
  duplicates: number;
}

async function post(path: string, body: string | Uint8Array): Promise<{ status: number; answer: Answer }> {
  const response = await server.fetch(path, { method: "POST", body: body as RequestInit["body"] });
  return { status: response.status, answer: (await response.json()) as Answer };
}

async function list(path: string): Promise<{ items: Answer["incidents"]; next_cursor: string | null }> {
  return (await (await server.fetch(path)).json()) as { items: Answer["incidents"]; next_cursor: string | null };
}

/** `times`: minutes after ten o'clock on the day, one failure each. */
function failures(times: readonly number[], site = "usrloc [urecord.c:61]: new_urecord()"): string {
  return times
    .map((minute) => {
      const at = new Date(Date.parse("2026-11-20T10:00:00Z") + minute * 60_000).toISOString().replace("Z", "+00:00");
      return `${at} sip1 kamailio[12]: ERROR: ${site}: could not allocate shared memory from shm pool\n`;
    })
    .join("");
}

describe("posting logs", () => {
  runScenarios(server, [
    {
      name: "to an instance that nobody made",
      method: "POST",
      path: "/v1/instances/nobody/logs",
      body: failures([1]),
      status: 404,
      code: "instance_not_found",
    },
    {
      name: "that makes its instance",
      method: "POST",
      path: `${LOGS}?create=true`,
      body: failures([1, 2, 3]),
      status: 201,
      json: {
        incidents: [
          {
            kind: "exhaustion",
            pool: "shm",
            count: 3,
            pids: [12],
            first_at: "2026-11-20T10:01:00.000Z",
            last_at: "2026-11-20T10:03:00.000Z",
          },
        ],
        duplicates: 0,
      },
    },
    {
      name: "a real overrun, packed",
      method: "POST",
      path: LOGS,
      body: fixture("incidents/g2-corruption-induced-with-gdb/6.0.7-qm-overrun.log.gz"),
      status: 201,
      has: ['"kind":"overrun"', '"ascii":"AAAAAAAAAAAAAAAA"'],
    },
    {
      name: "a quiet log",
      method: "POST",
      path: LOGS,
      body: "2026-11-20T10:00:00+00:00 sip1 kamailio[12]: INFO: <core> [core/tcp_main.c:5073]: init_tcp(): using epoll_lt\n",
      status: 200,
      json: { incidents: [], duplicates: 0 },
    },
    {
      name: "a quiet log that makes its instance",
      method: "POST",
      path: "/v1/instances/quiet/logs?create=true",
      body: "2026-11-20T10:00:00+00:00 sip1 kamailio[12]: INFO: <core> [core/tcp_main.c:5073]: init_tcp(): using epoll_lt\n",
      status: 200,
    },
    { name: "which is there then", path: "/v1/instances/quiet/incidents", status: 200, json: { items: [] } },
    {
      name: "a start, with the sizes",
      method: "POST",
      path: LOGS,
      body: " 0(1) INFO: <core> [main.c:2834]: main(): processes (at least): 9 - shm size: 67108864 - pkg size: 8388608\n",
      status: 200,
      json: { starts: [{ processes: 9, shm_size: 67_108_864, pkg_size: 8_388_608, at: null }] },
    },
    {
      name: "a build",
      method: "POST",
      path: LOGS,
      body: fixture("5.6.3-debian-default/I.txt"),
      status: 422,
      code: "not_read_here",
      has: [".../builds"],
    },
    { name: "nothing", method: "POST", path: LOGS, body: "", status: 422, code: "empty_body" },
    { name: "prose", method: "POST", path: LOGS, body: "our server is slow", status: 422, code: "not_read_here" },
    {
      name: "a time that cannot be",
      method: "POST",
      path: `${LOGS}?at=yesterday`,
      body: failures([1]),
      status: 400,
      code: "invalid_parameter",
    },
  ]);

  test("twice counts once, a longer log counts what is new, an overlap is a lower bound", async () => {
    const path = "/v1/instances/twice/logs";
    const first = await post(`${path}?create=true`, failures([1, 2, 3]));
    const again = await post(path, failures([1, 2, 3]));
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.answer).toMatchObject({ duplicates: 1, incidents: [{ id: first.answer.incidents[0]?.id, count: 3 }] });
    const longer = await post(path, failures([1, 2, 3, 4, 5]));
    expect(longer.answer.incidents).toMatchObject([{ id: first.answer.incidents[0]?.id, count: 5, count_is_lower_bound: false }]);
    const overlap = await post(path, failures([4, 5, 6]));
    expect(overlap.answer.incidents).toMatchObject([{ count: 5, count_is_lower_bound: true }]);
  });

  test("after an hour of silence it is another incident, until a log shows that there was none", async () => {
    const path = "/v1/instances/gaps/logs";
    await post(`${path}?create=true`, failures([0]));
    await post(path, failures([50]));
    await post(path, failures([300]));
    expect((await list("/v1/instances/gaps/incidents")).items.map(({ count }) => count)).toEqual([1, 2]);
    await post(path, failures([0, 50, 100, 150, 200, 250, 300]));
    expect((await list("/v1/instances/gaps/incidents")).items.map(({ count }) => count)).toEqual([7]);
  });

  test("a log without times is told by its first line, also when it has grown", async () => {
    const path = "/v1/instances/timeless/logs";
    const line = " 2(7) ERROR: usrloc [urecord.c:61]: new_urecord(): could not allocate shared memory from shm pool\n";
    await post(`${path}?create=true`, line.repeat(2));
    const { answer } = await post(path, line.repeat(5));
    expect(answer).toMatchObject({ duplicates: 1, incidents: [{ count: 5, first_at: null }] });
    expect((await list("/v1/instances/timeless/incidents")).items).toHaveLength(1);
  });

  test("times far ahead are not kept", async () => {
    const { answer } = await post("/v1/instances/ahead/logs?create=true&at=2020-01-01T00:00:00Z", failures([1]));
    expect(answer.incidents).toMatchObject([{ count: 1, first_at: null }]);
  });

  test("secrets in a quoted line are gone", async () => {
    const site = "db_mysql [km_my_con.c:92]: db_mysql_new_connection(): mysql://kamailio:hunter2secret@db/kamailio";
    const { answer } = await post("/v1/instances/secret/logs?create=true", failures([1], site));
    expect(answer.incidents).toHaveLength(1);
    expect(answer.incidents[0]?.quote).toContain("mysql://kamailio:");
    expect(JSON.stringify([answer, await list("/v1/instances/secret/incidents")])).not.toContain("hunter2secret");
  });
});

describe("recorded incidents", () => {
  test("are listed newest first, by kind, pool and time, page by page", async () => {
    const path = "/v1/instances/lists";
    await post(`${path}/logs?create=true`, failures([1]));
    await post(`${path}/logs`, failures([600]));
    const died =
      "2026-11-20T11:00:00+00:00 sip1 kamailio[1]: ALERT: <core> [main.c:777]: handle_sigs(): child process 12 exited by a signal 11\n";
    expect((await post(`${path}/logs`, died)).status).toBe(201);
    const page = await list(`${path}/incidents?limit=2`);
    const rest = await list(`${path}/incidents?limit=2&cursor=${page.next_cursor}`);
    expect([...page.items, ...rest.items].map(({ kind }) => kind)).toEqual(["exhaustion", "child_died", "exhaustion"]);
    expect(rest.next_cursor).toBeNull();
    const counts = async (query: string) => (await list(`${path}/incidents?${query}`)).items.length;
    expect(await counts("kind=child_died")).toBe(1);
    expect(await counts("kind=child_died&kind=exhaustion")).toBe(3);
    expect(await counts("pool=shm")).toBe(2);
    expect(await counts("from=2026-11-20T10:30:00Z&to=2026-11-20T12:00:00Z")).toBe(1);
    expect(await counts("from=2026-11-20T12:00:00%2B01:00")).toBe(2);
  });

  runScenarios(server, [
    { name: "of an instance that nobody made", path: "/v1/instances/nobody/incidents", status: 404, code: "instance_not_found" },
    { name: "of a kind that is none", path: "/v1/instances/lists/incidents?kind=fire", status: 400, code: "invalid_parameter" },
    {
      name: "from after to",
      path: "/v1/instances/lists/incidents?from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z",
      status: 400,
      code: "invalid_parameter",
    },
  ]);
});
