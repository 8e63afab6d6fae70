/** Loads what changed on an instance: builds, settings, configurations and marks that were recorded, and restarts that its counters show. */
import type { Change } from "../../analysis/change-effects/change-effects.js";
import type { History } from "../../analysis/history/history.js";
import type { Build } from "../../kamailio/binary/build.js";
import { HOUR } from "../../kamailio/units.js";
import type { Version } from "../../kamailio/version.js";
import type { RecordKind, StoredRecord } from "../../store/records.js";
import type { Store } from "../../store/store.js";

/** What somebody says that was done. */
export interface MarkValue {
  text: string;
}

/** Changes of each kind that are looked at, newest first. */
const MOST = 100;
/** A record that is made so soon before a restart or after it is what the restart brought. */
const SAME_TIME = HOUR;

export interface RecordedChange extends Change {
  versions: { from: Version; to: Version } | null;
}

/** Newest first. */
export async function changeList(store: Store, instance: string, history: History): Promise<RecordedChange[]> {
  const of = <Value>(kind: RecordKind) => store.records.list<Value>(instance, [kind], { after: null, limit: MOST });
  const [builds, settings, configs, marks] = await Promise.all([
    of<Build>("build"),
    of<unknown>("settings"),
    of<unknown>("config"),
    of<MarkValue>("mark"),
  ]);
  const changes: RecordedChange[] = [
    ...pairs(builds).map(([old, now]): RecordedChange => {
      const [from, to] = [old.value.version, now.value.version];
      return {
        kind: "build",
        at: now.recorded_at,
        from: from?.text ?? null,
        to: to?.text ?? null,
        summary: `build ${from?.text ?? "?"} -> ${to?.text ?? "?"}`,
        versions: from === null || to === null ? null : { from, to },
      };
    }),
    ...plain("settings", settings),
    ...plain("config", configs),
    ...marks.map(
      ({ recorded_at, value }): RecordedChange => ({
        kind: "mark",
        at: recorded_at,
        from: null,
        to: null,
        summary: value.text,
        versions: null,
      }),
    ),
  ];
  const restarts = history.events
    .filter(({ kind }) => kind === "restart")
    .filter(({ at }) => !changes.some((change) => change.kind !== "mark" && Math.abs(change.at - at) < SAME_TIME))
    .map(
      ({ at, detail }): RecordedChange => ({
        kind: "restart",
        at,
        from: null,
        to: null,
        summary: `restart: ${detail}`,
        versions: null,
      }),
    );
  return [...changes, ...restarts].sort((a, b) => b.at - a.at);
}

/** Each record with the one before it; the first of all changed nothing. */
function pairs<Value>(newestFirst: readonly StoredRecord<Value>[]): [StoredRecord<Value>, StoredRecord<Value>][] {
  return newestFirst.flatMap((now, index) => {
    const old = newestFirst[index + 1];
    return old === undefined ? [] : [[old, now] as [StoredRecord<Value>, StoredRecord<Value>]];
  });
}

function plain(kind: "settings" | "config", records: readonly StoredRecord<unknown>[]): RecordedChange[] {
  return pairs(records).map(([old, now]) => ({
    kind,
    at: now.recorded_at,
    from: old.id,
    to: now.id,
    summary: kind === "config" ? "another kamailio.cfg" : "other settings",
    versions: null,
  }));
}
