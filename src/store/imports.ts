/**
 * Keeps the imports of usage history: what was asked for and how far it came, so that one that was interrupted goes on. What is inside
 * `request` and `state` is for `http/imports/` to know; credentials are in neither.
 */
import type { Kysely } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { all, type Executor, first, type Job, run } from "./job.js";
import type { Database, ImportRow } from "./schema.js";

export type ImportStatus = ImportRow["status"];

export interface StoredImport<Request, State> {
  id: string;
  /** The instance's name. */
  instance: string;
  status: ImportStatus;
  /** The caller sent credentials with it; they are not kept here. */
  with_credentials: boolean;
  /** Epoch ms. */
  created_at: number;
  updated_at: number;
  /** Counts its changes. */
  revision: number;
  request: Request;
  state: State;
}

export interface ImportStore {
  /**
   * Keeps an import. One with the same request that has not ended is it already; one that failed is queued again and goes on where it
   * stopped. `null`: there is no such instance.
   */
  add<Request, State>(
    instance: string,
    wanted: { request: Request; state: State; with_credentials: boolean },
    now: number,
  ): Promise<{ outcome: "created" | "queued_again" | "under_way"; import: StoredImport<Request, State> } | null>;
  get<Request, State>(instance: string, id: string): Promise<StoredImport<Request, State> | null>;
  /** Newest first, after the one with this id. */
  list<Request, State>(instance: string, page: { after: string | null; limit: number }): Promise<StoredImport<Request, State>[]>;
  /** Those that are queued or running, of all instances, oldest first. */
  unfinished<Request, State>(): Promise<StoredImport<Request, State>[]>;
  /** Writes the next state of one that is queued or running. `false`: it was cancelled, or its instance was deleted. */
  update(id: string, next: { status: ImportStatus; state: unknown }, now: number): Promise<boolean>;
  /** Cancels one that is queued or running; one that has ended stays as it is. */
  cancel<Request, State>(instance: string, id: string, now: number): Promise<StoredImport<Request, State> | null>;
}

const UNFINISHED: readonly ImportStatus[] = ["queued", "running"];

const COLUMNS = [
  "imports.id",
  "instances.name as instance",
  "imports.status",
  "imports.with_credentials",
  "imports.created_at",
  "imports.updated_at",
  "imports.revision",
  "imports.request",
  "imports.state",
] as const;

export function importStore(db: Executor, sql: Kysely<Database>): ImportStore {
  const imports = () => sql.selectFrom("imports").innerJoin("instances", "instances.number", "imports.instance").select(COLUMNS);
  const byId = (instance: string, id: string) => imports().where("instances.name", "=", instance).where("imports.id", "=", id);
  return {
    add: <Request, State>(name: string, wanted: { request: Request; state: State; with_credentials: boolean }, now: number) =>
      db.write(function* (): Job<{
        outcome: "created" | "queued_again" | "under_way";
        import: StoredImport<Request, State>;
      } | null> {
        const number = (yield* first(sql.selectFrom("instances").select("number").where("name", "=", name)))?.number;
        if (number === undefined) return null;
        const request = JSON.stringify(wanted.request);
        const known = yield* first(
          imports()
            .where("imports.instance", "=", number)
            .where("imports.request", "=", request)
            .where("imports.status", "in", [...UNFINISHED, "failed"])
            .orderBy("imports.id", "desc")
            .limit(1),
        );
        if (known !== undefined && known.status !== "failed")
          return { outcome: "under_way", import: fromRow<Request, State>(known) };
        const with_credentials = wanted.with_credentials ? 1 : 0;
        if (known !== undefined) {
          const next = { status: "queued" as const, with_credentials, updated_at: now, revision: known.revision + 1 };
          yield* run(sql.updateTable("imports").set(next).where("id", "=", known.id));
          return { outcome: "queued_again", import: fromRow<Request, State>({ ...known, ...next }) };
        }
        const row: ImportRow = {
          id: uuidv7(),
          instance: number,
          status: "queued",
          with_credentials,
          created_at: now,
          updated_at: now,
          revision: 1,
          request,
          state: JSON.stringify(wanted.state),
        };
        yield* run(sql.insertInto("imports").values(row));
        return { outcome: "created", import: fromRow<Request, State>({ ...row, instance: name }) };
      }),
    get: <Request, State>(instance: string, id: string) =>
      db.read(function* (): Job<StoredImport<Request, State> | null> {
        const row = yield* first(byId(instance, id));
        return row === undefined ? null : fromRow<Request, State>(row);
      }),
    list: <Request, State>(instance: string, { after, limit }: { after: string | null; limit: number }) =>
      db.read(function* (): Job<StoredImport<Request, State>[]> {
        let query = imports().where("instances.name", "=", instance).orderBy("imports.id", "desc").limit(limit);
        if (after !== null) query = query.where("imports.id", "<", after);
        return (yield* all(query)).map(fromRow<Request, State>);
      }),
    unfinished: <Request, State>() =>
      db.read(function* (): Job<StoredImport<Request, State>[]> {
        const rows = yield* all(imports().where("imports.status", "in", UNFINISHED).orderBy("imports.id"));
        return rows.map(fromRow<Request, State>);
      }),
    update: (id, { status, state }, now) =>
      db.write(function* () {
        const changed = yield* run(
          sql
            .updateTable("imports")
            .set((eb) => ({ status, state: JSON.stringify(state), updated_at: now, revision: eb("revision", "+", 1) }))
            .where("id", "=", id)
            .where("status", "in", UNFINISHED),
        );
        return changed > 0;
      }),
    cancel: <Request, State>(instance: string, id: string, now: number) =>
      db.write(function* (): Job<StoredImport<Request, State> | null> {
        const row = yield* first(byId(instance, id));
        if (row === undefined) return null;
        if (!UNFINISHED.includes(row.status)) return fromRow<Request, State>(row);
        const next = { status: "cancelled" as const, updated_at: now, revision: row.revision + 1 };
        yield* run(sql.updateTable("imports").set(next).where("id", "=", id));
        return fromRow<Request, State>({ ...row, ...next });
      }),
  };
}

function fromRow<Request, State>(row: Omit<ImportRow, "instance"> & { instance: string }): StoredImport<Request, State> {
  return {
    ...row,
    with_credentials: row.with_credentials === 1,
    request: JSON.parse(row.request) as Request,
    state: JSON.parse(row.state) as State,
  };
}
