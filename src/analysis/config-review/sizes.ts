/** The sizes that the pools of this configuration have, and what a process costs. */

import { factAt, SETTING_DEFAULTS, SHM_MEM_SIZE_WORKS } from "../../kamailio/knowledge/releases.js";
import { MB } from "../../kamailio/units.js";
import type { ConfigFacts } from "./facts.js";

export interface PoolSizes {
  shm_bytes: number | null;
  pkg_bytes: number | null;
  /** Where each is from, in words. */
  shm_source: string;
  pkg_source: string;
}

/** `-m` over `shm_mem_size` over the build over the release; `-M` over the build over the release (no parameter sets it). */
export function poolSizes(facts: ConfigFacts): PoolSizes {
  const { build, version } = facts;
  const recordedShm = facts.settings.shm_size_mb;
  const recordedPkg = facts.settings.pkg_size_mb;
  const line = facts.assigned("shm");
  const inFile =
    factAt(SHM_MEM_SIZE_WORKS, version) === false ? null : typeof line?.value === "number" && line.value > 0 ? line.value : null;
  const wins =
    recordedShm?.value !== null &&
    recordedShm?.value !== undefined &&
    recordedShm.source !== "release_default" &&
    recordedShm.source !== "build_default";
  const shm = wins
    ? recordedShm.value
    : (inFile ?? recordedShm?.value ?? build?.default_shm_size_mb ?? factAt(SETTING_DEFAULTS.shm_size_mb, version));
  const pkg = recordedPkg?.value ?? build?.default_pkg_size_mb ?? factAt(SETTING_DEFAULTS.pkg_size_mb, version);
  return {
    shm_bytes: shm === null ? null : shm * MB,
    pkg_bytes: pkg === null ? null : pkg * MB,
    shm_source: wins ? `${recordedShm.source}` : inFile !== null ? `${line?.file}:${line?.line}` : "default",
    pkg_source: recordedPkg?.source ?? "default",
  };
}
