/** Can the data be trusted? Counters that do not move, cannot be, or that a known bug inflates. */

import { mb, percent } from "../../../kamailio/units.js";
import type { DumpAgreement } from "../../history/history.js";
import { lastKnown } from "../../history/known-values.js";
import type { Case, Finding } from "../case.js";
import type { Evidence } from "../diagnosis.js";

/**
 * Under tlsf the table behind `pkg.stats` is never refreshed: SREV_PKG_UPDATE_STATS is raised in f_malloc.c and q_malloc.c alone, so it keeps the
 * values of the start-up.
 */
export function pkgStatsUnderTlsf({ pool, facts, subjects }: Case): Finding | null {
  if (pool !== "pkg" || facts.pkg_manager !== "tlsf" || subjects.length === 0) return null;
  return {
    subjects,
    evidence: [
      {
        rule: "pkg_stats_not_updated_by_tlsf",
        detail: "pkg runs with tlsf, for which pkg.stats keeps the values of the start-up: a flat line says nothing",
        source: "SREV_PKG_UPDATE_STATS is raised in f_malloc.c and q_malloc.c only (pkg_stats.c)",
      },
    ],
  };
}

/** Share of the cells that must be impossible before the whole series is refused: one torn reading is not a wrapped counter. */
const IMPOSSIBLE_SHARE = 0.02;

/** Negative values, or more in use than the pool has: 32-bit counters that wrapped (K#2824, K#3450), or an allocator that counts wrong (O#2168). */
export function impossibleCounters({ subjects }: Case): Finding | null {
  const wrong = subjects.filter((subject) => {
    let known = 0;
    let impossible = 0;
    const { peaks, capacity } = subject;
    for (let cell = 0; cell < peaks.length; cell++) {
      const value = peaks[cell] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      known++;
      if (value < 0 || value > capacity * 1.001) impossible++;
    }
    return impossible > 0 && impossible >= known * IMPOSSIBLE_SHARE && !resized(subject);
  });
  if (wrong.length === 0) return null;
  const first = wrong[0];
  return {
    subjects: wrong,
    evidence: [
      {
        rule: "impossible_counters",
        detail: `${first?.label ?? "shm"} shows more in use than the pool of ${mb(first?.capacity ?? 0)} has, or less than nothing`,
        source: "core.shmmem prints 32 bits up to 5.6 (K#2824, K#3450); use kamcmd core.shmmem m",
      },
    ],
  };
}

/** A pool that was larger in an earlier run of the server makes today's size too small for yesterday's values. */
function resized(subject: Case["subjects"][number]): boolean {
  const { grid } = subject.real_level;
  const last = grid.run_starts.length - 1;
  return (
    last > 0 && !subject.peaks.some((value, cell) => grid.run[cell] === last && (value < 0 || value > subject.capacity * 1.001))
  );
}

/**
 * q_malloc's realloc that shrinks a chunk keeps `used` and `real_used` too high for good (q_malloc.c:660@5.6.3, fixed by 412dcbfc9e in 5.8.8, 6.0.6
 * and 6.1.0): rising counters alone prove no leak until a dump's chunks add up to them.
 */
export function accountingBug(kase: Case): Evidence | null {
  const { pool, facts } = kase;
  const manager = pool === "shm" ? facts.shm_manager : facts.pkg_manager;
  if (facts.qm_accounting_bug !== true || manager !== "qm") return null;
  const dump = tellingDump(kase);
  if (dump !== null && agrees(dump)) return null;
  return {
    rule: "qm_accounting_bug_possible",
    detail:
      dump === null
        ? `q_malloc of ${facts.version?.text ?? "this release"} counts a shrinking realloc as still in use: the rise may be phantom until a dump's chunks add up to it`
        : `the chunks of the latest dump add up to ${mb(dump.allocated_bytes)}, the counter says ${mb(dump.used)}: the difference is phantom`,
    source: ACCOUNTING_BUG,
  };
}

const ACCOUNTING_BUG = "q_malloc.c qm_realloc, fixed by 412dcbfc9e (5.8.8, 6.0.6, 6.1.0)";

/** Chunks and counter agree when they differ by no more than this share (rounding, and what was allocated while the dump was written). */
const AGREEMENT = 0.03;
/** A dump tells of a rise only when it was taken with at least this share of the level of now; for pkg, of the largest process. */
const TAKEN_HIGH = 0.7;
/** Share of the rise that must belong to no chunk before the rise is called phantom. */
const MOSTLY_PHANTOM = 0.5;

function agrees(dump: DumpAgreement): boolean {
  return dump.allocated_bytes >= dump.used * (1 - AGREEMENT);
}

/** The latest complete dump that was taken with the rise in it. */
function tellingDump({ pool, facts, subjects }: Case): DumpAgreement | null {
  const level = Math.max(0, ...subjects.map(({ used_level: { values } }) => lastKnown(values)));
  return facts.dumps.find((dump) => dump.pool === pool && dump.complete && dump.used >= TAKEN_HIGH * level) ?? null;
}

/** Is the rise mostly phantom, proven by a dump whose chunks fall short of the counter? @param rise bytes that rose without reason. */
export function phantomProven(kase: Case, rise: number): Evidence | null {
  const dump = kase.facts.qm_accounting_bug === true ? tellingDump(kase) : null;
  if (dump === null || agrees(dump)) return null;
  const missing = dump.used - dump.allocated_bytes;
  if (missing < MOSTLY_PHANTOM * rise) return null;
  return {
    rule: "phantom_usage",
    detail: `${mb(missing)} (${percent(missing / dump.used)} of used) belongs to no chunk in the dump`,
    source: ACCOUNTING_BUG,
  };
}

/** Data missing for more than this share of the time is worth a word. */
const GAPS_WORTH_A_WORD = 0.1;

export function gaps({ coverage }: Case): Evidence | null {
  if (1 - coverage < GAPS_WORTH_A_WORD) return null;
  return {
    rule: "gaps_in_the_data",
    detail: `no samples in ${percent(1 - coverage)} of the time`,
    source: "a peak or a restart in a gap is only seen by max_used and the uptime",
  };
}
