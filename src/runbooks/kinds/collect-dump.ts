/** Collect a dump: an inventory of one pool, taken the quietest way, posted, and looked over for completeness. */
import type { Pool } from "../../kamailio/pool.js";
import { type Ground, text } from "../ground.js";
import { CONTAINER, type KindOfRunbook, PID, POOL } from "../kind.js";
import { word } from "../parameters.js";
import { freshSince, type StepPlan } from "../plan.js";
import { dumpAtStop } from "../steps/dump-at-stop.js";
import { dumpStep, liftLogLimit } from "../steps/dumps.js";
import { findProcess, targetProcess } from "../steps/processes.js";
import { recordBuild, recordSettings } from "../steps/records.js";
import { needSites } from "../steps/sites.js";

export const collectDump: KindOfRunbook = {
  kind: "collect_dump",
  title: "Collect a memory dump",
  when_to_use: "You want to know what is allocated in a pool right now, by allocation site.",
  parameters: [POOL, PID, word("form", ["sums", "list"], "Bytes and chunks by site, or every chunk", "sums"), CONTAINER],
  plan: (g) => {
    const pool = (text(g, "pool") ?? "shm") as Pool;
    const form = text(g, "form") === "list" ? "list" : "sums";
    return { title: `Collect a dump of ${pool} on ${g.facts.instance}`, steps: collect(g, pool, form) };
  },
};

function collect(g: Ground, pool: Pool, form: "sums" | "list"): StepPlan[] {
  const target = pool === "pkg" ? targetProcess(g) : null;
  const dump = dumpStep(g, {
    id: "take_dump",
    phase: "collect",
    title: `Dump ${pool}${target === null ? "" : ` of pid ${target.pid}`}`,
    why:
      pool === "shm"
        ? "One pool for all processes: any of them can print it."
        : `Each process prints its own pool. ${target === null ? "Choose the process first." : `This one: ${target.reason}.`} mod.stats with pkg would show the pool of the process that answers RPC, not of the SIP workers.`,
    pool,
    target,
    form,
    since: freshSince(g),
  });
  return [
    recordBuild(g),
    recordSettings(g),
    ...needSites(g),
    ...(pool === "pkg" ? [findProcess(g, target)] : []),
    ...[liftLogLimit(g, { pool, target, form })].filter((one) => one !== null),
    dump,
    dumpAtStop(g, { pool, target, since: freshSince(g) }, form),
  ];
}
