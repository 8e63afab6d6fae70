/**
 * The one gathering of what is known of an instance: which build runs, which release, and the settings in force. Readiness, diagnosis, sizing,
 * report, runbooks, known issues, host memory, config review and build plan all stand on it.
 */
import type { Build } from "../../kamailio/binary/build.js";
import { kamailioVersion } from "../../kamailio/binary/kamailio-version.js";
import type { ConfigReading } from "../../kamailio/config/reading.js";
import { effectiveSettings } from "../../kamailio/settings/effective.js";
import type { EffectiveSettings, EffectiveValue, SettingValues } from "../../kamailio/settings/settings.js";
import { readVersion, type Version } from "../../kamailio/version.js";
import type { Evidence, Recorded, Sighting } from "./evidence.js";

export interface InstanceFacts {
  instance: string;
  /** The newest build of the binary on disk. */
  build: Recorded<Build> | null;
  /** The newest that the running process said of itself. */
  running_build: Recorded<Build> | null;
  /** The release that runs: the process's word before what was seen in passing, the binary's last. */
  version: Version | null;
  /** In force by Kamailio's own precedence. */
  settings: EffectiveSettings;
  /** The newest kamailio.cfg, read for this release. */
  config: ConfigReading | null;
  host_total_bytes: number | null;
}

export function gatherFacts(evidence: Evidence): InstanceFacts {
  const { instance, builds, config, host_total_bytes } = evidence;
  const build = builds.findLast(({ value }) => !value.from_running_process) ?? null;
  const running_build = builds.findLast(({ value }) => value.from_running_process) ?? null;
  const judged = running_build ?? build;
  const version = knownVersion(evidence);
  const settings = effectiveSettings({
    readings: evidence.settings.map(({ id, recorded_at, value }) => ({ id, recorded_at, reading: value })),
    config: config === null ? null : { id: config.id, recorded_at: config.recorded_at, values: plain(config.value) },
    build: judged === null ? null : { id: judged.id, recorded_at: judged.recorded_at, build: judged.value },
    version,
  });
  return {
    instance,
    build,
    running_build,
    version,
    settings: withSightings(settings, evidence.sightings),
    config: config?.value ?? null,
    host_total_bytes,
  };
}

/** The release that runs; a configuration is read for it, so it is asked before one is read. */
export function knownVersion({
  builds,
  settings,
  sightings,
}: Pick<Evidence, "builds" | "settings" | "sightings">): Version | null {
  const running = builds.findLast(({ value }) => value.from_running_process)?.value.version;
  const reported = settings.findLast(({ value }) => value.running_version !== null)?.value.running_version;
  const seen = sightings.findLast(({ value }) => value.version !== null)?.value.version;
  const binary = builds.findLast(({ value }) => !value.from_running_process)?.value ?? null;
  return running ?? (reported == null ? null : readVersion(reported)) ?? seen ?? kamailioVersion(binary);
}

/** Is there evidence of the value? A default proves nothing about the pool that runs. */
export function shown<Value>(setting: EffectiveValue<Value>): Value | null {
  return isDefault(setting) ? null : setting.value;
}

function isDefault({ source }: EffectiveValue<unknown>): boolean {
  return source === null || source === "build_default" || source === "release_default";
}

/** What was seen of the running server, where nothing but a default would say it. */
function withSightings(settings: EffectiveSettings, sightings: readonly Recorded<Sighting>[]): EffectiveSettings {
  const seen = <Name extends SeenSetting>(name: Name): EffectiveValue<NonNullable<Sighting[Name]>> | null => {
    const found = sightings.findLast(({ value }) => value[name] !== null);
    const value = found?.value[name];
    if (found === undefined || value == null) return null;
    return { value, source: "running_process", recorded_at: found.recorded_at, evidence_id: found.id, quote: found.value.quote };
  };
  const filled = { ...settings };
  if (isDefault(settings.shm_manager)) filled.shm_manager = seen("shm_manager") ?? settings.shm_manager;
  if (isDefault(settings.pkg_manager)) filled.pkg_manager = seen("pkg_manager") ?? settings.pkg_manager;
  if (isDefault(settings.shm_size_mb)) filled.shm_size_mb = seen("shm_size_mb") ?? settings.shm_size_mb;
  if (isDefault(settings.pkg_size_mb)) filled.pkg_size_mb = seen("pkg_size_mb") ?? settings.pkg_size_mb;
  if (isDefault(settings.processes)) filled.processes = seen("processes") ?? settings.processes;
  return filled;
}

type SeenSetting = Exclude<keyof Sighting, "version" | "quote">;

function plain({ settings }: NonNullable<Evidence["config"]>["value"]): Partial<SettingValues> {
  return Object.fromEntries(Object.entries(settings).map(([name, { value }]) => [name, value]));
}
