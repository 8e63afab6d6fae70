/** Keeps what a log that was read proves: its incidents, without secrets and with times that can be, and the last start that it shows. */
import { startSighting } from "../../analysis/facts/sightings.js";
import type { LogReading } from "../../kamailio/log/incident.js";
import { removeSecrets } from "../../kamailio/secrets.js";
import type { StoredIncident } from "../../store/incidents.js";
import type { Store } from "../../store/store.js";
import { keepSighting } from "./keep-sighting.js";
import { withSaneTimes } from "./times.js";

export interface KeptIncidents {
  incidents: { created: boolean; incident: StoredIncident }[];
  warnings: string[];
}

/** @param at when the log was taken, epoch ms. `null`: there is no such instance */
export async function keepIncidents(store: Store, instance: string, log: LogReading, at: number): Promise<KeptIncidents | null> {
  const sane = log.incidents.map((incident) => withSaneTimes(incident, at));
  const clean = sane.map(({ incident }) => ({ ...incident, quote: removeSecrets(incident.quote).text }));
  const incidents = await store.incidents.add(instance, clean, at);
  if (incidents === null) return null;
  const start = log.starts.at(-1)?.at ?? null;
  await keepSighting(store, instance, startSighting(log.starts), start === null ? at : Math.min(at, Date.parse(start)));
  const warnings = sane.flatMap(({ warning }) => (warning === null ? [] : [warning]));
  return { incidents, warnings: [...new Set([...log.warnings, ...warnings])] };
}
