/** How long memory may rightly be held after traffic stops: the longest lifetime of what traffic creates, from the config where it says. */
import type { Ground } from "./ground.js";
import { loaded, number } from "./ground.js";

export interface Lifetime {
  name: string;
  seconds: number;
  /** The line or the default that says it. */
  source: string;
}

/** tm's timers in ms since 3.0 (modules/tm/README: wt_timer 5000, fr_timer 30000, fr_inv_timer 120000, max_inv_lifetime 180000). */
const TM: readonly [string, number][] = [
  ["wt_timer", 5_000],
  ["fr_timer", 30_000],
  ["fr_inv_timer", 120_000],
  ["max_inv_lifetime", 180_000],
];
/** A call in dialog lives up to default_timeout (43200 s, modules/dialog/README); nobody waits that long unless told to. */
const DIALOG_DEFAULT_TIMEOUT = 43_200;
/** usrloc's default_expires of registrar (3600 s, modules/registrar/README). */
const REGISTRAR_DEFAULT_EXPIRES = 3_600;
/** TCP connections idle up to tcp_connection_lifetime (120 s). */
const TCP_LIFETIME = 120;
/** The slow timer and its queues run some seconds behind (the wiki and OpenSIPS' guide say to wait 5 to 20 minutes; this is added once). */
const SETTLE_SECONDS = 60;

export interface Wait {
  seconds: number;
  lifetimes: Lifetime[];
  /** What is not waited for, said. */
  notes: string[];
}

function setting(g: Ground, module: string, name: string): { value: number; source: string } | null {
  const found = g.facts.module_parameters?.find((one) => one.module === module && one.name === name);
  const value = typeof found?.value === "string" ? Number(found.value) : found?.value;
  return typeof value === "number" && Number.isFinite(value) && value >= 0
    ? { value, source: `modparam("${module}", "${name}", ${value})` }
    : null;
}

/** The wait of a quiet test. A parameter of the runbook wins over everything. */
export function quietWait(g: Ground): Wait {
  const given = number(g, "wait_seconds");
  if (given !== null)
    return { seconds: given, lifetimes: [{ name: "given", seconds: given, source: "wait_seconds" }], notes: [] };
  const notes: string[] = [];
  const lifetimes: Lifetime[] = [
    transactions(g),
    { name: "TCP connections", seconds: TCP_LIFETIME, source: "tcp_connection_lifetime, default" },
  ];
  const dialog = number(g, "dialog_lifetime_seconds");
  if (dialog !== null) lifetimes.push({ name: "dialogs", seconds: dialog, source: "dialog_lifetime_seconds" });
  else if (loaded(g, "dialog") === true) {
    const timeout = setting(g, "dialog", "default_timeout");
    notes.push(
      `dialog keeps a call up to ${timeout?.value ?? DIALOG_DEFAULT_TIMEOUT} s: end the calls before the wait (dlg.stats_active must be 0), or give dialog_lifetime_seconds.`,
    );
  }
  const registrations = number(g, "registration_expiry_seconds");
  if (registrations !== null)
    lifetimes.push({ name: "registrations", seconds: registrations, source: "registration_expiry_seconds" });
  else if (loaded(g, "usrloc") === true) {
    const most = setting(g, "registrar", "max_expires");
    const usual = setting(g, "registrar", "default_expires");
    const longest = most !== null && most.value > 0 ? most : usual;
    lifetimes.push({
      name: "registrations",
      seconds: longest?.value ?? REGISTRAR_DEFAULT_EXPIRES,
      source:
        longest?.source ??
        `default_expires of registrar, default (${REGISTRAR_DEFAULT_EXPIRES} s); a phone may have asked for longer`,
    });
  }
  const expire = htableExpiry(g);
  if (expire !== null) lifetimes.push(expire);
  return { seconds: Math.max(...lifetimes.map(({ seconds }) => seconds)) + SETTLE_SECONDS, lifetimes, notes };
}

/** An INVITE waits for its final answer, then a transaction waits for wt_timer. */
function transactions(g: Ground): Lifetime {
  const of = (name: string): { value: number; source: string } => {
    const fallback = TM.find(([known]) => known === name)?.[1] ?? 0;
    return setting(g, "tm", name) ?? { value: fallback, source: `${name} of tm, default ${fallback} ms` };
  };
  const wait = of("wt_timer");
  const longest = [of("fr_timer"), of("fr_inv_timer"), of("max_inv_lifetime")].sort((a, b) => b.value - a.value)[0] ?? wait;
  return {
    name: "transactions",
    seconds: Math.ceil((longest.value + wait.value) / 1000),
    source: `${longest.source}; ${wait.source}`,
  };
}

/** `autoexpire=7200` in a table's definition. */
function htableExpiry(g: Ground): Lifetime | null {
  let longest: Lifetime | null = null;
  for (const { module, name, value } of g.facts.module_parameters ?? []) {
    if (module !== "htable" || name !== "htable" || typeof value !== "string") continue;
    const seconds = Number(/autoexpire=(\d{1,9})/.exec(value)?.[1] ?? 0);
    if (seconds > (longest?.seconds ?? 0))
      longest = { name: "hash table entries", seconds, source: `htable ${value.slice(0, 100)}` };
  }
  return longest;
}
