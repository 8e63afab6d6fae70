/** Turns what logs, counters and dumps show of the running server in passing into evidence. */
import type { LogStart } from "../../kamailio/log/incident.js";
import { MB } from "../../kamailio/units.js";
import type { UsageReport } from "../../kamailio/usage/reader.js";
import { type DumpEvidence, NOTHING_SEEN, type Sighting } from "./evidence.js";

/** The last start in a log: it tells the sizes and the number of processes. */
export function startSighting(starts: readonly LogStart[]): Sighting | null {
  const start = starts.at(-1);
  if (start === undefined) return null;
  const { processes, shm_size, pkg_size } = start;
  return {
    ...NOTHING_SEEN,
    processes,
    shm_size_mb: size(shm_size),
    pkg_size_mb: size(pkg_size),
    quote: `processes (at least): ${processes} - shm size: ${shm_size} - pkg size: ${pkg_size}`,
  };
}

/** What an upload of counters says beside them: `shm.info`, `pkg.info`, and the release that a text names. */
export function usageSighting({ managers, pool_sizes, version }: UsageReport): Sighting | null {
  const parts = [
    ...(version === null ? [] : [`version ${version.text}`]),
    ...(["shm", "pkg"] as const).flatMap((pool) => (managers[pool] === null ? [] : [`${pool}.info: ${managers[pool]}`])),
    ...(["shm", "pkg"] as const).flatMap((pool) =>
      pool_sizes[pool] === null ? [] : [`${pool}.info: ${pool_sizes[pool]} bytes`],
    ),
  ];
  if (parts.length === 0) return null;
  return {
    version,
    shm_manager: managers.shm,
    pkg_manager: managers.pkg,
    shm_size_mb: size(pool_sizes.shm),
    pkg_size_mb: size(pool_sizes.pkg),
    processes: null,
    quote: parts.join(", "),
  };
}

/** The form of a dump names the manager of its pool. */
export function dumpSighting({ pool, manager }: Pick<DumpEvidence, "pool" | "manager">): Sighting | null {
  if (pool === null || manager === null) return null;
  return { ...NOTHING_SEEN, [`${pool}_manager`]: manager, quote: `a dump of ${pool} in the form of ${manager}` };
}

/** tlsf reports its pool without its control block: 67108784 bytes of 64 MB. */
const NEARLY = 0.01;

/** Bytes in MB, as `-m` counts them. */
function size(bytes: number | null): number | null {
  if (bytes === null || bytes <= 0) return null;
  const mb = bytes / MB;
  return Math.abs(mb - Math.round(mb)) < NEARLY ? Math.round(mb) : mb;
}
