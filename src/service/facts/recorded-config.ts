/** Loads the newest kamailio.cfg of an instance and reads it for its release. */
import { readConfig } from "../../kamailio/config/read-config.js";
import type { ConfigReading } from "../../kamailio/config/reading.js";
import type { Version } from "../../kamailio/version.js";
import type { Store } from "../../store/store.js";

/** Readings that are kept: a fleet is judged again and again, and a large configuration takes tens of milliseconds to read. */
const KEPT = 200;
const readings = new Map<string, ConfigReading>();

/** A stored configuration never changes under its id. */
export async function recordedConfig(
  store: Store,
  instance: string,
  id: string,
  version: Version | null,
): Promise<ConfigReading | null> {
  const key = `${id} ${version?.text ?? ""}`;
  const kept = readings.get(key);
  if (kept !== undefined) return kept;
  const text = await store.records.text(instance, ["config"], id);
  if (text === null) return null;
  const reading = readConfig(JSON.parse(text) as { main: string; files: Record<string, string> }, { version });
  const oldest = readings.keys().next().value;
  if (readings.size >= KEPT && oldest !== undefined) readings.delete(oldest);
  readings.set(key, reading);
  return reading;
}
