/** What the judgements of usage want to know of an instance beside its counters. */
import { hasReallocAccountingBug } from "../../kamailio/knowledge/releases.js";
import type { EffectiveValue } from "../../kamailio/settings/settings.js";
import { reachOf } from "../commands/reach.js";
import { ConfigFacts } from "../config-review/facts.js";
import { NO_CONFIG } from "../config-review/no-config.js";
import { estimateProcesses } from "../config-review/processes/process-estimate.js";
import type { DumpAgreement, InstanceFacts as JudgedFacts, Sourced } from "../history/history.js";
import { usesTls } from "../history/uses-tls.js";
import type { DumpEvidence } from "./evidence.js";
import type { InstanceFacts } from "./gather.js";
import { reviewInput } from "./review-input.js";

/** @param dumps newest first */
export function historyFacts(facts: InstanceFacts, dumps: readonly DumpEvidence[]): JudgedFacts {
  const { instance, version, settings, host_total_bytes } = facts;
  const server = reviewInput(facts, facts.config ?? NO_CONFIG);
  const managers = [settings.shm_manager.value, settings.pkg_manager.value];
  return {
    instance,
    version,
    shm_manager: settings.shm_manager.value,
    pkg_manager: settings.pkg_manager.value,
    // Of either pool: who asks knows the pool, and looks at its manager. Where no manager is known, the release alone does not tell.
    qm_accounting_bug: managers.includes("qm") ? hasReallocAccountingBug(version) : managers.includes(null) ? null : false,
    shm_size_mb: sourced(settings.shm_size_mb),
    pkg_size_mb: sourced(settings.pkg_size_mb),
    processes: settings.processes.value,
    estimated_processes: estimatedProcesses(facts),
    tls: usesTls(settings.modules.value),
    host_total_bytes,
    memory_limit: sourced(settings.memory_limit_bytes),
    server,
    dumps: dumps.flatMap(agreement),
    reach: reachOf(facts),
  };
}

/** What the recorded kamailio.cfg starts; `null` without one. */
export function estimatedProcesses(facts: InstanceFacts): number | null {
  return facts.config === null ? null : estimateProcesses(new ConfigFacts(reviewInput(facts, facts.config))).processes;
}

function sourced({ value, source }: EffectiveValue<number>): Sourced<number> | null {
  return value === null || source === null ? null : { value, source };
}

/** Of dumps that can be added up. */
function agreement({ pool, used, allocated_bytes, ...dump }: DumpEvidence): DumpAgreement[] {
  if (pool === null || used === null || allocated_bytes === null) return [];
  const { id, pid, at, complete, largest_free_fragment } = dump;
  return [{ id, pool, pid, at, used, allocated_bytes, complete, largest_free_fragment }];
}
