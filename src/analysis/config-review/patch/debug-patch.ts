/**
 * The patch that puts a configuration into memory-debugging mode, and the one that takes it back.
 *
 * On: the dump at shutdown, by SIGUSR1 and by `corex.shm_*` reaches the log (`memlog` not above `debug`), each call of the allocator does not
 * (`memdbg` above it), `mem_summary` gives the sums by allocation site of both pools, and the modules are there that memory is asked for with.
 */
import { versionInRange } from "../../../kamailio/version.js";
import type { ConfigFacts } from "../facts.js";
import { type Edit, loadModules, setCoreParameter } from "./edits.js";
import { diffOf } from "./unified-diff.js";

export interface ConfigPatch {
  /** Unified diff; "" when the configuration is in that mode already. */
  debug_on: string;
  debug_off: string;
  changes: { file: string; line: number; write: string[]; why: string }[];
  warnings: string[];
}

/** Level of the dumps in the log: NOTICE, below the INFO of stock configurations and above WARNING, so that alarms on warnings stay quiet. */
const DUMP_LEVEL = 1;
/** What stock configurations set: above every `debug` that is used. */
const QUIET_LEVEL = 5;
/** pkg and shm sums by site (bits 4 and 8). */
const SUMS = 12;
/** pkg and shm chunk lists (bits 1 and 2): all that a build without debugging can say. */
const LISTS = 3;

/** The RPC modules: kamcmd's door, then pkg.stats and mod.stats, then shm.stats and corex.*, then cfg.set_now_int. */
export const DEBUG_MODULES = [
  { name: "ctl", since: "3.3.5", until: null },
  { name: "kex", since: "3.3.5", until: null },
  { name: "corex", since: "4.2.0", until: null },
  { name: "cfg_rpc", since: "3.3.5", until: null },
] as const;

/** The modules of the list that this release has and this configuration does not load. */
export function missingDebugModules(facts: ConfigFacts): string[] {
  return DEBUG_MODULES.filter(
    (row) => !facts.loaded(row.name) && (facts.version === null || versionInRange(facts.version, row)),
  ).map((row) => row.name);
}

/** The value of `memlog` that lets dumps through: the level of the log, at most NOTICE. */
export function loudMemlog(debug: number): number {
  return Math.min(DUMP_LEVEL, debug);
}

/** The value of `memdbg` or `memlog` that keeps them out of the log. */
export function quietLevel(debug: number): number {
  return Math.max(QUIET_LEVEL, debug + 1);
}

/** The `mem_summary` that gives sites: sums, or lists where the build keeps no sites. */
export function wantedSummary(facts: ConfigFacts): number {
  return facts.build?.memory.debug === false ? LISTS : SUMS;
}

export function debugPatch(facts: ConfigFacts): ConfigPatch {
  const warnings: string[] = [];
  const on = withoutGaps(debugEdits(facts), warnings);
  const { forward, backward } = diffOf(facts.reading, on);
  const off = on.length > 0 ? backward : diffOf(facts.reading, withoutGaps(quietEdits(facts), warnings)).forward;
  const changes = on.map(({ file, line, action, write, why }) => ({
    file,
    line: action === "replace" ? line : line + 1,
    write,
    why,
  }));
  return { debug_on: forward, debug_off: off, changes, warnings };
}

function debugEdits(facts: ConfigFacts): (Edit | string | null)[] {
  const debug = facts.debugAtStart() ?? 0;
  const memlog = facts.core("memlog");
  const memdbg = facts.core("memdbg");
  const summary = facts.core("mem_summary");
  const wanted = wantedSummary(facts);
  const edits: (Edit | string | null)[] = [];
  if (memlog === null || memlog > debug)
    edits.push(set(facts, "memlog", loudMemlog(debug), "dumps reach the log: memlog is not above debug"));
  if (memdbg !== null && memdbg <= debug)
    edits.push(set(facts, "memdbg", quietLevel(debug), "a line for each call of the allocator would drown the dump"));
  if (summary === null || (summary & wanted) !== wanted)
    edits.push(
      set(
        facts,
        "mem_summary",
        wanted,
        wanted === SUMS ? "sums by allocation site of pkg and shm" : "chunk lists: this build keeps no sites",
      ),
    );
  edits.push(loadModules(facts.reading, missingDebugModules(facts), "RPC commands that read memory and switch dumps"));
  return edits;
}

function quietEdits(facts: ConfigFacts): (Edit | string | null)[] {
  const debug = facts.debugAtStart() ?? 0;
  return [
    set(facts, "memlog", quietLevel(debug), "no dump in the log"),
    set(facts, "memdbg", quietLevel(debug), "no line for each call of the allocator"),
  ];
}

function set(facts: ConfigFacts, name: string, value: number, why: string): Edit | string {
  return (
    setCoreParameter(facts.reading, name, value, why) ??
    `${name} could not be changed where it stands: set ${name}=${value} by hand`
  );
}

function withoutGaps(edits: (Edit | string | null)[], warnings: string[]): Edit[] {
  const kept: Edit[] = [];
  for (const edit of edits) {
    if (typeof edit === "string") warnings.push(edit);
    else if (edit !== null) kept.push(edit);
  }
  return kept;
}
