/** Facts for runbooks in tests: what a test names, and nothing else known. */
import { diagnose } from "../../src/analysis/diagnosis/diagnose.js";
import { historyFromSamples } from "../../src/analysis/history/from-samples.js";
import { judgeReadiness } from "../../src/analysis/readiness/readiness.js";
import type { Site } from "../../src/kamailio/dump/dump.js";
import type { LogIncident } from "../../src/kamailio/log/incident.js";
import { readVersion } from "../../src/kamailio/version.js";
import { runbookKind } from "../../src/runbooks/catalogue.js";
import { buildRunbook } from "../../src/runbooks/engine.js";
import type { DumpFact, IncidentFact, RunbookFacts, TimedUsage } from "../../src/runbooks/facts.js";
import { readParameters } from "../../src/runbooks/parameters.js";
import type { Runbook, RunbookKind, Step } from "../../src/runbooks/runbook.js";
import { buildOf } from "./build-text.js";
import { settingsWith } from "./effective-settings.js";
import { DEBUG, NO_DEBUG, record, STOCK_MODULES } from "./readiness.js";

export const NOW = Date.parse("2026-03-01T12:00:00.000Z");
export const MINUTE = 60_000;

export interface FactsWish {
  /** `null`: no build is recorded. */
  version?: string | null;
  debug?: boolean;
  memory?: string[];
  settings?: Parameters<typeof settingsWith>[0];
}

const PACKAGED: Parameters<typeof settingsWith>[0] = {
  shm_size_mb: 64,
  pkg_size_mb: 8,
  binary: "/usr/sbin/kamailio",
  config_file: "/etc/kamailio/kamailio.cfg",
  service_manager: "systemd",
  modules: ["tm", "sl", "dialog", "tls", "usrloc", ...STOCK_MODULES],
};

export function factsOf(
  { version = "5.6.3", debug = true, memory, settings = {} }: FactsWish = {},
  more: Partial<RunbookFacts> = {},
): RunbookFacts {
  const build = version === null ? null : record(buildOf({ version, memory: memory ?? (debug ? DEBUG : NO_DEBUG) }));
  const effective = settingsWith(version === null ? settings : { ...PACKAGED, ...settings }, version);
  const base = { instance: "sip1", build, running_build: null, settings: effective };
  return {
    ...base,
    version: version === null ? null : readVersion(version),
    readiness: judgeReadiness(base),
    last_seen: { build: build === null ? null : NOW, running_build: null, settings: NOW, config: null },
    module_parameters: null,
    usage: { latest: null, start_up: null, recent: [] },
    dumps: [],
    incidents: [],
    host_memory: null,
    diagnosis: diagnose(historyFromSamples([]), NOW),
    sizing: null,
    known_issues: [],
    service: { url: "http://127.0.0.1:8080", auth: "none" },
    now: NOW,
    ...more,
  };
}

export function make(kind: RunbookKind, facts: RunbookFacts, given: Record<string, unknown> = {}): Runbook {
  const specs = runbookKind(kind)?.parameters ?? [];
  const { parameters, faults } = readParameters(specs, given);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return buildRunbook(kind, parameters, facts, "rb_1");
}

export function stepOf(runbook: Runbook, id: string): Step {
  const step = runbook.steps.find((one) => one.id === id);
  if (step === undefined) throw new Error(`no step ${id} among ${runbook.steps.map((one) => one.id).join(", ")}`);
  return step;
}

/** All that is to be typed, of all steps. */
export function commandsOf({ steps }: Runbook): string[] {
  return steps.flatMap(({ commands, undo, submit }) => [
    ...commands.map(({ text }) => text),
    ...undo,
    ...(submit === null ? [] : [submit]),
  ]);
}

export function usageAt(
  at: number,
  shm: { used: number; real_used?: number; total?: number; free?: number } | null,
  pkg: { pid: number; used: number; desc?: string; total_size?: number }[] = [],
): TimedUsage {
  return {
    at,
    sample: {
      at: new Date(at).toISOString(),
      uptime: null,
      shm:
        shm === null
          ? null
          : {
              total: shm.total ?? 67_108_864,
              free: shm.free ?? null,
              used: shm.used,
              real_used: shm.real_used ?? shm.used,
              max_used: null,
              fragments: null,
            },
      pkg: pkg.map(({ pid, used, desc, total_size }) => ({
        pid,
        rank: null,
        used,
        free: null,
        real_used: used,
        total_size: total_size ?? 8_388_608,
        total_frags: null,
        desc: desc ?? null,
      })),
      load: {},
    },
  };
}

export function dumpAt(
  at: number,
  sites: (Partial<Site> & { function: string; count: number; bytes: number })[],
  more: Partial<DumpFact> = {},
): DumpFact {
  const bytes = sites.reduce((sum, site) => sum + site.bytes, 0);
  return {
    id: `dump_${at}`,
    pool: "shm",
    pid: null,
    process_index: null,
    process: null,
    manager: "qm",
    form: "summary",
    taken_at: at,
    recorded_at: at,
    heap_size: null,
    used: null,
    real_used: null,
    free: null,
    max_used: null,
    chunks: sites.reduce((sum, site) => sum + site.count, 0),
    allocated_bytes: bytes,
    free_fragments: null,
    largest_free_fragment: null,
    complete: true,
    incomplete_reason: null,
    warnings: [],
    first_line: 1,
    last_line: 2,
    sites: sites.map((site) => ({ module: "tm", file: "h_table.c", line: 100, ...site })),
    ...more,
  };
}

export function incidentAt(at: number, incident: Partial<LogIncident>): IncidentFact {
  return {
    id: `inc_${at}`,
    began_at: at,
    ended_at: at,
    recorded_at: at,
    incident: {
      kind: "exhaustion",
      class: "pkg",
      severity: "critical",
      pool: "pkg",
      pool_source: "text",
      manager: null,
      site: null,
      other_site: null,
      size: null,
      smallest_size: null,
      count: 3,
      lines: 3,
      count_is_lower_bound: false,
      pids: [4242],
      pid_count: 1,
      first_at: null,
      last_at: null,
      first_line: 1,
      last_line: 3,
      quote: "ERROR: could not allocate private memory from pkg pool",
      overwritten: null,
      action: null,
      signal: null,
      tls: null,
      explanation: "",
      ...incident,
    },
  };
}
