/** What is recorded about an instance, gathered for the judgements: its builds, and the settings in force. */
import type { BuildRecord } from "../../analysis/readiness/situation.js";
import type { Build } from "../../kamailio/binary/build.js";
import { kamailioVersion } from "../../kamailio/binary/kamailio-version.js";
import type { HostMemoryReading } from "../../kamailio/host-memory/reading.js";
import { type EffectiveInput, effectiveSettings } from "../../kamailio/settings/effective.js";
import type { EffectiveSettings, SettingsReading, SettingValues } from "../../kamailio/settings/settings.js";
import { timestamp } from "../../kamailio/units.js";
import { readVersion, type Version } from "../../kamailio/version.js";
import type { StoredRecord } from "../../store/records.js";
import type { Store } from "../../store/store.js";

/** Settings texts that are looked at, newest first. Older ones were replaced by them long ago. */
const SETTINGS_READ = 100;

export interface InstanceFacts {
  instance: string;
  build: BuildRecord | null;
  running_build: BuildRecord | null;
  /** The release that runs: the process's word before the binary's. */
  version: Version | null;
  settings: EffectiveSettings;
}

/** What a stored configuration says of settings. */
export interface ConfigRecordValue {
  settings: SettingsReading["values"];
}

export async function instanceFacts(store: Store, instance: string): Promise<InstanceFacts> {
  const [build, running, readings, config] = await Promise.all([
    store.records.latest<Build>(instance, "build"),
    store.records.latest<Build>(instance, "running_build"),
    store.records.list<SettingsReading>(instance, ["settings"], { after: null, limit: SETTINGS_READ }),
    store.records.latest<ConfigRecordValue>(instance, "config"),
  ]);
  const reported = readings.find(({ value }) => value.running_version !== null)?.value.running_version ?? null;
  const version =
    running?.value.version ?? (reported === null ? null : readVersion(reported)) ?? kamailioVersion(build?.value ?? null);
  const judged = running ?? build;
  const input: EffectiveInput = {
    readings: readings.map(({ id, recorded_at, value }) => ({ id, recorded_at: timestamp(recorded_at), reading: value })),
    config:
      config === null
        ? null
        : { id: config.id, recorded_at: timestamp(config.recorded_at), values: plainValues(config.value.settings) },
    build: judged === null ? null : { id: judged.id, recorded_at: timestamp(judged.recorded_at), build: judged.value },
    version,
  };
  return {
    instance,
    build: buildRecord(build),
    running_build: buildRecord(running),
    version,
    settings: effectiveSettings(input),
  };
}

function buildRecord(record: StoredRecord<Build> | null): BuildRecord | null {
  return record === null ? null : { id: record.id, recorded_at: timestamp(record.recorded_at), value: record.value };
}

function plainValues(values: SettingsReading["values"]): Partial<SettingValues> {
  return Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
}

/** The host's memory in bytes, from the latest host-memory text; `null` when none says. */
export async function hostTotalBytes(store: Store, instance: string): Promise<number | null> {
  const record = await store.records.latest<HostMemoryReading>(instance, "host_memory");
  return record?.value.hosts.at(-1)?.total ?? null;
}
