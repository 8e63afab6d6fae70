/** Stuck state: a life cycle that does not end looks like a leak, and more memory does not help either. */
import type { Series } from "../../../kamailio/history/series.js";
import { cellTime, column } from "../../history/grid.js";
import type { Case, Finding } from "../case.js";
import { riseOf } from "../level/rise.js";
import { MANY_TRANSACTIONS } from "../stuck-now.js";

/** Of all transactions created in the history, the share still not freed at its end. */
const NEVER_FREED = 0.02;

/** tm.stats: created minus freed grows and never comes back (K#1220: created 5065, freed 4; K#1554). */
export function transactionsNotReaped({ history, grid }: Case): (Finding & { kept: number; since: number }) | null {
  const created = history.load.get("created_transactions") ?? null;
  const freed = history.load.get("freed_transactions") ?? null;
  if (created === null || freed === null) return null;
  const made = column(grid, created, "last");
  const gone = column(grid, freed, "last");
  const backlog = made.map((value, cell) => value - (gone[cell] ?? Number.NaN));
  const last = grid.run_starts.length - 1;
  const cells = [...backlog.keys()].filter((cell) => grid.run[cell] === last && !Number.isNaN(backlog[cell]));
  const rise = riseOf(
    cells.map((cell) => cellTime(grid, cell)),
    cells.map((cell) => backlog[cell] ?? Number.NaN),
  );
  const end = backlog[cells.at(-1) ?? -1] ?? 0;
  const total = made[cells.at(-1) ?? -1] ?? 0;
  if (rise === null || rise.bytes < MANY_TRANSACTIONS || end < NEVER_FREED * total || rise.largest_share > 0.6) return null;
  return {
    subjects: [],
    kept: Math.round(end),
    since: cellTime(grid, cells[0] ?? 0),
    evidence: [
      {
        rule: "transactions_not_reaped",
        detail: `${Math.round(end)} transactions were created and not freed, and that number only rises`,
        source: "K#1220 (created 5065, freed 4), K#1554, K#1897",
      },
    ],
  };
}

/** A timer process that is no longer in the table while others are: nothing that it should reap is reaped (K#1897). */
export function timerProcessGone({ history, to }: Case): Finding | null {
  const gone = history.processes.filter(
    ({ desc, real_used }) =>
      desc !== null && /^(?:slow timer|timer)$/.test(desc) && real_used.at.length > 3 && isOver(real_used, history, to),
  );
  if (gone.length === 0) return null;
  return {
    subjects: [],
    evidence: gone.map(({ desc }) => ({
      rule: "timer_process_gone",
      detail: `the process "${desc}" is not in the process table any more while others are`,
      source: "K#1897: a dead timer process leaves transactions unreaped until memory is gone",
    })),
  };
}

/** Gone for at least this share of the history, while some other process is there to the end. */
const GONE_SHARE = 0.05;

function isOver(series: Series, history: Case["history"], to: number): boolean {
  const end = series.at[series.at.length - 1] ?? to;
  const begin = series.at[0] ?? end;
  const others = Math.max(...history.processes.map(({ real_used }) => real_used.at[real_used.at.length - 1] ?? 0));
  return others - end > GONE_SHARE * (others - begin) && others > end;
}
