/**
 * From the first "out of memory" line to the named allocation site and the fixed release, following only what the runbook says. The packaged
 * Kamailio 5.6.3 leaks in an async worker when a request has a Require header (commit 6c372bf644 fixed it in 5.6.4).
 */
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HAS_KAMAILIO, isInstalled, type RealKamailio, startKamailio } from "../support/kamailio.js";
import { testServer } from "../support/server.js";

const run = promisify(execFile);
const server = testServer();
const LEAKS =
  HAS_KAMAILIO && isInstalled("sipp") && execFileSync("kamailio", ["-V"], { encoding: "utf8" }).includes("kamailio 5.6.3");
const SCENARIO = fileURLToPath(new URL("../fixtures/sipp/register-with-require.xml", import.meta.url));

const MODULES = ["tm", "tmx", "rr", "maxfwd", "usrloc", "registrar", "textops", "siputils", "xlog", "sanity", "async"];
const CONFIG = `${MODULES.map((name) => `loadmodule "${name}.so"`).join("\n")}
async_workers=1
modparam("usrloc", "db_mode", 0)
`;
const ROUTES = `request_route {
  if (is_method("REGISTER")) {
    if (!t_newtran()) { sl_reply_error(); exit; }
    if (!async_task_route("SAVE")) sl_send_reply("500", "async error");
    exit;
  }
  sl_send_reply("200", "OK");
}
route[SAVE] {
  if (!save("location")) sl_reply_error();
  exit;
}`;

/** A full pool of 1 MB: what is free beside the start-up takes some two thousand messages. */
const MESSAGES_A_ROUND = 700;
const MOST_ROUNDS = 12;

interface Step {
  id: string;
  status: string;
  commands: { text: string }[];
  submit: string | null;
}
interface Runbook {
  id: string;
  next_step: string | null;
  steps: Step[];
}

describe.skipIf(!LEAKS)(
  LEAKS ? "a real leak" : "a real leak (skipped: apt-get install kamailio sip-tester, Kamailio 5.6.3)",
  () => {
    let kamailio: RealKamailio;
    let environment: NodeJS.ProcessEnv;
    beforeAll(async () => {
      kamailio = await startKamailio(["-m", "64", "-M", "1"], CONFIG, ROUTES);
      const bin = join(kamailio.folder, "bin");
      mkdirSync(bin);
      // kamcmd finds the test's socket, and sudo is the user of the test.
      writeFileSync(
        join(bin, "kamcmd"),
        `#!/bin/sh\nexec ${execFileSync("which", ["kamcmd"], { encoding: "utf8" }).trim()} -s unixs:${kamailio.folder}/kamailio_ctl "$@"\n`,
      );
      writeFileSync(join(bin, "sudo"), '#!/bin/sh\nexec "$@"\n');
      for (const name of ["kamcmd", "sudo"]) chmodSync(join(bin, name), 0o755);
      environment = { ...process.env, PATH: `${bin}:${process.env.PATH}`, LOG: join(kamailio.folder, "log") };
    });
    afterAll(() => kamailio.stop());

    const register = (messages: number) =>
      run(
        "sipp",
        [
          "-sf",
          SCENARIO,
          `127.0.0.1:${kamailio.sip_port}`,
          "-i",
          "127.0.0.1",
          "-m",
          `${messages}`,
          "-r",
          "500",
          "-l",
          "2000",
          "-timeout",
          "20",
          "-nostdin",
        ],
        { cwd: kamailio.folder },
      ).catch(() => null);
    const shell = (line: string) => run("sh", ["-c", line], { env: environment, maxBuffer: 64 * 1_048_576 });
    const get = async <T>(path: string) => (await (await server.fetch(`/v1/instances/sip1/${path}`)).json()) as T;

    test("is named with its site and the release that fixes it, by following the runbook", async () => {
      await server.fetch("/v1/instances/sip1", { method: "PUT" });
      for (let round = 0; round < MOST_ROUNDS && !kamailio.log().includes("could not allocate private memory"); round++)
        await register(MESSAGES_A_ROUND);
      expect(kamailio.log()).toContain("could not allocate private memory from pkg pool");

      const posted = await server.fetch("/v1/instances/sip1/logs", { method: "POST", body: kamailio.log() });
      expect(posted.status).toBe(201);
      const created = await server.fetch("/v1/instances/sip1/runbooks", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: '{"kind":"out_of_memory"}',
      });
      expect(created.status).toBe(201);
      const { id } = (await created.json()) as Runbook;

      const followed: string[] = [];
      for (let turn = 0; turn < 20; turn++) {
        const runbook = await get<Runbook>(`runbooks/${id}`);
        const step = runbook.steps.find((one) => one.id === runbook.next_step);
        if (step === undefined || step.id === "raise_pool" || step.id === "verify") break;
        followed.push(step.id);
        if (step.id === "dump_before_restart") {
          for (const { text } of step.commands) await shell(text);
          // The worker writes its dump when it next wakes up.
          await register(20);
        }
        if (step.submit !== null) await shell(step.submit).catch(() => null);
        const after = (await get<Runbook>(`runbooks/${id}`)).steps.find((one) => one.id === step.id);
        // This server is started by nobody: there is no unit to record.
        if (after?.status === "open")
          await server.fetch(`/v1/instances/sip1/runbooks/${id}/steps/${step.id}`, {
            method: "PATCH",
            headers: { "Content-Type": "application/json" },
            body: '{"status":"skipped"}',
          });
      }
      expect(followed).toEqual(["record_build", "record_settings", "record_service", "usage_now", "dump_before_restart"]);
      const { steps } = await get<Runbook>(`runbooks/${id}`);
      expect(Object.fromEntries(steps.map((step) => [step.id, step.status]))).toMatchObject({
        find_lines: "satisfied",
        name_pool: "satisfied",
        find_process: "satisfied",
        record_settings: "satisfied",
        dump_before_restart: "satisfied",
        phantom: "satisfied",
      });

      const { items } = await get<{ items: { id: string; pool: string; process: string; complete: boolean }[] }>("dumps");
      expect(items[0]).toMatchObject({ pool: "pkg", process: "Async Task Worker - default", complete: true });
      const sites = await get<{ items: { function: string; count: number }[] }>(`dumps/${items[0]?.id}/sites?order=count`);
      expect(sites.items.find((site) => site.function === "parse_require")?.count).toBeGreaterThan(1000);

      const diagnosis = await get<{
        ok: boolean;
        known_issues: { id: string; certainty: string; upgrade_to: string; fixed_in: string[] }[];
      }>("diagnosis?pool=pkg");
      expect(diagnosis.ok).toBe(false);
      expect(diagnosis.known_issues[0]).toMatchObject({
        id: "KI-0016",
        certainty: "likely",
        upgrade_to: "5.6.4",
        fixed_in: expect.arrayContaining(["5.6.4"]),
      });
      const report = await (await server.fetch("/v1/instances/sip1/report")).text();
      expect(report).toContain("parse_require");
      expect(report).toContain("5.6.4");
      expect(report.length).toBeLessThan(60_000);
    }, 120_000);
  },
);
