/**
 * Every command of every answer, for instances that are reached in different ways: through the tool, the socket and the container of that instance
 * alone, and only for what its modules answer.
 */
import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { moduleOfRpc } from "../../src/kamailio/knowledge/rpc-commands.js";
import { splitShellCommands } from "../../src/kamailio/shell-words.js";
import { RUNBOOK_KINDS } from "../../src/runbooks/runbook.js";
import { buildText } from "../support/build-text.js";
import { DEBUG } from "../support/readiness.js";
import { testServer } from "../support/server.js";

const server = testServer();
const post = async (path: string, body: string, type = "text/plain") => {
  const answer = await server.fetch(path, { method: "POST", headers: { "Content-Type": type }, body });
  expect([200, 201], `${path}: ${await answer.clone().text()}`).toContain(answer.status);
  return answer.json() as Promise<unknown>;
};

interface Instance {
  name: string;
  /** Texts: endpoint and body. */
  records: [string, string][];
  /** What every call of RPC begins with; `null`: there is none. */
  door: RegExp | null;
  modules: string[] | null;
  /** The unit or the container that restarts and logs name. */
  named?: string;
}

const modules = (...names: string[]) => names.map((name) => `loadmodule "${name}.so"`).join("\n");
const MEMORY = ["kex", "corex", "cfg_rpc", "tm"];
const ROUTE = 'request_route { exit; }\nevent_route[xhttp:request] { if ($hu =~ "^/rpc/") { jsonrpc_dispatch(); } }\n';
const unit = (name: string, folder: string) =>
  `# /etc/systemd/system/${name}.service\n[Service]\nExecStart=/usr/sbin/kamailio -DD -f /etc/${name}.cfg -m 64 -M 8 -Y ${folder} -P ${folder}/pid\n`;

const INSTANCES: Instance[] = [
  {
    name: "ctl-default",
    records: [["configs", modules("ctl", ...MEMORY)]],
    door: /^kamcmd (?!-s)/,
    modules: ["ctl", ...MEMORY],
  },
  {
    name: "ctl-socket",
    records: [["configs", `${modules("ctl", ...MEMORY)}\nmodparam("ctl", "binrpc", "unix:/run/it's mine/ctl")`]],
    door: /^kamcmd -s 'unix:\/run\/it'\\''s mine\/ctl' /,
    modules: ["ctl", ...MEMORY],
  },
  {
    name: "fifo",
    records: [["configs", `${modules("jsonrpcs", ...MEMORY)}\nmodparam("jsonrpcs", "fifo_name", "/run/a/rpc.fifo")`]],
    door: /^RPCFIFOPATH=\/run\/a\/rpc\.fifo kamctl rpc /,
    modules: ["jsonrpcs", ...MEMORY],
  },
  {
    name: "http",
    records: [
      [
        "configs",
        `listen=tcp:10.0.0.1:8060\n${modules("xhttp", "jsonrpcs", ...MEMORY)}\nmodparam("jsonrpcs", "transport", 1)\n${ROUTE}`,
      ],
    ],
    door: /^curl -sS -H 'Content-Type: application\/json' --data-binary .* http:\/\/10\.0\.0\.1:8060\/rpc\/$/,
    modules: ["xhttp", "jsonrpcs", ...MEMORY],
  },
  { name: "nothing", records: [["configs", modules("tm", "sl")]], door: null, modules: ["tm", "sl"] },
  {
    name: "no-kex",
    records: [["configs", modules("ctl", "cfg_rpc")]],
    door: /^kamcmd (?!-s)/,
    modules: ["ctl", "cfg_rpc"],
  },
  {
    name: "host-a",
    records: [
      ["settings", unit("kamailio-a", "/run/kamailio-a")],
      ["configs", modules("ctl", ...MEMORY)],
    ],
    door: /^kamcmd -s unixs:\/run\/kamailio-a\/kamailio_ctl /,
    modules: ["ctl", ...MEMORY],
    named: "kamailio-a",
  },
  {
    name: "host-b",
    records: [
      ["settings", unit("kamailio@b", "/run/b")],
      ["configs", modules("ctl", ...MEMORY)],
    ],
    door: /^kamcmd -s unixs:\/run\/b\/kamailio_ctl /,
    modules: ["ctl", ...MEMORY],
    named: "kamailio@b",
  },
  {
    name: "docker",
    records: [
      ["settings", "docker run -d --name edge kamailio/kamailio:5.6.3 -m 64 -M 8"],
      ["configs", modules("ctl", ...MEMORY)],
    ],
    door: /^docker exec edge kamcmd (?!-s)/,
    modules: ["ctl", ...MEMORY],
    named: "edge",
  },
];

const USAGE = `${JSON.stringify({
  at: new Date(Date.now() - 60_000).toISOString(),
  shm: { total: 67_108_864, free: 500_000, used: 60_000_000, real_used: 66_600_000, max_used: 67_000_000, fragments: 40 },
  pkg: [
    {
      pid: 4711,
      rank: 1,
      used: 100,
      free: 8_000_000,
      real_used: 388_608,
      total_size: 8_388_608,
      total_frags: 4,
      desc: "udp receiver",
    },
  ],
})}\n`;
const LOG =
  "Mar  1 12:00:00 h /usr/sbin/kamailio[4711]: ERROR: <core> [core/mem/shm.c:1]: could not allocate shared memory from shm pool\n";

/** Where answers keep commands. */
const KEYS = new Set(["commands", "command", "runtime_command", "undo", "submit", "roll_back"]);

function commandsIn(value: unknown, inside = false): string[] {
  if (typeof value === "string") return inside ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((one) => commandsIn(one, inside));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, one]) =>
    key === "run_on" ? [] : commandsIn(one, inside ? key === "text" : KEYS.has(key)),
  );
}

/** The calls of RPC of a command line: as they are typed, and the method that they ask for. */
function callsIn(line: string): { typed: string; method: string }[] {
  const pieces = line.split(/; |\s\|\s|\n/).map((piece) => piece.replace(/^(?:\{ |do |for .*? do )+/, ""));
  return pieces.flatMap((typed) => {
    if (typed.startsWith("#") || typed.startsWith("echo ")) return [];
    const method =
      /"method":"([\w.]+)"/.exec(typed)?.[1] ??
      (/\b(?:kamcmd|sercmd|kamctl rpc)\b/.test(typed) ? /(?:^|\s)([a-z]\w*\.\w+)(?=\s|$)/.exec(typed)?.[1] : undefined);
    return method === undefined ? [] : [{ typed, method }];
  });
}

describe.each(INSTANCES)("$name", ({ name, records, door, modules: loaded, named }) => {
  const path = (rest: string) => `/v1/instances/${name}/${rest}`;
  const gather = async () => {
    expect((await server.fetch(`/v1/instances/${name}`, { method: "PUT" })).status).toBe(201);
    await post(path("builds"), buildText({ version: "5.6.3", memory: DEBUG }));
    for (const [endpoint, text] of records) await post(path(endpoint), text);
    await post(path("usage"), USAGE, "application/x-ndjson");
    await post(path("logs"), LOG);
    await post(path("host-memory"), "MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 20 kB\n");
    const answers = await Promise.all(
      ["readiness", "diagnosis", "sizing", "config-review", "build-plan", "report", "host-memory"].map(async (one) => {
        const answer = await server.fetch(path(one), { headers: { Accept: "application/json" } });
        expect(answer.status, one).toBe(200);
        return answer.json() as Promise<unknown>;
      }),
    );
    for (const kind of RUNBOOK_KINDS) answers.push(await post(path("runbooks"), JSON.stringify({ kind }), "application/json"));
    for (const kind of ["leak_hunt", "collect_dump", "out_of_memory", "fragmentation", "quiet_test"])
      answers.push(await post(path("runbooks"), JSON.stringify({ kind, pool: "pkg" }), "application/json"));
    return [...new Set(answers.flatMap((answer) => commandsIn(answer)))];
  };
  let lines: string[] = [];
  beforeAll(async () => {
    lines = await gather();
  });

  test("asks through its own door, and only for what its modules answer", () => {
    expect(lines.length).toBeGreaterThan(40);
    const calls = lines.filter((line) => !line.startsWith("cat > /tmp")).flatMap(callsIn);
    if (door === null) expect(calls).toEqual([]);
    else {
      expect(calls.length).toBeGreaterThan(10);
      for (const { typed, method } of calls) {
        expect(typed).toMatch(door);
        const module = moduleOfRpc(method);
        if (module !== null && module !== "core") expect(loaded, typed).toContain(module);
      }
    }
  });

  test("names its own unit or container, and leaves no name open that is known", () => {
    const restarts = lines.filter((line) =>
      /systemctl (?:restart|cat|edit)|journalctl -u|docker (?:restart|logs|exec)/.test(line),
    );
    expect(restarts.length).toBeGreaterThan(0);
    if (named !== undefined)
      for (const line of restarts)
        if (!line.includes("systemd-journald"))
          expect(line, line).toMatch(new RegExp(`(?:-u|restart|cat|edit --full|exec|logs --since \\d+m) ${named}\\b`));
    for (const line of lines)
      expect(line.replaceAll(/\$\{\w+:\?[^}]*\}/g, ""), line).not.toMatch(/\b(?:MAIN_PID|PID|CONTAINER|CORE)\b/);
    expect(lines.some((line) => line.includes("4711"))).toBe(true);
  });

  test("records at this service, under its own name", () => {
    const submits = lines.filter((line) => line.includes("/v1/instances/"));
    expect(submits.length).toBeGreaterThan(10);
    for (const line of submits) expect(line).toContain(`${server.url}/v1/instances/${name}/`);
  });

  test("is shell", () => {
    const read = spawnSync("sh", ["-n"], { input: `${lines.join("\n")}\n`, encoding: "utf8" });
    expect(read.stderr).toBe("");
    for (const line of lines) expect(splitShellCommands(line), line).not.toBeNull();
  });
});
