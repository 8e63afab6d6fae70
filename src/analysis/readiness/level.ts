/** The level: what it takes until the allocation sites of both pools can be seen. */
import type { Situation } from "./situation.js";
import type { Ways } from "./ways.js";

/**
 * `ready`: at most runtime commands. `restart_needed`: an option, a module or the other binary, then a restart. `rebuild_needed`: another binary.
 * `unknown`: the texts do not tell what the binary can do.
 */
export type Level = "ready" | "restart_needed" | "rebuild_needed" | "unknown";

/**
 * The binary decides first. With debugging compiled in, a way that is known to be closed costs a restart; a way that is only not known
 * (no list of modules recorded) does not: stock configurations load ctl, cfg_rpc and kex, and the checks say what would tell.
 *
 * A gdb walk alone makes nobody ready: it needs gdb, the right to trace, and stops the process, none of which a text shows.
 */
export function levelOf(s: Situation, ways: Ways): Level {
  if (s.is_kamailio !== true || s.version === null) return "unknown";
  if (s.debug === null) return "unknown";
  if (s.debug === false || s.pkg_malloc === false) return diskHasIt(s) ? "restart_needed" : "rebuild_needed";
  return ways.sites.shm === false || ways.sites.pkg === false ? "restart_needed" : "ready";
}

/** The running process is judged, and the recorded binary has what it lacks. */
function diskHasIt(s: Situation): boolean {
  if (s.running === null || s.build === null) return false;
  return s.build.value.memory.debug === true && s.build.value.flags?.includes("PKG_MALLOC") !== false;
}
