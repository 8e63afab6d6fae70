/**
 * Labelled usage histories of simulated servers, for the tests and the benchmark of the judgements.
 *
 * A trace adds up what a SIP server holds (configuration, contacts, calls, connections) and what goes wrong in its class, and passes it through an
 * allocator with headers and a ceiling. It knows nothing of any detector. Load counters are recorded late, rounded and with noise, as they are read by
 * another command than the memory.
 */

import type { Verdict } from "../../src/analysis/diagnosis/diagnosis.js";
import type { PkgCounters, UsageSample } from "../../src/kamailio/sample.js";

const MB = 1_048_576;
const DAY_S = 86_400;

export interface TraceOptions {
  days: number;
  interval_s: number;
  /** Leave the load counters out, as most installations do. */
  without_load?: boolean;
  /** Go on for this many times the days to see when the pool is really full; only the days are returned. */
  run_on?: number;
}

export interface TraceTruth {
  verdict: Verdict;
  pool: "shm" | "pkg";
  /** For leaks in pkg. */
  process_class: string | null;
  /** Epoch milliseconds of the first allocation that fails, when it was reached. */
  full_at: number | null;
  /** Highest shm real_used of the last third. */
  future_peak: number;
  /** How many samples are the past (two thirds). */
  past: number;
}

export interface Trace {
  name: string;
  samples: UsageSample[];
  truth: TraceTruth;
}

interface Server {
  total: number;
  pkg: number;
  config: number;
  contacts: number;
  calls: number;
  connections: number;
}

/** What a class changes. Times are shares of the days, sizes shares of what is free at the busy hour (leaks) or of the pool. */
interface Plan {
  verdict: Verdict;
  pool?: "shm" | "pkg";
  process_class?: string;
  /** The busy hour's share of the pool. */
  busy?: [number, number];
  noise?: number;
  growth?: [number, number];
  /** Contacts come over this many days after the start. */
  warm_up_days?: number;
  leak?: { of_free: [number, number]; by: "calls" | "clock" | "reload"; from?: number };
  pkg_leak?: { of_free: [number, number]; by: "calls" | "clock"; processes: RegExp };
  restart_every_days?: number;
  step_at?: [number, number];
  burst?: boolean;
  daily_spike?: boolean;
  fragments?: [number, number];
  gaps?: boolean;
  holiday?: boolean;
  days?: number;
}

export const TRACE_CLASSES: Record<string, Plan> = {
  healthy: { verdict: "healthy" },
  noisy: { verdict: "healthy", noise: 4 },
  holiday: { verdict: "healthy", holiday: true },
  warm_up: { verdict: "healthy", warm_up_days: 1.5 },
  restarts: { verdict: "healthy", restart_every_days: 3.3 },
  gaps: { verdict: "healthy", gaps: true },
  step: { verdict: "healthy", step_at: [0.2, 0.6], busy: [0.25, 0.45] },
  burst: { verdict: "healthy", burst: true, busy: [0.25, 0.4] },
  daily_spike: { verdict: "healthy", daily_spike: true, busy: [0.25, 0.45] },
  growth: { verdict: "growth", growth: [0.4, 0.9], busy: [0.25, 0.4] },
  growth_slow: { verdict: "growth", growth: [0.2, 0.35], busy: [0.25, 0.4] },
  leak_in_calls: { verdict: "leak_suspected", leak: { of_free: [0.35, 0.9], by: "calls" } },
  leak_by_the_clock: { verdict: "leak_suspected", leak: { of_free: [0.35, 0.9], by: "clock" } },
  leak_slow: { verdict: "leak_suspected", leak: { of_free: [0.08, 0.14], by: "calls" } },
  leak_at_reloads: { verdict: "leak_suspected", leak: { of_free: [0.3, 0.8], by: "reload" } },
  leak_and_restarts: { verdict: "leak_suspected", leak: { of_free: [0.5, 0.9], by: "calls" }, restart_every_days: 6.7 },
  leak_and_growth: { verdict: "leak_suspected", leak: { of_free: [0.35, 0.8], by: "calls" }, growth: [0.2, 0.4] },
  leak_pkg_workers: {
    verdict: "leak_suspected",
    pool: "pkg",
    process_class: "udp receiver",
    pkg_leak: { of_free: [0.3, 0.9], by: "calls", processes: /^udp receiver/ },
  },
  leak_pkg_rpc: {
    verdict: "leak_suspected",
    pool: "pkg",
    process_class: "JSONRPCS FIFO",
    pkg_leak: { of_free: [0.2, 0.8], by: "clock", processes: /^JSONRPCS FIFO/ },
  },
  undersized: { verdict: "undersized", busy: [1.03, 1.25] },
  fragmentation: { verdict: "fragmentation", fragments: [0.4, 0.8] },
  short: { verdict: "insufficient_data", days: 0.35 },
};

export type TraceClass = keyof typeof TRACE_CLASSES;

/** The same class, seed and options give the same trace. */
export function makeTrace(name: string, seed: number, options: TraceOptions): Trace {
  const plan = TRACE_CLASSES[name] ?? TRACE_CLASSES.healthy ?? { verdict: "healthy" };
  const random = generator(seed);
  const days = plan.days ?? options.days;
  const server = drawServer(plan, random);
  const simulation = new Simulation(plan, server, days, options, random);
  const kept = Math.floor((days * DAY_S) / options.interval_s);
  const samples: UsageSample[] = [];
  for (let step = 0; step < kept * (options.run_on ?? 1); step++) {
    const sample = simulation.advance(step);
    if (step < kept && sample !== null) samples.push(sample);
    if (step >= kept && simulation.full_at !== null) break;
  }
  const past = Math.floor((samples.length * 2) / 3);
  const futurePeak = samples.slice(past).reduce((most, sample) => Math.max(most, sample.shm?.real_used ?? 0), 0);
  return {
    name,
    samples,
    truth: {
      verdict: plan.verdict,
      pool: plan.pool ?? "shm",
      process_class: plan.process_class ?? null,
      full_at: simulation.full_at,
      future_peak: Math.max(futurePeak, simulation.demand_of_future),
      past,
    },
  };
}

interface Random {
  unit: () => number;
  between: (range: readonly [number, number]) => number;
  normal: () => number;
}

/** xorshift128: small, and the same on every machine. */
function generator(seed: number): Random {
  const state = new Uint32Array([seed ^ 0x9e3779b9, (seed * 0x85ebca6b) | 1, 0xc2b2ae35 ^ (seed << 7), 0x27d4eb2f]);
  const unit = () => {
    let t = state[3] ?? 0;
    const s = state[0] ?? 0;
    state[3] = state[2] ?? 0;
    state[2] = state[1] ?? 0;
    state[1] = s;
    t ^= t << 11;
    t ^= t >>> 8;
    state[0] = t ^ s ^ (s >>> 19);
    return (state[0] ?? 0) / 4_294_967_296;
  };
  for (let i = 0; i < 20; i++) unit();
  return {
    unit,
    between: ([low, high]) => low + (high - low) * unit(),
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
  };
}

const BYTES = { contact: 1_400, call: 30_000, connection: 90_000 };
/** Headers of chunks and the control block. */
const OVERHEAD = 0.12;

function drawServer(plan: Plan, random: Random): Server {
  const total = (plan.verdict === "undersized" ? [64, 96, 128] : [128, 256, 512, 1024])[Math.floor(random.unit() * 4)] ?? 96;
  const bytes = total * MB;
  const demand = (bytes * random.between(plan.busy ?? [0.25, 0.6])) / (1 + OVERHEAD);
  const config = bytes * random.between([0.03, 0.1]);
  const shares = [random.between([0.3, 1]), random.between([0.3, 1]), random.between([0, 0.5])];
  const sum = shares.reduce((a, b) => a + b, 0);
  const part = (index: number, each: number) => ((demand - config) * (shares[index] ?? 0)) / sum / each;
  return {
    total: bytes,
    pkg: ([8, 16, 32][Math.floor(random.unit() * 3)] ?? 8) * MB,
    config,
    contacts: part(0, BYTES.contact),
    calls: part(1, BYTES.call),
    connections: part(2, BYTES.connection),
  };
}

const PROCESSES = [
  { desc: "main process - attendant", rank: 0 },
  ...[0, 1, 2, 3].map((child) => ({ desc: `udp receiver child=${child} sock=192.0.2.1:5060`, rank: child + 1 })),
  { desc: "slow timer", rank: -1 },
  { desc: "timer", rank: -1 },
  { desc: "ctl handler", rank: -2 },
  { desc: "JSONRPCS FIFO", rank: -2 },
  ...[0, 1].map((child) => ({ desc: `tcp receiver (generic) child=${child}`, rank: child + 5 })),
  { desc: "tcp main process", rank: -4 },
];

const START = Date.UTC(2026, 2, 2);

/** Walks through the time of one server. */
class Simulation {
  full_at: number | null = null;
  demand_of_future = 0;
  readonly #plan: Plan;
  readonly #server: Server;
  readonly #days: number;
  readonly #interval: number;
  readonly #random: Random;
  readonly #withLoad: boolean;
  readonly #drawn: {
    busyAt: number;
    night: number;
    weekend: number;
    of_free: number;
    pkg_of_free: number;
    growth: number;
    stepAt: number;
    fragments: number;
    burstAt: number;
    reloadEvery: number;
    pkgIdle: number;
  };
  #bootAt = 0;
  #pid: number;
  #leaked = 0;
  #pkgLeaked = 0;
  #fragmented = 0;
  #maxUsed = 0;
  #wander = 0;
  #requests = 0;
  #lagged = { contacts: 0, calls: 0, connections: 0 };

  constructor(plan: Plan, server: Server, days: number, options: TraceOptions, random: Random) {
    this.#plan = plan;
    this.#server = server;
    this.#days = days;
    this.#interval = options.interval_s;
    this.#random = random;
    this.#withLoad = options.without_load !== true;
    this.#pid = 1_000 + Math.floor(random.unit() * 30_000);
    this.#drawn = {
      busyAt: random.between([9, 18]),
      night: random.between([0.05, 0.3]),
      weekend: random.between([0.3, 0.9]),
      of_free: random.between(plan.leak?.of_free ?? [0, 0]),
      pkg_of_free: random.between(plan.pkg_leak?.of_free ?? [0, 0]),
      growth: random.between(plan.growth ?? [0, 0]),
      stepAt: plan.step_at === undefined ? Number.POSITIVE_INFINITY : random.between(plan.step_at),
      fragments: random.between(plan.fragments ?? [0, 0]),
      burstAt: random.between([0.15, 0.6]),
      reloadEvery: [0.5, 1][Math.floor(random.unit() * 2)] ?? 1,
      pkgIdle: random.between([0.1, 0.25]),
    };
  }

  /** The sample of a step; `null` in a gap. */
  advance(step: number): UsageSample | null {
    const plan = this.#plan;
    const day = (step * this.#interval) / DAY_S;
    const share = this.#interval / DAY_S / this.#days;
    const grown = 1 + (this.#drawn.growth * day) / this.#days;
    if (plan.restart_every_days !== undefined && day - this.#bootAt >= plan.restart_every_days) this.#restart(day);
    // Wandering forgets in half a day, however often it is sampled.
    const keep = Math.exp((-2 * this.#interval) / DAY_S);
    const sd = 0.012 * (plan.noise ?? 1);
    this.#wander = keep * this.#wander + sd * Math.sqrt(1 - keep * keep) * this.#random.normal();
    const curve = this.#curve(day);
    const up = day - this.#bootAt;
    const warm = 1 - Math.exp(-up / (plan.warm_up_days ?? (plan.restart_every_days === undefined ? 1e-9 : 0.02)));
    const contacts = Math.max(0, this.#server.contacts * grown * warm * (0.92 + 0.08 * curve) * (1 + this.#wander));
    const calls = Math.max(
      0,
      this.#server.calls * grown * curve * (1 + 2 * this.#wander + 0.02 * this.#random.normal()) * this.#extraCalls(day),
    );
    const connections = Math.max(0, this.#server.connections * grown * (0.6 + 0.4 * curve) * (1 + this.#wander));
    this.#lose(day, share, curve, step);
    const at = START + step * this.#interval * 1000;
    const shm = this.#shm(contacts, calls, connections, day, at);
    const pkg = this.#pkg(curve, at);
    this.#requests += Math.round(calls * this.#interval * 0.2);
    const load = this.#load(contacts, calls, connections);
    if (plan.gaps && (day * 0.37) % 1 > 0.75) return null;
    return { at: new Date(at).toISOString(), uptime: Math.round(up * DAY_S), shm, pkg, load };
  }

  #restart(day: number): void {
    this.#bootAt = day;
    this.#pid += 700;
    this.#leaked = 0;
    this.#pkgLeaked = 0;
    this.#fragmented = 0;
    this.#maxUsed = 0;
    this.#requests = 0;
  }

  /** Share of the busy hour's load, 0..1. */
  #curve(day: number): number {
    const hour = (day * 24) % 24;
    const weekday = Math.floor(day) % 7;
    const away =
      weekday >= 5 || (this.#plan.holiday && day / this.#days > 0.4 && day / this.#days < 0.55) ? this.#drawn.weekend : 1;
    const distance = Math.min(Math.abs(hour - this.#drawn.busyAt), 24 - Math.abs(hour - this.#drawn.busyAt));
    return this.#drawn.night + (1 - this.#drawn.night) * away * Math.exp(-(distance ** 2) / 18);
  }

  #extraCalls(day: number): number {
    if (this.#plan.burst && day >= this.#drawn.burstAt * this.#days && day < this.#drawn.burstAt * this.#days + 0.06) return 2;
    return this.#plan.daily_spike && (day * 24) % 24 >= 3 && (day * 24) % 24 < 4 ? 2.2 : 1;
  }

  #lose(day: number, share: number, curve: number, step: number): void {
    const { leak, pkg_leak: pkgLeak } = this.#plan;
    const free = this.#server.total / (1 + OVERHEAD) - this.#demandAtBusyHour();
    // The curve's mean over a day is about a third.
    const paced = (by: "calls" | "clock" | "reload") => (by === "calls" ? (share * curve) / 0.35 : share);
    if (leak?.by === "reload") {
      const every = this.#drawn.reloadEvery;
      const before = Math.floor(((step - 1) * this.#interval) / DAY_S / every);
      if (step > 0 && Math.floor(day / every) > before) this.#leaked += (free * this.#drawn.of_free * every) / this.#days;
    } else if (leak !== undefined) {
      const runs = this.#plan.restart_every_days === undefined ? 1 : Math.max(1, this.#days / this.#plan.restart_every_days) / 2;
      this.#leaked += free * this.#drawn.of_free * paced(leak.by) * runs;
    }
    if (pkgLeak !== undefined)
      this.#pkgLeaked += this.#server.pkg * (0.9 - this.#drawn.pkgIdle) * this.#drawn.pkg_of_free * paced(pkgLeak.by);
    this.#fragmented += free * this.#drawn.fragments * share;
  }

  #demandAtBusyHour(): number {
    const { config, contacts, calls, connections } = this.#server;
    return config + contacts * BYTES.contact + calls * BYTES.call + connections * BYTES.connection;
  }

  #shm(contacts: number, calls: number, connections: number, day: number, at: number): UsageSample["shm"] {
    const { total, config } = this.#server;
    const table = day >= this.#drawn.stepAt * this.#days ? 0.12 * total : 0;
    const want = config + table + contacts * BYTES.contact + calls * BYTES.call + connections * BYTES.connection + this.#leaked;
    const demand = want * (1 + OVERHEAD) + this.#fragmented;
    if (day >= (this.#days * 2) / 3 && day < this.#days) this.demand_of_future = Math.max(this.demand_of_future, demand);
    if (demand > total * 0.997 && this.#plan.pool !== "pkg") this.full_at ??= at;
    const real = Math.round(demand > total * 0.997 ? total * (0.985 + 0.012 * this.#random.unit()) : demand);
    this.#maxUsed = Math.min(total, Math.max(this.#maxUsed, Math.round(real * (1 + 0.003 * this.#random.unit()))));
    const fragments = Math.round(150 + contacts * 0.05 + calls * 0.4 + this.#fragmented / 400);
    return {
      total,
      free: total - real,
      used: Math.round(Math.min(want, real * 0.95)),
      real_used: real,
      max_used: this.#maxUsed,
      fragments,
    };
  }

  #pkg(curve: number, at: number): PkgCounters[] {
    const { pkg } = this.#server;
    return PROCESSES.map(({ desc, rank }, index) => {
      const works = rank > 0;
      const leaks = this.#plan.pkg_leak?.processes.test(desc) === true;
      const work = works ? 0.05 * (0.5 + 0.5 * curve) * (0.9 + 0.2 * this.#random.unit()) : 0;
      const demand = pkg * (this.#drawn.pkgIdle + work) + (leaks ? this.#pkgLeaked * (1 + 0.02 * (index % 3)) : 0);
      if (leaks && demand > pkg * 0.998) this.full_at ??= at;
      const real = Math.round(Math.min(demand, pkg * 0.998));
      return {
        pid: this.#pid + index,
        rank,
        used: Math.round(real * 0.7),
        free: pkg - real,
        real_used: real,
        total_size: pkg,
        total_frags: 10 + (index % 4) + Math.round(work * 100),
        desc,
      };
    });
  }

  /** Load is read by another command, a moment later, and in whole numbers. */
  #load(contacts: number, calls: number, connections: number): Record<string, number> {
    if (!this.#withLoad) return {};
    const read = (before: number, now: number) =>
      Math.round((before === 0 ? now : 0.1 * before + 0.9 * now) * (1 + 0.002 * this.#random.normal()));
    const load = {
      registered_users: read(this.#lagged.contacts, contacts),
      active_dialogs: read(this.#lagged.calls, calls),
      tcp_current_connections: read(this.#lagged.connections, connections),
      rcv_requests: this.#requests,
    };
    this.#lagged = { contacts, calls, connections };
    return load;
  }
}
