/** Gathers what a runbook is made from: everything that is recorded about the instance, and the judgements of it. */
import { diagnose } from "../../analysis/diagnosis/diagnose.js";
import type { InstanceFacts } from "../../analysis/facts/gather.js";
import { hostMemoryContext } from "../../analysis/facts/host-context.js";
import { knownIssuesIn } from "../../analysis/facts/known-issues.js";
import { judgeHostMemory } from "../../analysis/host-memory/host-memory.js";
import { judgeReadiness } from "../../analysis/readiness/readiness.js";
import { sizeInstance } from "../../analysis/sizing/size-instance.js";
import { readConfig } from "../../kamailio/config/read-config.js";
import type { HostMemoryReading } from "../../kamailio/host-memory/reading.js";
import { MINUTE } from "../../kamailio/units.js";
import type { Version } from "../../kamailio/version.js";
import type { ModuleParameterFact, RunbookFacts, TimedUsage } from "../../runbooks/facts.js";
import { FRESH_MS } from "../../runbooks/plan.js";
import type { StoredDump } from "../../store/dumps.js";
import type { RecordKind } from "../../store/records.js";
import type { Store } from "../../store/store.js";
import { dumpsWithSites, type LoadedDump } from "./dumps-with-sites.js";
import { recordedHistory } from "./history.js";
import { allIncidents } from "./incidents.js";
import { instanceFacts } from "./instance-facts.js";
import { newestShmPeak } from "./shm-peak.js";

/** Dumps that a step can have asked for, newest first. */
const DUMPS_LISTED = 50;
/** Samples read from when the runbook began, and up to now: an experiment lies between them. */
const SAMPLES_READ = 500;
/** A sample so soon after the start still shows the start-up level. */
const START_UP_MS = 30 * MINUTE;

/** @param since epoch ms of the oldest runbook that the facts are for */
export async function runbookFacts(
  store: Store,
  instance: string,
  since: number,
  now: number,
  service: RunbookFacts["service"],
): Promise<RunbookFacts> {
  const facts = await instanceFacts(store, instance);
  const seen = (kind: RecordKind) => store.records.latest(instance, kind).then((record) => record?.last_seen_at ?? null);
  const [dumps, listed, stored, recorded, begun, newest, build, running_build, settings, config] = await Promise.all([
    dumpsWithSites(store, instance),
    store.dumps.list(instance, {}, { after: null, limit: DUMPS_LISTED }),
    allIncidents(store, instance),
    recordedHistory(store, facts, now),
    store.usage.samples(instance, since - FRESH_MS, now + 1, SAMPLES_READ),
    store.usage.latest(instance, now, SAMPLES_READ),
    seen("build"),
    seen("running_build"),
    seen("settings"),
    seen("config"),
  ]);
  const diagnosis = diagnose(recorded.history, recorded.as_of, undefined, now);
  const recent = new Map<number, TimedUsage>();
  for (const sample of [...begun, ...newest]) if (sample.at >= since - FRESH_MS) recent.set(sample.at, sample);
  const latest = newest[0] ?? null;
  const known_issues = knownIssuesIn(facts, {
    dumps,
    incidents: stored.map(({ incident }) => incident),
    usage: { processes: recorded.history.processes, diagnosis },
  });
  return {
    ...facts,
    readiness: judgeReadiness(facts),
    last_seen: { build, running_build, settings, config },
    module_parameters: await moduleParameters(store, instance, facts.version),
    usage: {
      latest,
      start_up: await startUp(store, instance, latest, now),
      recent: [...recent.values()].sort((a, b) => a.at - b.at),
    },
    dumps: dumpFacts(dumps, listed),
    incidents: stored.map(({ id, began_at, ended_at, recorded_at, incident }) => ({
      id,
      began_at,
      ended_at,
      recorded_at,
      incident,
    })),
    host_memory: await hostMemory(store, facts),
    diagnosis,
    sizing: sizeInstance(recorded.history, recorded.as_of, undefined, undefined, now),
    known_issues,
    service,
    now,
  };
}

/** With their sites where they are loaded; a report of the largest pieces has none. Newest first. */
function dumpFacts(loaded: readonly LoadedDump[], listed: readonly StoredDump[]): RunbookFacts["dumps"] {
  const known = new Set(loaded.map(({ id }) => id));
  return [
    ...loaded.map(({ stored: { id, taken_at, recorded_at }, stored: _, ...dump }) => ({ ...dump, id, taken_at, recorded_at })),
    ...listed.filter(({ id }) => !known.has(id)).map((dump) => ({ ...dump, sites: null })),
  ].sort((a, b) => b.taken_at - a.taken_at);
}

/** The first sample after the last restart that somebody saw, or that the uptime shows. */
async function startUp(store: Store, instance: string, latest: TimedUsage | null, now: number): Promise<TimedUsage | null> {
  if (latest === null) return null;
  const restarts = (await store.usage.events(instance, 0, now + 1)).filter(({ kind }) => kind === "restart");
  const seen = restarts.at(-1)?.at ?? null;
  const { uptime } = latest.sample;
  const begun = uptime === null ? null : latest.at - uptime * 1000;
  if (seen === null && begun === null) return null;
  const from = Math.max(seen ?? 0, begun === null ? 0 : begun);
  const [first] = await store.usage.samples(instance, Math.floor(from), now + 1, 1);
  if (first === undefined) return null;
  return first.at - from <= START_UP_MS ? first : null;
}

async function moduleParameters(store: Store, instance: string, version: Version | null): Promise<ModuleParameterFact[] | null> {
  const record = await store.records.latest(instance, "config");
  const text = record === null ? null : await store.records.text(instance, ["config"], record.id);
  if (text === null) return null;
  const { modparams } = readConfig(JSON.parse(text) as { main: string; files: Record<string, string> }, { version });
  return modparams.flatMap(({ modules, name, value }) => modules.map((module) => ({ module, name, value })));
}

async function hostMemory(store: Store, facts: InstanceFacts): Promise<RunbookFacts["host_memory"]> {
  const record = await store.records.latest<HostMemoryReading>(facts.instance, "host_memory");
  if (record === null) return null;
  const judgement = judgeHostMemory(record.value, hostMemoryContext(facts, await newestShmPeak(store, facts.instance)));
  return { id: record.id, recorded_at: record.last_seen_at, judgement };
}
