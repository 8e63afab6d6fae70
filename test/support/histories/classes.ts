/**
 * What happens in each class of the second set of simulated histories, and what a judge may say of it. Sizes are shares of the pool, times days of
 * the history, unless a name says otherwise.
 */
import type { Verdict } from "../../../src/analysis/diagnosis/diagnosis.js";

type Range = readonly [number, number];

/** How the day goes: two humps of office hours, one evening, a batch at night, around the clock, or not at all. */
export type DayShape = "office" | "evening" | "night_batch" | "flat";

export interface Leak {
  /** Of what is free at the busy hour, over the whole history (or over `in_days`). */
  of_free: Range;
  by: "clock" | "traffic" | "bursts" | "reload";
  /** Where it begins and ends, as shares of the history. */
  begins?: Range;
  ends?: Range;
  /** The time in which it takes `of_free`, days; the history's length by default. */
  in_days?: number;
}

export interface HistoryClass {
  /** What may be said; the first is what should. */
  expect: readonly Verdict[];
  pool?: "shm" | "pkg";
  /** pkg: whose pools it happens in. */
  processes?: RegExp;
  days?: number;
  interval_s?: number;
  /** `all`, contacts alone, or none. Drawn between all and none by default. */
  counters?: "all" | "contacts" | "none";
  day?: DayShape;
  /** Load of a day of rest, as a share of that of a working day; its days are drawn. */
  rest?: Range;
  noise?: number;
  /** The busy hour's share of the pool. */
  busy?: Range;
  /** Share of it that swings with the day. */
  swing?: Range;
  /** Growth of all populations a month, or of the contacts alone. */
  growth_a_month?: Range;
  contacts_alone?: boolean;
  leak?: Leak;
  /** Fills towards a level (share of the pool) with a time constant (days), or in a straight line until full after so many days. */
  cache?: { level: Range; tau?: Range; straight?: Range };
  /** A step of data at a share of the history; `customers`: load goes with it; over `ramp` days. */
  step?: { at: Range; size: Range; customers?: boolean; ramp?: Range; back?: boolean };
  restart_every?: Range;
  /** Hours in which registrations come back after a start. */
  warm_up_hours?: Range;
  /** The history begins with the server's start. */
  from_start?: boolean;
  gaps?: boolean;
  /** Headers and holes take this much more over the history. */
  fragments?: Range;
  bursts?: number;
  /** Slow wandering of the level (shares of the pool, forgotten in days). */
  wander?: { size: number; days: number };
}

const HEALTHY = ["healthy"] as const;
const LEAK = ["leak_suspected"] as const;
const GROWTH = ["growth"] as const;
/** Growth that no counter shows: the counter to record is the right answer. */
const UNTOLD = ["inconclusive", "growth"] as const;
const YOUNG = ["insufficient_data", "healthy"] as const;
const PKG_WORKERS = /^udp receiver/;

export const HISTORY_CLASSES: Readonly<Record<string, HistoryClass>> = {
  plain: { expect: HEALTHY },
  plain_bare: { expect: HEALTHY, counters: "none" },
  plain_evening: { expect: HEALTHY, day: "evening" },
  plain_night_batch: { expect: HEALTHY, day: "night_batch", counters: "none" },
  plain_flat: { expect: HEALTHY, day: "flat" },
  plain_week: { expect: HEALTHY, days: 8 },
  plain_week_bare: { expect: HEALTHY, days: 8, counters: "none", rest: [0.1, 0.5] },
  plain_quarter: { expect: HEALTHY, days: 90, interval_s: 3_600 },
  noisy: { expect: HEALTHY, noise: 4 },
  noisy_bare: { expect: HEALTHY, noise: 4, counters: "none" },
  quiet_weekends: { expect: HEALTHY, rest: [0.05, 0.3], counters: "none" },
  busy_weekends: { expect: HEALTHY, rest: [1.3, 1.8], counters: "none", busy: [0.2, 0.4] },
  wandering: { expect: HEALTHY, wander: { size: 0.02, days: 2 }, counters: "none" },
  wandering_slow: { expect: [...HEALTHY, "inconclusive"], wander: { size: 0.02, days: 6 }, counters: "none", days: 60 },
  sparse: { expect: HEALTHY, interval_s: 14_400, days: 45 },
  gaps: { expect: HEALTHY, gaps: true },
  bursts: { expect: HEALTHY, bursts: 3, busy: [0.2, 0.4] },
  restarts_nightly: { expect: HEALTHY, restart_every: [1, 1], warm_up_hours: [0.3, 1] },
  restarts_nightly_bare: { expect: HEALTHY, restart_every: [1, 1], warm_up_hours: [0.3, 1], counters: "none" },
  restarts_weekly: { expect: HEALTHY, restart_every: [7, 7], warm_up_hours: [0.5, 3] },
  restarts_odd: { expect: HEALTHY, restart_every: [2.3, 5.4], warm_up_hours: [0.5, 3], counters: "none" },
  first_hour: { expect: YOUNG, from_start: true, days: 1 / 24, interval_s: 30, warm_up_hours: [0.3, 1.5] },
  first_hours: { expect: YOUNG, from_start: true, days: 0.25, interval_s: 120, warm_up_hours: [1, 5] },
  first_half_day: { expect: YOUNG, from_start: true, days: 0.5, interval_s: 300, warm_up_hours: [1, 6] },
  morning: { expect: YOUNG, days: 0.35, interval_s: 300 },
  first_days: { expect: YOUNG, from_start: true, days: 2, interval_s: 600, warm_up_hours: [4, 20] },
  warm_up: { expect: HEALTHY, from_start: true, warm_up_hours: [10, 40], days: 20 },
  warm_up_bare: { expect: HEALTHY, from_start: true, warm_up_hours: [10, 40], days: 20, counters: "none" },
  cache_days: { expect: HEALTHY, cache: { level: [0.1, 0.25], tau: [2, 4] }, from_start: true },
  cache_weeks: { expect: HEALTHY, cache: { level: [0.1, 0.25], tau: [7, 12] }, from_start: true, days: 45 },
  cache_weeks_bare: {
    expect: HEALTHY,
    cache: { level: [0.1, 0.25], tau: [7, 12] },
    from_start: true,
    days: 45,
    counters: "none",
  },
  cache_limit: { expect: HEALTHY, cache: { level: [0.1, 0.25], straight: [8, 16] }, from_start: true, days: 45 },
  cache_limit_bare: {
    expect: HEALTHY,
    cache: { level: [0.1, 0.25], straight: [8, 16] },
    from_start: true,
    days: 45,
    counters: "none",
  },
  step_of_data: { expect: HEALTHY, step: { at: [0.25, 0.75], size: [0.06, 0.18] }, busy: [0.2, 0.45] },
  step_of_data_bare: { expect: HEALTHY, step: { at: [0.25, 0.75], size: [0.06, 0.18] }, busy: [0.2, 0.45], counters: "none" },
  step_back: { expect: HEALTHY, step: { at: [0.3, 0.5], size: [0.06, 0.18], back: true }, busy: [0.2, 0.45], counters: "none" },
  step_of_customers: {
    expect: [...HEALTHY, "growth"],
    step: { at: [0.3, 0.7], size: [0.2, 0.4], customers: true },
    busy: [0.2, 0.4],
  },
  step_of_customers_bare: {
    expect: [...HEALTHY, "inconclusive"],
    step: { at: [0.3, 0.7], size: [0.2, 0.4], customers: true },
    busy: [0.2, 0.4],
    counters: "none",
  },
  migration: {
    expect: [...GROWTH, "healthy"],
    step: { at: [0.3, 0.6], size: [0.3, 0.6], customers: true, ramp: [3, 6] },
    busy: [0.2, 0.35],
  },
  growth: { expect: GROWTH, growth_a_month: [0.3, 0.7], busy: [0.2, 0.4], counters: "all" },
  growth_slow: { expect: [...GROWTH, "healthy"], growth_a_month: [0.12, 0.25], busy: [0.2, 0.4], counters: "all" },
  growth_bare: { expect: UNTOLD, growth_a_month: [0.18, 0.3], busy: [0.25, 0.45], swing: [0.3, 0.6], counters: "none" },
  growth_bare_fast: { expect: UNTOLD, growth_a_month: [0.4, 0.7], busy: [0.2, 0.35], swing: [0.3, 0.6], counters: "none" },
  growth_of_contacts: {
    expect: GROWTH,
    growth_a_month: [0.3, 0.7],
    contacts_alone: true,
    counters: "contacts",
    busy: [0.2, 0.4],
  },
  growth_and_restarts: {
    expect: [...GROWTH, "healthy"],
    growth_a_month: [0.3, 0.6],
    busy: [0.2, 0.4],
    counters: "all",
    restart_every: [7, 7],
    warm_up_hours: [0.5, 2],
  },
  leak_clock: { expect: LEAK, leak: { of_free: [0.3, 0.9], by: "clock" } },
  leak_traffic: { expect: LEAK, leak: { of_free: [0.3, 0.9], by: "traffic" } },
  leak_traffic_bare: { expect: LEAK, leak: { of_free: [0.3, 0.9], by: "traffic" }, counters: "none" },
  leak_slow: { expect: LEAK, leak: { of_free: [0.09, 0.16], by: "traffic" }, days: 45 },
  leak_slow_bare: { expect: LEAK, leak: { of_free: [0.12, 0.2], by: "clock" }, days: 45, counters: "none" },
  leak_bursts: { expect: LEAK, leak: { of_free: [0.3, 0.8], by: "bursts" } },
  leak_reload: { expect: LEAK, leak: { of_free: [0.3, 0.8], by: "reload" } },
  leak_noisy: { expect: LEAK, leak: { of_free: [0.3, 0.8], by: "traffic" }, noise: 3, counters: "none" },
  leak_quiet_weekends: { expect: LEAK, leak: { of_free: [0.3, 0.8], by: "traffic" }, rest: [0.05, 0.4] },
  leak_from_middle: { expect: LEAK, leak: { of_free: [0.25, 0.6], by: "traffic", begins: [0.4, 0.65] } },
  leak_from_middle_bare: { expect: LEAK, leak: { of_free: [0.25, 0.6], by: "clock", begins: [0.4, 0.65] }, counters: "none" },
  leak_after_upgrade: {
    expect: LEAK,
    leak: { of_free: [0.25, 0.6], by: "traffic", begins: [0.5, 0.5] },
    restart_every: [15, 15],
    days: 30,
    warm_up_hours: [0.3, 1],
  },
  leak_stopped: {
    expect: HEALTHY,
    leak: { of_free: [0.3, 0.6], by: "clock", begins: [0, 0], ends: [0.35, 0.55] },
    days: 40,
    counters: "none",
  },
  leak_restarts_nightly: {
    expect: LEAK,
    leak: { of_free: [0.15, 0.5], by: "traffic", in_days: 1 },
    restart_every: [1, 1],
    warm_up_hours: [0.3, 1],
  },
  leak_restarts_nightly_bare: {
    expect: LEAK,
    leak: { of_free: [0.15, 0.5], by: "clock", in_days: 1 },
    restart_every: [1, 1],
    warm_up_hours: [0.3, 1],
    counters: "none",
  },
  leak_restarts_weekly: {
    expect: LEAK,
    leak: { of_free: [0.3, 0.8], by: "traffic", in_days: 7 },
    restart_every: [7, 7],
    warm_up_hours: [0.5, 2],
  },
  leak_and_growth: {
    expect: LEAK,
    leak: { of_free: [0.3, 0.7], by: "clock" },
    growth_a_month: [0.15, 0.35],
    busy: [0.2, 0.4],
    counters: "all",
  },
  leak_one_day: { expect: LEAK, leak: { of_free: [0.4, 0.8], by: "clock" }, days: 1.2, interval_s: 300 },
  leak_three_days: { expect: LEAK, leak: { of_free: [0.4, 0.8], by: "traffic" }, days: 3, interval_s: 600 },
  undersized: { expect: ["undersized"], busy: [1.04, 1.25], swing: [0.4, 0.7] },
  undersized_bare: { expect: ["undersized"], busy: [1.04, 1.25], swing: [0.4, 0.7], counters: "none" },
  undersized_by_step: {
    expect: ["undersized"],
    busy: [0.7, 0.8],
    swing: [0.4, 0.6],
    step: { at: [0.3, 0.6], size: [0.4, 0.6], customers: true },
  },
  fragmentation: { expect: ["fragmentation"], fragments: [0.15, 0.4], busy: [0.2, 0.4] },
  pkg_plain: { expect: HEALTHY, pool: "pkg", processes: PKG_WORKERS },
  pkg_warm_up: {
    expect: HEALTHY,
    pool: "pkg",
    processes: PKG_WORKERS,
    cache: { level: [0.1, 0.2], tau: [0.3, 1.5] },
    from_start: true,
  },
  pkg_cache_weeks: {
    expect: HEALTHY,
    pool: "pkg",
    processes: PKG_WORKERS,
    cache: { level: [0.15, 0.3], tau: [6, 10] },
    from_start: true,
    days: 40,
  },
  pkg_leak: { expect: LEAK, pool: "pkg", processes: PKG_WORKERS, leak: { of_free: [0.3, 0.8], by: "traffic" } },
  pkg_leak_slow: { expect: LEAK, pool: "pkg", processes: PKG_WORKERS, leak: { of_free: [0.1, 0.18], by: "traffic" }, days: 45 },
  pkg_leak_timer: { expect: LEAK, pool: "pkg", processes: /^slow timer/, leak: { of_free: [0.2, 0.8], by: "clock" } },
  pkg_leak_from_middle: {
    expect: LEAK,
    pool: "pkg",
    processes: PKG_WORKERS,
    leak: { of_free: [0.25, 0.6], by: "traffic", begins: [0.4, 0.65] },
  },
  pkg_leak_stopped: {
    expect: HEALTHY,
    pool: "pkg",
    processes: PKG_WORKERS,
    leak: { of_free: [0.3, 0.6], by: "clock", begins: [0, 0], ends: [0.35, 0.5] },
    days: 40,
  },
  pkg_leak_restarts_nightly: {
    expect: LEAK,
    pool: "pkg",
    processes: PKG_WORKERS,
    leak: { of_free: [0.15, 0.5], by: "traffic", in_days: 1 },
    restart_every: [1, 1],
  },
};
