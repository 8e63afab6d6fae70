/**
 * Every kind of runbook, followed literally by a script against the packaged Kamailio: the commands as they are printed, the curl that records the
 * result, and the next step, until nothing is left. What is not done is skipped for a reason that stands here.
 */
import { readFileSync } from "node:fs";
import { serve } from "@hono/node-server";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../src/http/app.js";
import { RUNBOOK_KINDS, type Runbook, type RunbookKind, type Step } from "../../src/runbooks/runbook.js";
import { createServices, stopServices } from "../../src/service/services.js";
import { openStore } from "../../src/store/store.js";
import { HAS_KAMAILIO, isInstalled, skipNote } from "../support/kamailio.js";
import { type Supervised, startSupervised } from "../support/supervised-kamailio.js";

const PARAMETERS: Partial<Record<RunbookKind, Record<string, unknown>[]>> = {
  out_of_memory: [{ pool: "shm" }, { pool: "pkg" }],
  leak_hunt: [{ pool: "shm" }, { pool: "pkg" }],
  quiet_test: [{ pool: "shm", wait_seconds: 120 }],
  collect_dump: [{ pool: "pkg", form: "list" }, { pool: "pkg" }],
  gdb_walk: [{ pool: "shm" }],
  resize: [{ shm_size_mb: 48 }],
  reload_leak: [{ command: "dispatcher.reload", repeats: 2 }],
  pre_upgrade_check: [{ to_version: "5.6.4" }],
};

/** Steps that are not done here, and why. */
const SKIPPED: Record<string, string> = {
  "*/reclaimable_slab": "drop_caches is for the whole machine",
  "*/read_core": "nothing crashed: there is no core",
  "*/config_check": "there is no newer binary here",
  "*/upgrade": "packages of the machine stay as they are",
  "pre_upgrade_check/after": "nothing was upgraded",
  "pre_upgrade_check/dump_after": "nothing was upgraded",
  "pre_upgrade_check/verify": "nothing was upgraded",
  "out_of_memory/verify": "a day without a failure is not waited for",
  "*/find_lines": "no allocation failed: there is no such line",
  "tls_low_memory/connections": "tls is not loaded",
  ...(isInstalled("gdb")
    ? {}
    : { "gdb_walk/gdb_check": "no gdb", "gdb_walk/gdb_script": "no gdb", "gdb_walk/gdb_walk": "no gdb" }),
};
/** Steps that record something and are decided by more than that. */
const RECORDS_WITHOUT_DECIDING: Record<string, string> = {
  "*/stuck_state": "a person compares the figures",
  "*/host_room": "a person compares the figures",
  "*/baseline": "the level after a start that was not seen",
  "*/dump_at_stop": "the dump above it came",
  "*/verify": "decided by the build or the size alone",
};
const rule = (rules: Record<string, string>, kind: string, step: string) => rules[`${kind}/${step}`] ?? rules[`*/${step}`];
const MAX_STEPS = 60;

const CAN = HAS_KAMAILIO && isInstalled("mawk") && isInstalled("curl");

describe.skipIf(!CAN)(CAN ? "runbooks, followed to the end" : skipNote("runbooks, followed to the end"), () => {
  let world: Supervised;
  let url = "";
  let stop = async () => {};
  beforeAll(async () => {
    world = await startSupervised();
    const now = () => Date.now() + world.offset();
    const store = openStore(":memory:", { raw_days: 14, rollup_days: 730 }, true);
    const services = createServices({ store, log: pino({ level: "silent" }), now, auth: "none" });
    const app = createApp({ ...services, version: "0.0.0-test", isStopping: () => false });
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
    await new Promise<void>((resolve) => server.once("listening", resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    stop = async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await stopServices(services);
      await store.close();
    };
    expect((await send("PUT", "/v1/instances/sip1")).status).toBe(201);
    const unit = await world.shell(`systemctl cat ${world.unit}`);
    expect((await send("POST", "/v1/instances/sip1/settings", unit.out)).status).toBe(201);
    expect((await send("POST", "/v1/instances/sip1/configs", readFileSync(world.config_file, "utf8"))).status).toBe(201);
  });
  afterAll(async () => {
    await stop();
    world.stop();
  });

  const send = (method: string, path: string, body?: string, type = "text/plain") =>
    fetch(`${url}${path}`, { method, ...(body === undefined ? {} : { body, headers: { "Content-Type": type } }) });
  const json = async (method: string, path: string, body?: unknown) => {
    const answer = await send(method, path, body === undefined ? undefined : JSON.stringify(body), "application/json");
    expect(answer.status, await answer.clone().text()).toBeLessThan(300);
    return (await answer.json()) as Runbook;
  };

  /** Types what the step prints, then what records it, as a person would: again when the answer is not there yet. */
  async function follow(path: string, step: Step): Promise<{ step: Step; said: string[] }> {
    const said: string[] = [];
    const typed = async (line: string) => {
      const { code, out } = await world.shell(line);
      said.push(`$ ${line}\n[${code}] ${out.slice(0, 1500)}`);
    };
    for (const { text } of step.commands) await typed(text);
    let current = step;
    for (let tries = 0; tries < 6; tries++) {
      if (step.submit !== null) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        await typed(step.submit);
      }
      const { steps } = await json("GET", path);
      current = steps.find(({ id }) => id === step.id) ?? step;
      if (step.submit === null || current.status !== "open") break;
    }
    return { step: current, said };
  }

  const CASES = RUNBOOK_KINDS.flatMap((kind) => (PARAMETERS[kind] ?? [{}]).map((given) => ({ kind, given })));

  test.each(CASES)("$kind $given", async ({ kind, given }) => {
    // What cron does every minute.
    const usage = await world.shell(
      `for c in core.shmmem pkg.stats; do kamcmd -s unixs:${world.folder}/run/kamailio_ctl $c; done`,
    );
    expect((await send("POST", "/v1/instances/sip1/usage", usage.out)).status).toBeLessThan(300);
    const made = await json("POST", "/v1/instances/sip1/runbooks", { kind, ...given });
    const path = `/v1/instances/sip1/runbooks/${made.id}`;
    for (let count = 0; ; count++) {
      const { next_step, steps } = await json("GET", path);
      if (next_step === null) break;
      expect(count, `it goes round at ${next_step}`).toBeLessThan(MAX_STEPS);
      const step = steps.find(({ id }) => id === next_step);
      if (step === undefined) throw new Error(`no step ${next_step}`);
      const reason = rule(SKIPPED, kind, step.id);
      if (reason !== undefined) {
        await json("PATCH", `${path}/steps/${step.id}`, { status: "skipped", note: reason });
        continue;
      }
      const { step: after, said } = await follow(path, step);
      expect(after.status, `${step.id}: ${after.satisfied_by?.detail ?? ""}\n${said.join("\n")}`).not.toBe("failed");
      if (after.status !== "open") continue;
      if (step.submit !== null)
        expect(
          rule(RECORDS_WITHOUT_DECIDING, kind, step.id),
          `${step.id} is not satisfied by what it records:\n${said.join("\n")}`,
        ).toBeDefined();
      await json("PATCH", `${path}/steps/${step.id}`, { status: "done", note: "followed" });
    }
    const { steps, status } = await json("GET", path);
    expect(status).toBe("done");
    for (const { id, status: came } of steps) expect(["satisfied", "done", "skipped"], id).toContain(came);
  });
});
