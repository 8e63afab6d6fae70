/** Rules: do the dumps reach the log, and does nothing else drown it? */
import { factAt, rowAt, SETTING_DEFAULTS } from "../../../kamailio/knowledge/releases.js";
import type { ConfigFacts } from "../facts.js";
import { type ConfigFinding, finding } from "../finding.js";
import { loudMemlog, quietLevel, wantedSummary } from "../patch/debug-patch.js";

/** Bits of mem_summary: chunk lists of pkg and shm, sums of pkg and shm, headers only. */
const LISTS = 3;
const SUMS = 12;
const HIGHEST_SUMMARY = 31;
/** L_DBG: the log line for line of the core. */
const DEBUG_LEVEL = 3;

/** `memlog` above `debug`: nothing is dumped at shutdown (facts: src/core/pt.c and cleanup(), every release). */
export function memlogAgainstDebug(facts: ConfigFacts): ConfigFinding[] {
  const debug = facts.debugAtStart();
  const memlog = facts.core("memlog");
  if (debug === null || memlog === null) return [];
  const where = facts.assigned("memlog");
  if (memlog > debug)
    return [
      finding("memlog_above_debug", "warning", where, {
        message: `memlog=${memlog}${where === null ? " (default)" : ""} is above debug=${debug}: memory dumps at shutdown, by SIGUSR1 and by corex.shm_status are not written`,
        why: "A dump is logged at level memlog, and the log takes levels up to debug; only mem_dump_pkg and mem_dump_shm pass, at ALERT (src/core/pt.c:521-528@5.6.3)",
        write: `memlog=${loudMemlog(debug)}`,
      }),
    ];
  return [
    finding("memlog_on", "info", where, {
      message: `memlog=${memlog} is not above debug=${debug}: every process writes its memory status to the log when Kamailio stops`,
      why: "Right while memory is debugged; else a stop writes a line for each allocation site or chunk (src/main.c, cleanup()@5.6.3)",
      write: `memlog=${quietLevel(debug)}`,
    }),
  ];
}

/** `memdbg` not above `debug`: each malloc and free is a line in the log. */
export function memdbgAgainstDebug(facts: ConfigFacts): ConfigFinding[] {
  const debug = facts.debugAtStart();
  const memdbg = facts.core("memdbg");
  if (debug === null || memdbg === null || memdbg > debug || facts.build?.memory.debug === false) return [];
  return [
    finding("memdbg_floods_log", "error", facts.assigned("memdbg"), {
      message: `memdbg=${memdbg} is not above debug=${debug}: every allocation and every free is logged`,
      why: "Builds with memory debugging log each call of the allocator at level memdbg (MDBG, src/core/mem/q_malloc.c@5.6.3)",
      write: `memdbg=${quietLevel(debug)}`,
    }),
  ];
}

/** `debug=3` logs each step of each message. */
export function debugLevel(facts: ConfigFacts): ConfigFinding[] {
  const debug = facts.debugAtStart();
  if (debug === null || debug < DEBUG_LEVEL) return [];
  return [
    finding("debug_level_high", "warning", facts.assigned("debug"), {
      message: `debug=${debug} logs every step of every message; dumps drown in it and journald or rsyslog drop lines`,
      why: "Level 3 is L_DBG (src/core/dprint.h@5.6.3); rate limits of the log daemon count all lines of the process",
      write: "debug=2",
    }),
  ];
}

/** What `mem_summary` makes of a dump in this release. */
export function memSummary(facts: ConfigFacts): ConfigFinding[] {
  const where = facts.assigned("mem_summary");
  const summary = facts.core("mem_summary");
  if (summary === null) return [];
  const source = rowAt(SETTING_DEFAULTS.mem_summary, facts.version)?.source ?? "src/core/cfg_core.c:113@5.6.0";
  const byDefault = where === null ? `the default of ${facts.version?.text ?? "this release"}` : "as set";
  const wanted = wantedSummary(facts);
  const write = `mem_summary=${wanted}`;
  if (summary < 0 || summary > HIGHEST_SUMMARY)
    return [
      finding("mem_summary_out_of_range", "warning", where, {
        message: `mem_summary=${summary} is outside of 0..31: what is above 16 means nothing`,
        why: `cfg.set_now_int refuses such a value, the file does not (${source})`,
        write,
      }),
    ];
  if ((summary & (LISTS | SUMS)) === 0)
    return [
      finding("mem_summary_nothing", "warning", where, {
        message: `mem_summary=${summary}: no dump prints chunks or sites`,
        why: `Bits 1 and 2 list chunks, 4 and 8 give sums (${source})`,
        write,
      }),
    ];
  if (wanted === LISTS && (summary & LISTS) === 0)
    return [
      finding("mem_summary_needs_debug_build", "warning", where, {
        message: `mem_summary=${summary} (${byDefault}) prints sums by site only, and this build keeps no sites: the dump is empty`,
        why: "qm_sums() needs DBG_SR_MEMORY; without it the chunk list still shows sizes (src/core/mem/q_malloc.c@5.6.3)",
        write,
      }),
    ];
  if ((summary & SUMS) === 0)
    return [
      finding("mem_summary_lists_only", "info", where, {
        message: `mem_summary=${summary} (${byDefault}) lists every chunk, three lines each, and gives no sums by site`,
        why: `A list of shm is written under its lock and can be millions of lines; sums are a line for each site (${source})`,
        write,
      }),
    ];
  if ((summary & LISTS) === 0)
    return [
      finding("mem_summary_sums_only", "info", where, {
        message: `mem_summary=${summary} (${byDefault}) prints sums by allocation site and no chunk list`,
        why: `Enough to name a leak; mem_dump_pkg obeys it too, so a list needs mem_summary=15 first (pt.c:531,535@4.3.4, ${source})`,
      }),
    ];
  return [];
}

/** Neighbouring free chunks are joined from 5.3.0 on by default. */
export function memJoin(facts: ConfigFacts): ConfigFinding[] {
  const join = facts.core("mem_join");
  if (join !== 0) return [];
  const where = facts.assigned("mem_join");
  const byDefault = factAt(SETTING_DEFAULTS.mem_join, facts.version) === 0;
  return [
    finding("mem_join_off", "warning", where, {
      message:
        where === null
          ? `mem_join is 0, the default of ${facts.version?.text}: neighbouring free chunks are not joined, and the pool fragments`
          : `mem_join=0: neighbouring free chunks are not joined, and the pool fragments`,
      why: byDefault
        ? "The default is 0 up to 5.2 and 1 since 5.3.0 (src/core/cfg_core.c:116@5.3.0)"
        : "The default is 1 since 5.3.0 (src/core/cfg_core.c:116@5.3.0)",
      write: "mem_join=1",
    }),
  ];
}

/** A double free stops Kamailio unless `mem_safety` is 1. */
export function memSafety(facts: ConfigFacts): ConfigFinding[] {
  if (facts.core("mem_safety") !== 0) return [];
  return [
    finding("mem_safety_off", "info", facts.assigned("mem_safety"), {
      message: "mem_safety=0: a double free or a bad pointer stops Kamailio (abort, with a core file)",
      why: "Right to find the bug, wrong to keep calls up; the default is 0 up to 5.0 and 1 since 5.1.0 (src/core/cfg_core.c:116@5.1.0)",
      write: "mem_safety=1",
    }),
  ];
}
