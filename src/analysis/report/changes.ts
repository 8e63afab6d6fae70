/** What changed on the server as far as records show it: other builds, other settings, other configurations, restarts, resizes, reloads. */

import type { Build } from "../../kamailio/binary/build.js";
import { SETTING_NAMES, type SettingsReading } from "../../kamailio/settings/settings.js";
import type { Recorded, ReportInput } from "./input.js";
import { quoted } from "./words.js";

export interface Change {
  /** Epoch ms. */
  at: number;
  text: string;
  /** The record that shows it; `null` for what the counters show. */
  id: string | null;
}

/** Changed values named of one settings text. */
const VALUES_SHOWN = 6;

/** Newest first. */
export function changes({ builds, settings_history, configs, history }: ReportInput): Change[] {
  return [
    ...builds.map((record, index) => changeOfBuild(record, builds.slice(index + 1))),
    ...settings_history.flatMap((record, index) => changeOfSettings(record, settings_history.slice(index + 1))),
    ...configs.map(({ id, recorded_at }, index) => ({
      at: recorded_at,
      id,
      text: index === configs.length - 1 ? "kamailio.cfg first recorded" : "kamailio.cfg changed",
    })),
    ...history.events.map(({ at, kind, detail }) => ({ at, id: null, text: `${kind}: ${quoted(detail, 200)}` })),
  ].sort((a, b) => b.at - a.at);
}

function changeOfBuild(record: Recorded<Build>, older: readonly Recorded<Build>[]): Change {
  const { id, recorded_at: at, value } = record;
  const what = value.from_running_process ? "running process" : "binary";
  const before = older.find((other) => other.value.from_running_process === value.from_running_process);
  const version = value.version?.text ?? "unknown version";
  if (before === undefined) return { at, id, text: `${what} first recorded: ${version}` };
  const old = before.value.version?.text ?? "unknown version";
  return {
    at,
    id,
    text: old === version ? `${what} of ${version} with other build facts` : `${what} changed from ${old} to ${version}`,
  };
}

function changeOfSettings(record: Recorded<SettingsReading>, older: readonly Recorded<SettingsReading>[]): Change[] {
  const changed = SETTING_NAMES.flatMap((name) => {
    const now = record.value.values[name]?.value;
    if (now === undefined || Array.isArray(now)) return [];
    const before = older.find((other) => other.value.values[name] !== undefined)?.value.values[name]?.value;
    return before === undefined || before === now ? [] : [`${name} ${before} -> ${now}`];
  });
  if (changed.length === 0) return [];
  return [
    {
      at: record.recorded_at,
      id: record.id,
      text: `settings changed: ${quoted(changed.slice(0, VALUES_SHOWN).join(", "), 400)}`,
    },
  ];
}
