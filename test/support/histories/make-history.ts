/**
 * The second simulator of usage histories: composes a server's day, its week, its populations, caches, steps, restarts and leaks. It shares nothing
 * with the first (traces.ts) but the shape of a sample, so that a judge that fits one by its quirks fails the other.
 */
import type { PkgCounters, UsageSample } from "../../../src/kamailio/sample.js";
import { DAY, MB } from "../../../src/kamailio/units.js";
import { type DayShape, HISTORY_CLASSES, type HistoryClass } from "./classes.js";
import { type Draw, drawer } from "./draw.js";

export interface MadeHistory {
  name: string;
  samples: UsageSample[];
  pool: "shm" | "pkg";
  expect: readonly string[];
  /** Epoch ms at which a tenth of the free pool had leaked; `null` without a leak. */
  tenth_at: number | null;
  /** Epoch ms at which the leak began. */
  began_at: number | null;
  /** Epoch ms of the first allocation that fails. */
  full_at: number | null;
}

const START = Date.UTC(2026, 1, 4, 7, 13);
const DAY_S = 86_400;
/** Bytes of each object, with a tenth more or less drawn for each server. */
const BYTES = { contact: 1_700, transaction: 15_000 };

const PROCESSES = [
  { desc: "main process - attendant", rank: 0 },
  ...[0, 1, 2, 3].map((child) => ({ desc: `udp receiver child=${child} sock=198.51.100.7:5060`, rank: child + 1 })),
  { desc: "slow timer", rank: -1 },
  { desc: "timer", rank: -1 },
  { desc: "ctl handler", rank: -2 },
  { desc: "tcp main process", rank: -4 },
];

/** The same class and seed give the same history. @param runOn go on for this many times the days to see when the pool is full. */
export function makeHistory(name: string, seed: number, runOn = 1): MadeHistory {
  const plan = HISTORY_CLASSES[name];
  if (plan === undefined) throw new Error(`no class of histories is called ${name}`);
  return new Server(name, plan, drawer(seed)).run(runOn);
}

class Server {
  readonly #name: string;
  readonly #plan: HistoryClass;
  readonly #draw: Draw;
  readonly #days: number;
  readonly #interval: number;
  readonly #total: number;
  readonly #pkgTotal: number;
  readonly #base: number;
  readonly #busy: number;
  readonly #swing: number;
  readonly #counters: "all" | "contacts" | "none";
  readonly #shape: { at: number; width: number; floor: number; rest: number; restDays: number[] };
  readonly #leak: { bytes: number; from: number; to: number; jumps: Map<number, number> } | null;
  readonly #cache: { level: number; tau: number; straight: number } | null;
  readonly #step: { at: number; size: number; ramp: number; until: number } | null;
  readonly #growth: number;
  readonly #restartEvery: number;
  readonly #warmUp: number;
  readonly #fragments: number;
  readonly #bursts: { at: number; size: number }[];
  readonly #perContact: number;
  readonly #perTransaction: number;
  #bootDay: number;
  #pid: number;
  #leaked = 0;
  #lost = 0;
  #noise = 0;
  #drift = 0;
  #max = 0;
  #fullAt: number | null = null;
  #tenthAt: number | null = null;

  constructor(name: string, plan: HistoryClass, draw: Draw) {
    this.#name = name;
    this.#plan = plan;
    this.#draw = draw;
    this.#days = plan.days ?? draw.pick([21, 30, 30, 40]);
    this.#interval = plan.interval_s ?? draw.pick([900, 1_800, 3_600]);
    this.#total = draw.pick([64, 128, 256, 512, 768, 2_048]) * MB;
    this.#pkgTotal = draw.pick([8, 16, 24, 64]) * MB;
    this.#base = draw.between([0.03, 0.1]);
    this.#busy = draw.between(plan.busy ?? [0.25, 0.6]);
    this.#swing = draw.between(plan.swing ?? [0.15, 0.6]);
    this.#counters = plan.counters ?? draw.pick(["all", "none"] as const);
    this.#shape = {
      at: draw.between([9, 20]),
      width: draw.between([2, 4.5]),
      floor: draw.between([0.03, 0.25]),
      rest: draw.between(plan.rest ?? [0.35, 1]),
      restDays: draw.pick([[5, 6], [5, 6], [4, 5], [6]]),
    };
    const free = 1 - this.#busy;
    this.#growth = plan.growth_a_month === undefined ? 0 : draw.between(plan.growth_a_month);
    this.#cache =
      plan.cache === undefined
        ? null
        : {
            level: Math.min(draw.between(plan.cache.level), 0.7 * free),
            tau: draw.between(plan.cache.tau ?? [1, 1]),
            straight: plan.cache.straight === undefined ? 0 : draw.between(plan.cache.straight),
          };
    this.#step =
      plan.step === undefined
        ? null
        : {
            at: draw.between(plan.step.at) * this.#days,
            size: plan.step.customers ? draw.between(plan.step.size) : Math.min(draw.between(plan.step.size), 0.7 * free),
            ramp: plan.step.ramp === undefined ? 0 : draw.between(plan.step.ramp),
            until: plan.step.back ? this.#days * draw.between([0.6, 0.9]) : Number.POSITIVE_INFINITY,
          };
    this.#leak = this.#planLeak(plan.pool === "pkg" ? 0.75 : free);
    this.#restartEvery = plan.restart_every === undefined ? Number.POSITIVE_INFINITY : draw.between(plan.restart_every);
    this.#warmUp = (plan.warm_up_hours === undefined ? 0 : draw.between(plan.warm_up_hours)) / 24;
    this.#fragments = plan.fragments === undefined ? 0 : draw.between(plan.fragments);
    this.#bursts = Array.from({ length: plan.bursts ?? 0 }, () => ({
      at: draw.between([0.05, 0.95]) * this.#days,
      size: draw.between([0.1, 0.3]),
    }));
    this.#perContact = BYTES.contact * draw.between([0.8, 1.6]);
    this.#perTransaction = BYTES.transaction * draw.between([0.9, 1.6]);
    this.#bootDay = plan.from_start ? 0 : -draw.between([3, 40]);
    // A fixed hour of the night for restarts by a timer.
    if (Number.isFinite(this.#restartEvery)) this.#bootDay = draw.between([0.6, 0.95]) - this.#restartEvery;
    this.#pid = 700 + Math.floor(draw.unit() * 20_000);
  }

  #planLeak(free: number) {
    const { leak } = this.#plan;
    if (leak === undefined) return null;
    const from = this.#draw.between(leak.begins ?? [0, 0]) * this.#days;
    const to = leak.ends === undefined ? Number.POSITIVE_INFINITY : this.#draw.between(leak.ends) * this.#days;
    const span = leak.in_days ?? Math.min(to, this.#days) - from;
    const bytes = (free * this.#draw.between(leak.of_free)) / span;
    const jumps = new Map<number, number>();
    if (leak.by === "bursts")
      for (let day = Math.floor(from); day < this.#days * 12; day++)
        if (this.#draw.unit() < 0.3) jumps.set(day, this.#draw.between([1, 6]));
    return { bytes, from, to, jumps };
  }

  run(runOn: number): MadeHistory {
    const kept = Math.floor((this.#days * DAY_S) / this.#interval);
    const samples: UsageSample[] = [];
    for (let step = 0; step < kept * runOn; step++) {
      const sample = this.#advance(step);
      if (step < kept && sample !== null) samples.push(sample);
      if (step >= kept && this.#fullAt !== null) break;
    }
    const { pool = "shm", expect } = this.#plan;
    const began = this.#leak === null ? null : START + this.#leak.from * DAY;
    return { name: this.#name, samples, pool, expect, tenth_at: this.#tenthAt, began_at: began, full_at: this.#fullAt };
  }

  #advance(step: number): UsageSample | null {
    const day = (step * this.#interval) / DAY_S;
    const plan = this.#plan;
    if (day - this.#bootDay >= this.#restartEvery) this.#restart(day);
    const keep = Math.exp((-3 * this.#interval) / DAY_S);
    this.#noise = keep * this.#noise + 0.01 * (plan.noise ?? 1) * Math.sqrt(1 - keep * keep) * this.#draw.normal();
    if (plan.wander !== undefined) {
      const slow = Math.exp(-this.#interval / DAY_S / plan.wander.days);
      this.#drift = slow * this.#drift + plan.wander.size * Math.sqrt(1 - slow * slow) * this.#draw.normal();
    }
    const load = this.#load(day);
    const up = day - this.#bootDay;
    const back = this.#warmUp > 0 ? 1 - Math.exp(-up / this.#warmUp) : 1;
    const months = day / 30;
    const grown = 1 + this.#growth * months;
    const customers = 1 + (plan.step?.customers === true ? this.#stepped(day) : 0);
    const free = this.#busy - this.#base;
    const contactShare = free * (1 - this.#swing) * grown * customers * back * (0.96 + 0.04 * load) * (1 + this.#noise);
    const callShare =
      free *
      this.#swing *
      load *
      (plan.contacts_alone ? 1 : grown) *
      customers *
      (1 + 2 * this.#noise) *
      (1 + 0.01 * this.#draw.normal());
    const contacts = Math.max(0, contactShare * this.#total) / this.#perContact;
    const transactions = Math.max(0, callShare * this.#total) / this.#perTransaction;
    this.#lose(day, load);
    const at = START + step * this.#interval * 1_000;
    const shared = plan.pool !== "pkg";
    const extra =
      this.#cached(up) + (shared && plan.step?.customers !== true ? this.#stepped(day) : 0) + this.#drift + this.#burst(day);
    const want =
      this.#total * (this.#base + (shared ? extra + this.#leaked : 0)) +
      contacts * this.#perContact +
      transactions * this.#perTransaction;
    const shm = this.#shm(want, contacts, transactions, at);
    const pkg = this.#pkg(load, shared ? 0 : this.#cached(up) + this.#leaked, at);
    if (plan.gaps && (day * 0.41) % 1 > 0.7) return null;
    return {
      at: new Date(at).toISOString(),
      uptime: Math.round(up * DAY_S),
      shm,
      pkg,
      load: this.#shown(contacts, transactions, step),
    };
  }

  #restart(day: number): void {
    this.#bootDay += this.#restartEvery;
    if (this.#bootDay > day) this.#bootDay = day;
    this.#pid += 300;
    this.#leaked = 0;
    this.#lost = 0;
    this.#max = 0;
  }

  /** 0..1: how busy it is. */
  #load(day: number): number {
    const clock = (START % DAY) / DAY + day;
    const hour = (clock * 24) % 24;
    const { at, width, floor, rest, restDays } = this.#shape;
    const hump = (centre: number, wide: number) => {
      const distance = Math.min(Math.abs(hour - centre), 24 - Math.abs(hour - centre));
      return Math.exp(-(distance ** 2) / (2 * wide * wide));
    };
    const shapes: Record<DayShape, () => number> = {
      office: () => Math.min(1, 0.9 * hump(10.3, 1.8) + hump(15.2, 2)),
      evening: () => hump(at, width),
      night_batch: () => Math.min(1, 0.8 * hump(at, width) + (hour >= 2 && hour < 3.5 ? 0.9 : 0)),
      flat: () => 0.6,
    };
    const resting = restDays.includes(Math.floor(clock) % 7) ? rest : 1;
    return floor + (1 - floor) * resting * shapes[this.#plan.day ?? "office"]();
  }

  #stepped(day: number): number {
    if (this.#step === null || day < this.#step.at || day >= this.#step.until) return 0;
    const { at, size, ramp } = this.#step;
    return ramp > 0 ? size * Math.min(1, (day - at) / ramp) : size;
  }

  #cached(up: number): number {
    if (this.#cache === null) return 0;
    const { level, tau, straight } = this.#cache;
    return straight > 0 ? level * Math.min(1, up / straight) : level * (1 - Math.exp(-up / tau));
  }

  #burst(day: number): number {
    return this.#bursts.reduce((sum, { at, size }) => sum + (day >= at && day < at + 0.08 ? size : 0), 0);
  }

  #lose(day: number, load: number): void {
    this.#lost += (this.#fragments * this.#interval) / DAY_S / this.#days;
    const leak = this.#leak;
    if (leak === null || day < leak.from || day >= leak.to) return;
    const share = this.#interval / DAY_S;
    const pace = {
      clock: () => share,
      traffic: () => (share * load) / 0.42,
      bursts: () => share * (leak.jumps.get(Math.floor(day)) ?? 0),
      reload: () => (Math.floor((day - leak.from) * 2) > Math.floor((day - share - leak.from) * 2) ? 0.5 : 0),
    };
    this.#leaked += leak.bytes * pace[this.#plan.leak?.by ?? "clock"]();
    const free = this.#plan.pool === "pkg" ? 0.75 : 1 - this.#busy;
    if (this.#leaked >= 0.1 * free) this.#tenthAt ??= START + day * DAY;
  }

  #shm(want: number, contacts: number, transactions: number, at: number): UsageSample["shm"] {
    const total = this.#total;
    const overhead = 0.06 * this.#base * total + this.#lost * total;
    const demand = want + overhead;
    if (demand > 0.996 * total && this.#plan.pool !== "pkg") this.#fullAt ??= at;
    const real = Math.round(demand > 0.996 * total ? total * this.#draw.between([0.982, 0.998]) : demand);
    this.#max = Math.min(total, Math.max(this.#max, Math.round(real * (1 + 0.004 * this.#draw.unit()))));
    return {
      total,
      free: total - real,
      used: Math.round(Math.min(want, 0.96 * real)),
      real_used: real,
      max_used: this.#max,
      fragments: Math.round(100 + 0.03 * contacts + 0.5 * transactions + (this.#lost * total) / 500),
    };
  }

  #pkg(load: number, extra: number, at: number): PkgCounters[] {
    const total = this.#pkgTotal;
    return PROCESSES.map(({ desc, rank }, index) => {
      const touched = this.#plan.processes?.test(desc) === true && this.#plan.pool === "pkg";
      const work = rank > 0 ? 0.04 * (0.4 + 0.6 * load) * (0.85 + 0.3 * this.#draw.unit()) : 0;
      const demand = 0.15 + work + (touched ? extra * (1 + 0.03 * (index % 3)) : 0);
      if (touched && demand > 0.997) this.#fullAt ??= at;
      const real = Math.round(total * Math.min(demand, 0.997));
      return {
        pid: this.#pid + index,
        rank,
        used: Math.round(0.66 * real),
        free: total - real,
        real_used: real,
        total_size: total,
        total_frags: 8 + (index % 5) + Math.round(200 * work),
        desc,
      };
    });
  }

  #shown(contacts: number, transactions: number, step: number): Record<string, number> {
    if (this.#counters === "none") return {};
    const seen = (value: number) => Math.round(value * (1 + 0.003 * this.#draw.normal()));
    if (this.#counters === "contacts") return { location_contacts: seen(contacts) };
    return {
      location_contacts: seen(contacts),
      current_transactions: seen(transactions),
      rcv_requests: Math.round((step * this.#interval * this.#total) / MB / 10),
    };
  }
}
