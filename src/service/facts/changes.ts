/** When something about an instance changed, by its records: another build, other settings, another configuration. */
import type { History } from "../../analysis/history/history.js";
import type { RecordKind, StoredRecord } from "../../store/records.js";
import type { Store } from "../../store/store.js";

/** Records that are looked through, newest first. */
const RECORDS_READ = 200;
const WORDS = new Map<RecordKind, string>([
  ["build", "another build was recorded"],
  ["running_build", "the running server said another build"],
  ["settings", "other settings were recorded"],
  ["config", "another kamailio.cfg was recorded"],
]);

/** Oldest first. The first record of a kind is no change: something was there before anybody recorded it. */
export async function recordedChanges(store: Store, instance: string): Promise<History["changes"]> {
  const records = await store.records.list<unknown>(instance, [...WORDS.keys()], { after: null, limit: RECORDS_READ });
  const seen = new Set<RecordKind>();
  return records
    .sort((a, b) => a.recorded_at - b.recorded_at)
    .flatMap((record: StoredRecord<unknown>) => {
      const what = WORDS.get(record.kind);
      const first = !seen.has(record.kind);
      seen.add(record.kind);
      return first || what === undefined ? [] : [{ at: record.recorded_at, what }];
    });
}
