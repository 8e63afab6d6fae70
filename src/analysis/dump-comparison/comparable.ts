/** Can these dumps be compared, and what weakens the comparison? */
import type { Dump } from "../../kamailio/dump/dump.js";

/** Forms that list no allocation site. */
const WITHOUT_SITES: ReadonlySet<Dump["form"]> = new Set(["free_list", "matrix", "short_status", "report"]);

export interface Comparability {
  /** False: the differences below would mean nothing. */
  comparable: boolean;
  /** The pool or the process was started anew between two of the dumps. */
  restarted: boolean;
  warnings: string[];
}

/** `labels` name the dumps in the warnings. */
export function comparability(dumps: readonly Dump[], labels: readonly string[]): Comparability {
  const warnings: string[] = [];
  let comparable = dumps.length >= 2;
  let restarted = false;
  if (dumps.length < 2)
    warnings.push("one dump is an inventory; a comparison needs two, better three, of the same process and pool");
  dumps.forEach((dump, index) => {
    const label = labels[index] ?? `dump ${index + 1}`;
    if (WITHOUT_SITES.has(dump.form)) {
      comparable = false;
      warnings.push(
        `${label} (${dump.form}) lists no allocation site: take a summary (mem_summary 12) or mod.stats of a build with memory debugging`,
      );
    }
    if (!dump.complete)
      warnings.push(`${label} is incomplete (${dump.incomplete_reason ?? "lines are missing"}): its figures are lower bounds`);
    if (dump.sites.some(({ bytes }) => bytes < 0))
      warnings.push(`${label} holds negative sizes: the counter wrapped above 2 GiB`);
  });
  for (let index = 1; index < dumps.length; index++) {
    const base = dumps[index - 1] as Dump;
    const later = dumps[index] as Dump;
    const pair = `${labels[index - 1] ?? `dump ${index}`} and ${labels[index] ?? `dump ${index + 1}`}`;
    if (base.pool !== null && later.pool !== null && base.pool !== later.pool) {
      comparable = false;
      warnings.push(`${pair} are of different pools (${base.pool}, ${later.pool})`);
    }
    if (base.manager !== null && later.manager !== null && base.manager !== later.manager)
      warnings.push(
        `${pair} are of different memory managers (${base.manager}, ${later.manager}): sizes are rounded differently`,
      );
    if (base.taken_at !== null && later.taken_at !== null && Date.parse(later.taken_at) < Date.parse(base.taken_at))
      warnings.push(`${pair}: the base is newer than the later dump; deltas and rates are turned round`);
    const restart = restartBetween(base, later);
    if (restart !== null) {
      restarted = true;
      warnings.push(`${pair}: ${restart}, so Kamailio was restarted between them and the later one starts from nothing`);
    } else if (later.pool !== "shm" && base.pool !== "shm") {
      if (base.process !== null && later.process !== null && base.process !== later.process)
        warnings.push(
          `${pair} are of different processes ("${base.process}", "${later.process}"): private pools differ by the process' work`,
        );
      else if (base.pid !== null && later.pid !== null && base.pid !== later.pid)
        warnings.push(
          `${pair} are of different pids (${base.pid}, ${later.pid}): another process, or the same one after a restart`,
        );
    }
  }
  return { comparable, restarted, warnings };
}

/** max_used is a peak since the start: it never falls while the process lives; a pool never changes its size either. */
function restartBetween(base: Dump, later: Dump): string | null {
  if (
    base.process_index !== null &&
    base.process_index === later.process_index &&
    base.pid !== null &&
    later.pid !== null &&
    base.pid !== later.pid
  )
    return `process ${base.process_index} has another pid (${base.pid}, then ${later.pid})`;
  const samePool = base.pool === "shm" || (base.pid !== null && base.pid === later.pid);
  if (!samePool) return null;
  if (base.heap_size !== null && later.heap_size !== null && base.heap_size !== later.heap_size && base.manager === later.manager)
    return `the pool's size changed from ${base.heap_size} to ${later.heap_size} bytes`;
  if (base.max_used !== null && later.max_used !== null && later.max_used < base.max_used)
    return `max_used fell from ${base.max_used} to ${later.max_used} bytes`;
  return null;
}
