/** What the rules look at: the host, Kamailio's share of it, what grew, and what is recorded of the instance. */
import type { GroupFigures, HostFigures } from "../../kamailio/host-memory/reading.js";
import type { Reach } from "../commands/reach.js";
import type { Growth, mostGrown } from "./growth.js";
import type { HostShares } from "./host-shares.js";
import type { KamailioShare } from "./kamailio-share.js";

/** What is recorded of the instance; `null` or missing where it is not known. */
export interface HostMemoryContext {
  shm_size_bytes?: number | null;
  pkg_size_bytes?: number | null;
  processes?: number | null;
  /** Largest max_used of the shm pool so far: as much of it has been touched. */
  shm_max_used_bytes?: number | null;
  /** shm_force_alloc or mlock_pages: the whole pool is touched at start. */
  shm_forced?: boolean | null;
  /** How commands reach it. */
  reach?: Reach;
}

export interface Case {
  host: HostFigures | null;
  shares: HostShares | null;
  /** Containers, pods and services as a whole. */
  groups: readonly GroupFigures[];
  kamailio: KamailioShare;
  growth: Growth;
  /** The process that grew most between two readings; `null` when none was read twice. */
  grown: ReturnType<typeof mostGrown>;
  context: HostMemoryContext;
}
