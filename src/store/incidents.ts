/** Keeps incidents that logs prove. What is posted again, whole or in part, is counted once: see `incident-merge.ts`. */
import { createHash } from "node:crypto";
import type { ExpressionBuilder, Kysely, Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { IncidentKind, LogIncident } from "../kamailio/log/incident.js";
import type { Pool } from "../kamailio/pool.js";
import { type Counted, countedIn, EPISODE_GAP, incidentIdentity, mergeCounted, type Part } from "./incident-merge.js";
import { all, type Executor, first, type Job, run } from "./job.js";
import type { Database, IncidentTable } from "./schema.js";

export interface StoredIncident {
  id: string;
  instance: string;
  /** Epoch ms. */
  recorded_at: number;
  /** When a log last reported it, epoch ms. */
  last_seen_at: number;
  /** Epoch ms of the first and the last failure; of the recording where the log shows no times. */
  began_at: number;
  ended_at: number;
  incident: LogIncident;
}

/** Where a page of a list goes on: after this incident, newest first. */
export interface IncidentCursor {
  ended_at: number;
  id: string;
}

export interface IncidentFilter {
  kinds?: readonly IncidentKind[] | undefined;
  pool?: Pool | undefined;
  /** Epoch ms: incidents that were going on in this range. */
  from?: number | undefined;
  to?: number | undefined;
}

export interface IncidentStore {
  /**
   * Counts incidents in; in the order given. `at`: when the log was taken, for those without times. `created`: it was not known before.
   * `null`: there is no such instance.
   */
  add(
    instance: string,
    incidents: readonly LogIncident[],
    at: number,
  ): Promise<{ created: boolean; incident: StoredIncident }[] | null>;
  /** Newest first. */
  list(
    instance: string,
    filter: IncidentFilter,
    page: { after: IncidentCursor | null; limit: number },
  ): Promise<StoredIncident[]>;
}

/** Incidents in one write, so that others get in between. */
const INCIDENTS_PER_WRITE = 200;

const COLUMNS = [
  "incidents.id",
  "incidents.recorded_at",
  "incidents.last_seen_at",
  "incidents.began_at",
  "incidents.ended_at",
  "incidents.value",
] as const;

type IncidentRow = Pick<Selectable<IncidentTable>, "id" | "recorded_at" | "last_seen_at" | "began_at" | "ended_at" | "value">;

export function incidentStore(db: Executor, sql: Kysely<Database>): IncidentStore {
  return {
    add: async (instance, incidents, at) => {
      const outcomes: { created: boolean; incident: StoredIncident }[] = [];
      // At least once: no incidents is an answer only for an instance that is there.
      for (let from = 0; from === 0 || from < incidents.length; from += INCIDENTS_PER_WRITE) {
        const some = incidents.slice(from, from + INCIDENTS_PER_WRITE);
        const kept = await db.write(() => countAll(sql, instance, some, at));
        if (kept === null) return null;
        outcomes.push(...kept);
      }
      return outcomes;
    },
    list: (instance, { kinds, pool, from, to }, { after, limit }) =>
      db.read(function* () {
        let query = sql
          .selectFrom("incidents")
          .innerJoin("instances", "instances.number", "incidents.instance")
          .where("instances.name", "=", instance)
          .select(COLUMNS)
          .orderBy("incidents.ended_at", "desc")
          .orderBy("incidents.id", "desc")
          .limit(limit);
        if (kinds !== undefined && kinds.length > 0) query = query.where("incidents.kind", "in", [...kinds]);
        if (pool !== undefined) query = query.where("incidents.pool", "=", pool);
        if (from !== undefined) query = query.where("incidents.ended_at", ">=", from);
        if (to !== undefined) query = query.where("incidents.began_at", "<=", to);
        if (after !== null)
          query = query.where((eb) =>
            eb.or([
              eb("incidents.ended_at", "<", after.ended_at),
              eb.and([eb("incidents.ended_at", "=", after.ended_at), eb("incidents.id", "<", after.id)]),
            ]),
          );
        return (yield* all(query)).map((row) => fromRow(instance, row));
      }),
  };
}

function* countAll(
  sql: Kysely<Database>,
  name: string,
  incidents: readonly LogIncident[],
  at: number,
): Job<{ created: boolean; incident: StoredIncident }[] | null> {
  const instance = (yield* first(sql.selectFrom("instances").select("number").where("name", "=", name)))?.number;
  if (instance === undefined) return null;
  const outcomes: { created: boolean; incident: StoredIncident }[] = [];
  for (const incident of incidents) outcomes.push(yield* count(sql, { number: instance, name }, incident, at));
  return outcomes;
}

function* count(
  sql: Kysely<Database>,
  instance: { number: number; name: string },
  posted: LogIncident,
  at: number,
): Job<{ created: boolean; incident: StoredIncident }> {
  const identity = createHash("sha256").update(incidentIdentity(posted)).digest("base64url");
  const added = countedIn(posted, at);
  const known = yield* all(
    sql
      .selectFrom("incidents")
      .select([...COLUMNS, "parts"])
      .where("instance", "=", instance.number)
      .where("identity", "=", identity)
      .where((eb) => (posted.first_at === null ? eb.lit(true) : nearby(eb, added)))
      .orderBy("began_at"),
  );
  const [oldest, ...others] = known;
  const merged = known.reduce<Counted>(
    (sum, row) => mergeCounted({ incident: JSON.parse(row.value) as LogIncident, parts: JSON.parse(row.parts) as Part[] }, sum),
    added,
  );
  const row: IncidentTable = {
    id: oldest?.id ?? uuidv7(),
    instance: instance.number,
    kind: posted.kind,
    pool: posted.pool,
    identity,
    began_at: merged.parts[0]?.from ?? at,
    ended_at: merged.parts.at(-1)?.to ?? at,
    recorded_at: oldest?.recorded_at ?? at,
    last_seen_at: Math.max(at, ...known.map(({ last_seen_at }) => last_seen_at)),
    value: JSON.stringify(merged.incident),
    parts: JSON.stringify(merged.parts),
  };
  if (oldest === undefined) yield* run(sql.insertInto("incidents").values(row));
  else {
    yield* run(sql.updateTable("incidents").set(row).where("id", "=", oldest.id));
    // What seemed to be several incidents is one: the new log covers the time between them.
    for (const { id } of others) yield* run(sql.deleteFrom("incidents").where("id", "=", id));
  }
  return { created: oldest === undefined, incident: fromRow(instance.name, row) };
}

function nearby(eb: ExpressionBuilder<Database, "incidents">, { parts }: Counted) {
  const from = parts[0]?.from ?? 0;
  const to = parts.at(-1)?.to ?? 0;
  return eb.and([eb("began_at", "<=", to + EPISODE_GAP), eb("ended_at", ">=", from - EPISODE_GAP)]);
}

function fromRow(instance: string, row: IncidentRow): StoredIncident {
  const { id, recorded_at, last_seen_at, began_at, ended_at, value } = row;
  return { id, instance, recorded_at, last_seen_at, began_at, ended_at, incident: JSON.parse(value) as LogIncident };
}
