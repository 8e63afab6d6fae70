/**
 * What is known of one instance before anybody judges it: plain values, whether the service loaded them from its records or the stateless analysis
 * read them from texts. Both hand over the same evidence, so that both judge alike.
 */
import type { Build } from "../../kamailio/binary/build.js";
import type { ConfigReading } from "../../kamailio/config/reading.js";
import type { Manager, Pool } from "../../kamailio/pool.js";
import type { SettingsReading } from "../../kamailio/settings/settings.js";
import type { Version } from "../../kamailio/version.js";

/** A value and the record or text that it was read from. */
export interface Recorded<Value> {
  /** The record's id, or the name of the text. */
  id: string;
  /** RFC 3339. */
  recorded_at: string;
  value: Value;
}

/**
 * What something that is no text of settings shows of the running server in passing: the start-up line of a log, `shm.info` among counters, the
 * form of a dump. It is asked where no settings say it, before any default.
 */
export interface Sighting {
  version: Version | null;
  shm_manager: Manager | null;
  pkg_manager: Manager | null;
  shm_size_mb: number | null;
  pkg_size_mb: number | null;
  processes: number | null;
  /** What showed it, in words: `the start-up line of the log`. */
  quote: string;
}

export const NOTHING_SEEN: Omit<Sighting, "quote"> = {
  version: null,
  shm_manager: null,
  pkg_manager: null,
  shm_size_mb: null,
  pkg_size_mb: null,
  processes: null,
};

/** All lists oldest first: of two that say different things, the later one wins. */
export interface Evidence {
  /** The caller's name of the instance; a name that stands for it where nobody gave one. */
  instance: string;
  /** Of the binary on disk and of the running process (`from_running_process`). */
  builds: readonly Recorded<Build>[];
  settings: readonly Recorded<SettingsReading>[];
  /** The newest kamailio.cfg, read for the release that `knownVersion` tells. */
  config: Recorded<ConfigReading> | null;
  sightings: readonly Recorded<Sighting>[];
  /** The host's memory in bytes, by the newest text that says it. */
  host_total_bytes: number | null;
}

/** A dump as the facts of a pool take it. `at` is in epoch ms, `null` where nothing tells. */
export interface DumpEvidence {
  id: string | null;
  at: number | null;
  pool: Pool | null;
  pid: number | null;
  manager: Manager | null;
  used: number | null;
  allocated_bytes: number | null;
  complete: boolean;
  largest_free_fragment: number | null;
}
