/** Keeps runbooks as their JSON: what is inside is for `runbooks/` to know. `revision` counts what people changed. */
import type { Kysely } from "kysely";
import { all, type Executor, first, run } from "./job.js";
import type { Database } from "./schema.js";

export interface StoredRunbook {
  id: string;
  kind: string;
  /** Epoch ms. */
  created_at: number;
  revision: number;
  /** The runbook. */
  value: unknown;
}

/** Where a page of a list goes on: after this runbook, newest first. */
export interface RunbookCursor {
  created_at: number;
  id: string;
}

export interface RunbookStore {
  /** `false`: there is no such instance. */
  add(instance: string, runbook: Omit<StoredRunbook, "revision">): Promise<boolean>;
  get(instance: string, id: string): Promise<StoredRunbook | null>;
  /** Writes the next revision, unless someone was faster. */
  replace(instance: string, runbook: StoredRunbook): Promise<"replaced" | "conflict">;
  /** Newest first. */
  list(
    instance: string,
    filter: { kind?: string | undefined },
    page: { after: RunbookCursor | null; limit: number },
  ): Promise<StoredRunbook[]>;
}

const COLUMNS = ["runbooks.id", "runbooks.kind", "runbooks.created_at", "runbooks.revision", "runbooks.value"] as const;

export function runbookStore(db: Executor, sql: Kysely<Database>): RunbookStore {
  const ofInstance = (instance: string) =>
    sql
      .selectFrom("runbooks")
      .innerJoin("instances", "instances.number", "runbooks.instance")
      .where("instances.name", "=", instance)
      .select(COLUMNS);
  return {
    add: (name, { id, kind, created_at, value }) =>
      db.write(function* () {
        const instance = yield* first(sql.selectFrom("instances").select("number").where("name", "=", name));
        if (instance === undefined) return false;
        const row = { id, instance: instance.number, kind, created_at, revision: 1, value: JSON.stringify(value) };
        yield* run(sql.insertInto("runbooks").values(row));
        return true;
      }),
    get: (instance, id) =>
      db.read(function* () {
        const row = yield* first(ofInstance(instance).where("runbooks.id", "=", id));
        return row === undefined ? null : fromRow(row);
      }),
    replace: (instance, { id, revision, value }) =>
      db.write(function* () {
        const current = yield* first(ofInstance(instance).where("runbooks.id", "=", id));
        if (current?.revision !== revision) return "conflict" as const;
        yield* run(
          sql
            .updateTable("runbooks")
            .set({ revision: revision + 1, value: JSON.stringify(value) })
            .where("id", "=", id),
        );
        return "replaced" as const;
      }),
    list: (instance, { kind }, { after, limit }) =>
      db.read(function* () {
        let query = ofInstance(instance).orderBy("runbooks.created_at", "desc").orderBy("runbooks.id", "desc").limit(limit);
        if (kind !== undefined) query = query.where("runbooks.kind", "=", kind);
        if (after !== null)
          query = query.where((eb) =>
            eb.or([
              eb("runbooks.created_at", "<", after.created_at),
              eb.and([eb("runbooks.created_at", "=", after.created_at), eb("runbooks.id", "<", after.id)]),
            ]),
          );
        return (yield* all(query)).map(fromRow);
      }),
  };
}

function fromRow(row: Omit<StoredRunbook, "value"> & { value: string }): StoredRunbook {
  return { ...row, value: JSON.parse(row.value) as unknown };
}
