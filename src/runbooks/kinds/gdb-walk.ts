/** Walk a pool with gdb: where no RPC answers, for a core file, or to hold the counters against what is really allocated. */
import type { Pool } from "../../kamailio/pool.js";
import { number, text } from "../ground.js";
import { CONTAINER, type KindOfRunbook, PID, POOL } from "../kind.js";
import { integer } from "../parameters.js";
import { freshSince } from "../plan.js";
import { gdbSteps } from "../steps/gdb.js";
import { findProcess, targetProcess } from "../steps/processes.js";
import { recordBuild, recordSettings } from "../steps/records.js";

export const gdbWalkKind: KindOfRunbook = {
  kind: "gdb_walk",
  title: "Walk a pool with gdb",
  when_to_use: "No RPC answers, the process hangs, there is only a core file, or the counters are not believed.",
  parameters: [
    POOL,
    PID,
    integer("skip", 0, 100_000_000, "Fragments to pass over: the first ones are of the start-up", 0),
    integer("stop", 1, 100_000_000, "Stop after so many fragments; the whole pool by default"),
    CONTAINER,
  ],
  plan: (g) => {
    const pool = (text(g, "pool") ?? "shm") as Pool;
    const target = targetProcess(g);
    const steps = gdbSteps(g, { pool, target, skip: number(g, "skip") ?? 0, stop: number(g, "stop"), since: freshSince(g) });
    return {
      title: `Walk ${pool} of ${g.facts.instance} with gdb`,
      steps: [recordBuild(g), recordSettings(g), findProcess(g, target), ...steps],
    };
  },
};
