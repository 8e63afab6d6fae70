/** Gathers what the bug report is made from: everything that is recorded about the instance, and the judgements of it. */
import type { Reach } from "../../analysis/commands/reach.js";
import { diagnose } from "../../analysis/diagnosis/diagnose.js";
import type { InstanceFacts } from "../../analysis/facts/gather.js";
import { hostMemoryContext } from "../../analysis/facts/host-context.js";
import { knownIssuesIn } from "../../analysis/facts/known-issues.js";
import { judgeHostMemory } from "../../analysis/host-memory/host-memory.js";
import { judgeReadiness } from "../../analysis/readiness/readiness.js";
import type { ReportInput } from "../../analysis/report/input.js";
import type { Build } from "../../kamailio/binary/build.js";
import type { HostMemoryReading } from "../../kamailio/host-memory/reading.js";
import type { SettingsReading } from "../../kamailio/settings/settings.js";
import { timestamp } from "../../kamailio/units.js";
import type { Store } from "../../store/store.js";
import { compareStored } from "./dump-comparison.js";
import { dumpsWithSites, type LoadedDump, loadedSeries } from "./dumps-with-sites.js";
import { recordedHistory } from "./history.js";
import { allIncidents } from "./incidents.js";
import { instanceFacts } from "./instance-facts.js";
import { newestShmPeak } from "./shm-peak.js";

/** Records of each kind that are looked at, newest first. */
const RECORDS_READ = 50;

/** @param service how the report's commands reach the service */
export async function reportInput(
  store: Store,
  instance: string,
  at: number,
  service: ReportInput["service"],
): Promise<ReportInput> {
  const page = { after: null, limit: RECORDS_READ };
  const facts = await instanceFacts(store, instance);
  const [recorded, dumps, incidents, builds, settings_history, configs, host, [latest]] = await Promise.all([
    recordedHistory(store, facts, at),
    dumpsWithSites(store, instance),
    allIncidents(store, instance),
    store.records.list<Build>(instance, ["build", "running_build"], page),
    store.records.list<SettingsReading>(instance, ["settings"], page),
    store.records.list<{ main: string; modules: string[] }>(instance, ["config"], page),
    store.records.latest<HostMemoryReading>(instance, "host_memory"),
    store.usage.latest(instance, Number.MAX_SAFE_INTEGER, 1),
  ]);
  const { history } = recorded;
  const { reach } = history.facts;
  const diagnosis = diagnose(history, recorded.as_of, undefined, at);
  const context = hostMemoryContext(facts, await newestShmPeak(store, instance));
  return {
    ...facts,
    now: at,
    service,
    build_text: await buildText(store, instance, facts),
    readiness: judgeReadiness(facts),
    diagnosis,
    history,
    latest: latest?.sample ?? null,
    dumps: dumps
      .toSorted((a, b) => b.stored.taken_at - a.stored.taken_at)
      .map((dump) => ({ ...dump, taken_at: timestamp(dump.stored.taken_at) })),
    comparisons: await comparisonsOf(store, instance, dumps, reach),
    incidents,
    builds,
    settings_history,
    configs,
    host_memory:
      host === null
        ? null
        : {
            ...host,
            judgement: judgeHostMemory(host.value, context),
          },
    known_issues: knownIssuesIn(facts, {
      dumps,
      incidents: incidents.map(({ incident }) => incident),
      usage: { processes: history.processes, diagnosis },
    }),
  };
}

async function buildText(store: Store, instance: string, { build, running_build }: InstanceFacts): Promise<string | null> {
  const id = (build ?? running_build)?.id;
  return id === undefined ? null : store.records.text(instance, ["build", "running_build"], id);
}

async function comparisonsOf(store: Store, instance: string, dumps: readonly LoadedDump[], reach: Reach) {
  const comparisons: ReportInput["comparisons"][number][] = [];
  for (const series of loadedSeries(dumps)) {
    const newest = series.at(-1);
    if (newest === undefined || series.length < 2) continue;
    const stored = series.map((dump) => dump.stored);
    const { comparison, labels } = await compareStored(store, instance, stored, reach);
    comparisons.push({ dump_ids: labels, process: newest.process, pid: newest.pid, comparison });
  }
  return comparisons;
}
