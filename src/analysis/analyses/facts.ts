/** What the texts say together of the server that they come from: its build, the settings in force, and the facts that change a judgement. */
import { kamailioVersion } from "../../kamailio/binary/kamailio-version.js";
import type { ConfigReading } from "../../kamailio/config/reading.js";
import type { Dump } from "../../kamailio/dump/dump.js";
import { hasReallocAccountingBug } from "../../kamailio/knowledge/releases.js";
import { type Manager, MB, type Pool } from "../../kamailio/pool.js";
import { effectiveSettings } from "../../kamailio/settings/effective.js";
import type { EffectiveSettings, EffectiveValue, SettingValues } from "../../kamailio/settings/settings.js";
import { readVersion, type Version } from "../../kamailio/version.js";
import type { DumpAgreement, HistoryIncident, InstanceFacts, Sourced } from "../history/history.js";
import { historyIncident } from "../history/log-incident.js";
import { usesTls } from "../history/uses-tls.js";
import type { BuildRecord } from "../readiness/situation.js";
import type { AnalysedDump } from "./analysis.js";
import type { TextReading } from "./text-reading.js";

export interface ServerFacts {
  build: BuildRecord | null;
  running_build: BuildRecord | null;
  version: Version | null;
  settings: EffectiveSettings;
}

/** Ids that the contract allows are no longer. */
const MAX_ID = 64;

/** @param now epoch ms. Of two texts that say different things, the later one in the order of the texts wins. */
export function serverFacts(readings: readonly TextReading[], config: ConfigReading | null, now: number): ServerFacts {
  const recordedAt = (index: number) => new Date(now - (readings.length - 1 - index)).toISOString();
  const id = (name: string) => name.slice(0, MAX_ID);
  let build: BuildRecord | null = null;
  let running: BuildRecord | null = null;
  let reported: string | null = null;
  for (const [index, { name, builds, settings }] of readings.entries()) {
    for (const value of builds?.builds ?? []) {
      const record = { id: id(name), recorded_at: recordedAt(index), value };
      if (value.from_running_process) running = record;
      else build = record;
    }
    reported = settings?.running_version ?? reported;
  }
  const version =
    running?.value.version ??
    (reported === null ? null : readVersion(reported)) ??
    readings.findLast(({ usage }) => usage?.report.version)?.usage?.report.version ??
    kamailioVersion(build?.value ?? null);
  const judged = running ?? build;
  const settings = effectiveSettings({
    readings: readings.flatMap(({ name, settings: reading }, index) =>
      reading === null ? [] : [{ id: id(name), recorded_at: recordedAt(index), reading }],
    ),
    config: config === null ? null : { id: id(config.main), recorded_at: new Date(now).toISOString(), values: plain(config) },
    build: judged === null ? null : { id: judged.id, recorded_at: judged.recorded_at, build: judged.value },
    version,
  });
  return { build, running_build: running, version, settings };
}

function plain({ settings }: ConfigReading): Partial<SettingValues> {
  return Object.fromEntries(Object.entries(settings).map(([name, { value }]) => [name, value]));
}

/** What the judgements of usage want to know beside the counters. */
export function historyFacts(
  { version, settings }: ServerFacts,
  readings: readonly TextReading[],
  dumps: readonly AnalysedDump[],
): Partial<InstanceFacts> {
  const reports = readings.flatMap(({ usage }) => (usage === null ? [] : [usage.report]));
  const start = readings.flatMap(({ log }) => log.starts).at(-1) ?? null;
  const manager = (pool: Pool, setting: EffectiveValue<Manager>): Manager | null =>
    shown(setting) ??
    reports.findLast(({ managers }) => managers[pool] !== null)?.managers[pool] ??
    dumps.findLast((dump) => dump.pool === pool && dump.manager !== null)?.manager ??
    setting.value;
  const size = (pool: Pool, setting: EffectiveValue<number>, started: number | null): Sourced<number> | null => {
    const known = shown(setting);
    if (known !== null) return { value: known, source: setting.source ?? "" };
    const told = reports.findLast(({ pool_sizes }) => pool_sizes[pool] !== null)?.pool_sizes[pool] ?? null;
    if (told !== null) return { value: told / MB, source: `${pool}.info` };
    if (started !== null) return { value: started / MB, source: "the start-up line of the log" };
    return null;
  };
  const shmManager = manager("shm", settings.shm_manager);
  return {
    version,
    shm_manager: shmManager,
    pkg_manager: manager("pkg", settings.pkg_manager),
    qm_accounting_bug: shmManager === "qm" || shmManager === null ? hasReallocAccountingBug(version) : false,
    shm_size_mb: size("shm", settings.shm_size_mb, start?.shm_size ?? null),
    pkg_size_mb: size("pkg", settings.pkg_size_mb, start?.pkg_size ?? null),
    processes: settings.processes.value ?? start?.processes ?? null,
    tls: usesTls(settings.modules.value),
    host_total_bytes: hostTotal(readings),
    dumps: agreements(dumps),
  };
}

/** A value that a text shows; a default proves nothing about the pool that runs. */
function shown<Value>(setting: EffectiveValue<Value>): Value | null {
  return setting.evidence_id === null ? null : setting.value;
}

export function hostTotal(readings: readonly TextReading[]): number | null {
  return readings.flatMap(({ host }) => host?.hosts ?? []).at(-1)?.total ?? null;
}

/** The latest dump of each pool that can be added up. */
function agreements(dumps: readonly AnalysedDump[]): DumpAgreement[] {
  return (["shm", "pkg"] as const).flatMap((pool) => {
    const dump = dumps.findLast((one) => one.pool === pool && one.used !== null && one.allocated_bytes !== null);
    return dump === undefined ? [] : [agreement(dump, pool)];
  });
}

function agreement(
  dump: Pick<Dump, "pid" | "taken_at" | "used" | "allocated_bytes" | "complete" | "largest_free_fragment">,
  pool: Pool,
) {
  return {
    id: null,
    pool,
    pid: dump.pid,
    at: dump.taken_at === null ? null : Date.parse(dump.taken_at),
    used: dump.used ?? 0,
    allocated_bytes: dump.allocated_bytes ?? 0,
    complete: dump.complete,
    largest_free_fragment: dump.largest_free_fragment,
  };
}

/** The incidents as the judgements of a pool take them. */
export function historyIncidents(readings: readonly TextReading[]): HistoryIncident[] {
  return readings.flatMap(({ log }) => log.incidents.map((incident) => historyIncident(incident, null)));
}
