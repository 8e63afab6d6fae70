/** What the judgement of a host's memory wants to know of the instance on it. */
import { MB } from "../../kamailio/units.js";
import { reachOf } from "../commands/reach.js";
import type { HostMemoryContext } from "../host-memory/case.js";
import type { InstanceFacts } from "./gather.js";
import { estimatedProcesses } from "./history-facts.js";

/** @param shmMaxUsed `max_used` of the newest sample that has one: the peak of this run, in bytes */
export function hostMemoryContext(facts: InstanceFacts, shmMaxUsed: number | null): HostMemoryContext {
  const { version, settings } = facts;
  const bytes = (mb: number | null) => (mb === null ? null : mb * MB);
  const { shm_force_alloc: forced, mlock_pages: locked } = settings;
  return {
    shm_size_bytes: bytes(settings.shm_size_mb.value),
    pkg_size_bytes: bytes(settings.pkg_size_mb.value),
    processes: settings.processes.value ?? estimatedProcesses(facts),
    shm_max_used_bytes: shmMaxUsed,
    reach: reachOf({ version, settings }),
    shm_forced: forced.value === null && locked.value === null ? null : (forced.value ?? 0) > 0 || (locked.value ?? 0) > 0,
  };
}
