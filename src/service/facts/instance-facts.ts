/** Loads what is recorded about an instance as evidence for the one gathering of facts (`analysis/facts/`). Nothing is decided here. */
import type { DumpEvidence, Evidence, Recorded, Sighting } from "../../analysis/facts/evidence.js";
import { gatherFacts, type InstanceFacts, knownVersion } from "../../analysis/facts/gather.js";
import { dumpSighting } from "../../analysis/facts/sightings.js";
import type { Build } from "../../kamailio/binary/build.js";
import type { HostMemoryReading } from "../../kamailio/host-memory/reading.js";
import type { SettingsReading } from "../../kamailio/settings/settings.js";
import { timestamp } from "../../kamailio/units.js";
import type { StoredDump } from "../../store/dumps.js";
import type { StoredRecord } from "../../store/records.js";
import type { Store } from "../../store/store.js";
import { recordedConfig } from "./recorded-config.js";

/** Settings texts that are looked at, newest first. Older ones were replaced by them long ago. */
const SETTINGS_READ = 100;
/** What was seen in passing, newest first: a few things of every start. */
const SIGHTINGS_READ = 20;
/** Texts about the host in which its size is looked for: `ps` and smaps do not say it. */
const HOST_TEXTS_READ = 5;

/** What a stored configuration says of settings. */
export interface ConfigRecordValue {
  settings: SettingsReading["values"];
}

export async function instanceFacts(store: Store, instance: string): Promise<InstanceFacts> {
  return gatherFacts(await recordedEvidence(store, instance));
}

async function recordedEvidence(store: Store, instance: string): Promise<Evidence> {
  const newest = (limit: number) => ({ after: null, limit });
  const [build, running, settings, config, sightings, hosts, [shm], [pkg]] = await Promise.all([
    store.records.latest<Build>(instance, "build"),
    store.records.latest<Build>(instance, "running_build"),
    store.records.list<SettingsReading>(instance, ["settings"], newest(SETTINGS_READ)),
    store.records.latest<ConfigRecordValue>(instance, "config"),
    store.records.list<Sighting>(instance, ["sighting"], newest(SIGHTINGS_READ)),
    store.records.list<HostMemoryReading>(instance, ["host_memory"], newest(HOST_TEXTS_READ)),
    store.dumps.list(instance, { pool: "shm" }, newest(1)),
    store.dumps.list(instance, { pool: "pkg" }, newest(1)),
  ]);
  const said = {
    builds: [build, running].flatMap((record) => (record === null ? [] : [recorded(record)])),
    settings: settings.map(recorded).reverse(),
    sightings: [...sightings.map(recorded), ...[shm, pkg].flatMap(seenInDump)].sort(byTime),
  };
  const reading = config === null ? null : await recordedConfig(store, instance, config.id, knownVersion(said));
  return {
    instance,
    ...said,
    config: config === null || reading === null ? null : { ...recorded(config), value: reading },
    host_total_bytes: hosts.flatMap(({ value }) => value.hosts.at(-1)?.total ?? [])[0] ?? null,
  };
}

function recorded<Value>({ id, recorded_at, value }: StoredRecord<Value>): Recorded<Value> {
  return { id, recorded_at: timestamp(recorded_at), value };
}

function seenInDump(dump: StoredDump | undefined): Recorded<Sighting>[] {
  const value = dump === undefined ? null : dumpSighting(dump);
  return dump === undefined || value === null ? [] : [{ id: dump.id, recorded_at: timestamp(dump.taken_at), value }];
}

function byTime(a: Recorded<unknown>, b: Recorded<unknown>): number {
  return Date.parse(a.recorded_at) - Date.parse(b.recorded_at);
}

export function dumpEvidence(dump: StoredDump): DumpEvidence {
  return { ...dump, at: dump.taken_at };
}
