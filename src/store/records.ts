/**
 * Keeps what an operator posted about an instance, one record a text: builds, settings, configurations, host memory. A text that equals the
 * latest of its kind is not kept again; its record was just seen once more.
 */
import type { Kysely } from "kysely";
import { LRUCache } from "lru-cache";
import { v7 as uuidv7 } from "uuid";
import { all, type Executor, first, type Job, run } from "./job.js";
import { prepared } from "./prepared.js";
import type { Database, RecordRow } from "./schema.js";

/**
 * `running_build` is what `core.info` says: the build of the process, which can differ from the binary on disk. `sighting` is what a text of another
 * kind shows of the running server in passing, such as the start-up line of a log. `mark` is what somebody says that was done.
 */
export type RecordKind = "build" | "running_build" | "settings" | "config" | "host_memory" | "sighting" | "mark";

export interface StoredRecord<Value> {
  id: string;
  instance: string;
  kind: RecordKind;
  /** When the text was taken, epoch ms. */
  recorded_at: number;
  /** When the same text was last posted, epoch ms. */
  last_seen_at: number;
  value: Value;
}

export interface NewRecord {
  instance: string;
  kind: RecordKind;
  recorded_at: number;
  /** Equal hashes are equal texts. */
  content_hash: string;
  /** Without secrets. */
  text: string;
  value: unknown;
}

/** Where a page of a list goes on: after this record, newest first. */
export interface RecordCursor {
  recorded_at: number;
  id: string;
}

export interface RecordStore {
  /** Keeps a record, or finds that the latest of its kind has the same content. `null`: there is no such instance. */
  add<Value>(record: NewRecord): Promise<{ created: boolean; record: StoredRecord<Value> } | null>;
  get<Value>(instance: string, kinds: readonly RecordKind[], id: string): Promise<StoredRecord<Value> | null>;
  /** The text as it was posted, without its secrets. */
  text(instance: string, kinds: readonly RecordKind[], id: string): Promise<string | null>;
  /** Newest first. */
  list<Value>(
    instance: string,
    kinds: readonly RecordKind[],
    page: { after: RecordCursor | null; limit: number },
  ): Promise<StoredRecord<Value>[]>;
  latest<Value>(instance: string, kind: RecordKind): Promise<StoredRecord<Value> | null>;
  /**
   * The id of the record that came last, of any kind: another one says that something was recorded since. `null` without any. What another
   * process recorded can show some seconds late.
   */
  newestId(instance: string): Promise<string | null>;
}

/** Another process that shares the database is seen after so long. Milliseconds. */
const NEWEST_ID_TTL = 5_000;
const NEWEST_IDS_KEPT = 10_000;

const COLUMNS = ["id", "instance", "kind", "recorded_at", "last_seen_at", "value"] as const;

export function recordStore(db: Executor, sql: Kysely<Database>): RecordStore {
  const newest = (instance: string, kinds: readonly RecordKind[]) =>
    sql
      .selectFrom("records")
      .where("instance", "=", instance)
      .where("kind", "in", [...kinds])
      .orderBy("recorded_at", "desc")
      .orderBy("id", "desc");
  const byId = (instance: string, kinds: readonly RecordKind[], id: string) =>
    sql
      .selectFrom("records")
      .where("id", "=", id)
      .where("instance", "=", instance)
      .where("kind", "in", [...kinds]);
  const newestIdOf = prepared<{ instance: string }, { id: string | null }>((value) =>
    sql
      .selectFrom("records")
      .where("instance", "=", value("instance"))
      .select((eb) => eb.fn.max("id").as("id")),
  );
  const newestIds = new LRUCache<string, { id: string | null }>({ max: NEWEST_IDS_KEPT, ttl: NEWEST_ID_TTL });
  return {
    add: async <Value>(record: NewRecord) => {
      const outcome = await db.write(function* (): Job<{ created: boolean; record: StoredRecord<Value> } | null> {
        const { instance, kind, recorded_at, content_hash, text } = record;
        if ((yield* first(sql.selectFrom("instances").select("name").where("name", "=", instance))) === undefined) return null;
        const latest = yield* first(
          newest(instance, [kind])
            .select([...COLUMNS, "content_hash"])
            .limit(1),
        );
        if (latest !== undefined && latest.content_hash === content_hash) {
          const last_seen_at = Math.max(latest.last_seen_at, recorded_at);
          yield* run(sql.updateTable("records").set({ last_seen_at }).where("id", "=", latest.id));
          return { created: false, record: fromRow<Value>({ ...latest, last_seen_at }) };
        }
        const row: RecordRow = {
          id: uuidv7(),
          instance,
          kind,
          recorded_at,
          last_seen_at: recorded_at,
          content_hash,
          text,
          value: JSON.stringify(record.value),
        };
        yield* run(sql.insertInto("records").values(row));
        return { created: true, record: fromRow<Value>(row) };
      });
      newestIds.delete(record.instance);
      return outcome;
    },
    get: <Value>(instance: string, kinds: readonly RecordKind[], id: string) =>
      db.read(function* () {
        const row = yield* first(byId(instance, kinds, id).select(COLUMNS));
        return row === undefined ? null : fromRow<Value>(row);
      }),
    text: (instance, kinds, id) =>
      db.read(function* () {
        return (yield* first(byId(instance, kinds, id).select("text")))?.text ?? null;
      }),
    list: <Value>(
      instance: string,
      kinds: readonly RecordKind[],
      { after, limit }: { after: RecordCursor | null; limit: number },
    ) =>
      db.read(function* () {
        let query = newest(instance, kinds).select(COLUMNS).limit(limit);
        if (after !== null)
          query = query.where((eb) =>
            eb.or([
              eb("recorded_at", "<", after.recorded_at),
              eb.and([eb("recorded_at", "=", after.recorded_at), eb("id", "<", after.id)]),
            ]),
          );
        return (yield* all(query)).map((row) => fromRow<Value>(row));
      }),
    latest: <Value>(instance: string, kind: RecordKind) =>
      db.read(function* () {
        const row = yield* first(newest(instance, [kind]).select(COLUMNS).limit(1));
        return row === undefined ? null : fromRow<Value>(row);
      }),
    // The ids begin with their time (RFC 9562, 5.7) and go up within a process.
    newestId: async (instance) => {
      const known = newestIds.get(instance);
      if (known !== undefined) return known.id;
      const id = await db.read(function* () {
        return (yield* first(newestIdOf({ instance })))?.id ?? null;
      });
      newestIds.set(instance, { id });
      return id;
    },
  };
}

function fromRow<Value>(row: Omit<RecordRow, "content_hash" | "text">): StoredRecord<Value> {
  const { id, instance, recorded_at, last_seen_at } = row;
  return { id, instance, kind: row.kind as RecordKind, recorded_at, last_seen_at, value: JSON.parse(row.value) as Value };
}
