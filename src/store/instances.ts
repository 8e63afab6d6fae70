/** Keeps the instances: the caller's own names for Kamailio servers, with labels. */
import type { ExpressionBuilder, Kysely } from "kysely";
import { all, type Executor, first, run } from "./job.js";
import type { Database, InstanceRow } from "./schema.js";
import type { Binding } from "./tokens.js";

/** An instance as it is kept. `revision` counts its changes. */
export interface Instance {
  name: string;
  labels: Record<string, string>;
  description: string | null;
  /** Epoch ms. */
  created_at: number;
  /** Epoch ms. */
  updated_at: number;
  revision: number;
}

export interface InstancePut {
  name: string;
  labels?: Record<string, string> | undefined;
  description?: string | null | undefined;
}

/** A condition on the instance that a write met; `"*"`: any that exists. */
export type IfMatch = ((current: Instance | null) => boolean) | null;

export type PutOutcome =
  | { outcome: "created" | "updated" | "unchanged"; instance: Instance }
  | { outcome: "precondition_failed" };

export interface InstanceStore {
  /** Creates or changes an instance. Labels and description that are not given stay; equal ones change nothing. */
  put(put: InstancePut, now: number, ifMatch: IfMatch): Promise<PutOutcome>;
  get(name: string): Promise<Instance | null>;
  /** Instances by name, after `after`, that have all the labels, of those that a token is bound to. */
  list(filter: {
    labels: Record<string, string>;
    within: Binding | null;
    after: string | null;
    limit: number;
  }): Promise<Instance[]>;
  /** All names, for a hint about a typo; at most `limit`. */
  names(limit: number, within?: Binding | null): Promise<string[]>;
  /** Deletes the instance and all that it recorded. */
  delete(name: string, ifMatch: IfMatch): Promise<"deleted" | "absent" | "precondition_failed">;
}

const COLUMNS = ["name", "labels", "description", "created_at", "updated_at", "revision"] as const;

export function instanceStore(db: Executor, sql: Kysely<Database>): InstanceStore {
  const byName = (name: string) => sql.selectFrom("instances").select(COLUMNS).where("name", "=", name);
  return {
    put: (put, now, ifMatch) =>
      db.write(function* () {
        const row = yield* first(byName(put.name));
        const current = row === undefined ? null : fromRow(row);
        if (ifMatch !== null && !ifMatch(current)) return { outcome: "precondition_failed" as const };
        const next: Instance = {
          name: put.name,
          labels: put.labels ?? current?.labels ?? {},
          description: put.description === undefined ? (current?.description ?? null) : put.description,
          created_at: current?.created_at ?? now,
          updated_at: now,
          revision: (current?.revision ?? 0) + 1,
        };
        if (current === null) {
          yield* run(sql.insertInto("instances").values(toRow(next)));
          return { outcome: "created" as const, instance: next };
        }
        if (labelsText(current.labels) === labelsText(next.labels) && current.description === next.description)
          return { outcome: "unchanged" as const, instance: current };
        yield* run(sql.updateTable("instances").set(toRow(next)).where("name", "=", put.name));
        return { outcome: "updated" as const, instance: next };
      }),
    get: (name) =>
      db.read(function* () {
        const row = yield* first(byName(name));
        return row === undefined ? null : fromRow(row);
      }),
    list: ({ labels, within, after, limit }) =>
      db.read(function* () {
        let query = sql.selectFrom("instances").select(COLUMNS).orderBy("name").limit(limit);
        if (after !== null) query = query.where("name", ">", after);
        query = query.where((eb) => hasLabels(eb, labels));
        if (within !== null) query = query.where((eb) => isWithin(eb, within));
        return (yield* all(query)).map(fromRow);
      }),
    names: (limit, within = null) =>
      db.read(function* () {
        let query = sql.selectFrom("instances").select("name").orderBy("name").limit(limit);
        if (within !== null) query = query.where((eb) => isWithin(eb, within));
        return (yield* all(query)).map(({ name }) => name);
      }),
    delete: (name, ifMatch) =>
      db.write(function* () {
        const row = yield* first(byName(name));
        if (ifMatch !== null && !ifMatch(row === undefined ? null : fromRow(row))) return "precondition_failed" as const;
        const deleted = yield* run(sql.deleteFrom("instances").where("name", "=", name));
        return deleted > 0 ? ("deleted" as const) : ("absent" as const);
      }),
  };
}

type Builder = ExpressionBuilder<Database, "instances">;

function hasLabels(eb: Builder, labels: Record<string, string>) {
  return eb.and(
    Object.entries(labels).map(([key, value]) =>
      eb.exists(
        eb
          .selectFrom(eb.fn<{ key: string; value: string }>("json_each", ["labels"]).as("label"))
          .select(eb.lit(1).as("one"))
          .where("label.key", "=", key)
          .where("label.value", "=", value),
      ),
    ),
  );
}

/** No name and no label: nothing. */
function isWithin(eb: Builder, { instances, labels }: Binding) {
  const named = instances.length > 0 ? [eb("name", "in", instances)] : [];
  return eb.or(Object.keys(labels).length > 0 ? [...named, hasLabels(eb, labels)] : named);
}

function labelsText(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function fromRow(row: InstanceRow): Instance {
  return { ...row, labels: JSON.parse(row.labels) as Record<string, string> };
}

function toRow(instance: Instance): InstanceRow {
  return { ...instance, labels: JSON.stringify(instance.labels) };
}
