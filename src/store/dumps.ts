/**
 * Keeps memory dumps, one row each, their sites packed. The same dump posted again is found by its content and not kept twice.
 *
 * Two dumps are the same when all that they say is the same, their time included. A text that shows no time, posted without one, could be a
 * retry or a server where nothing moved: within `RETRY_WINDOW` it counts as a retry.
 */
import { createHash } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { Dump, Site } from "../kamailio/dump/dump.js";
import type { Pool } from "../kamailio/pool.js";
import { MINUTE } from "../kamailio/units.js";
import { all, type Executor, first, type Job, run } from "./job.js";
import { MAX_SITES, packSites, sitesText, unpackSites } from "./packed-sites.js";
import type { Database, DumpTable } from "./schema.js";

/** Where the time of a dump comes from: its log, whoever posted it, or the moment when it came in. */
export type DumpTimeSource = "log" | "at" | "clock";

/** A dump but its sites. */
export type DumpHeader = Omit<Dump, "sites" | "taken_at" | "process">;

export interface NewDump {
  dump: Dump;
  /** Epoch ms. */
  taken_at: number;
  taken_at_source: DumpTimeSource;
  /** The description of its process, where something recorded says it. */
  process: string | null;
}

export interface StoredDump extends DumpHeader {
  id: string;
  instance: string;
  process: string | null;
  /** Epoch ms. */
  taken_at: number;
  taken_at_source: DumpTimeSource;
  recorded_at: number;
  /** When the same dump was last posted. */
  last_seen_at: number;
  /** How many. */
  sites: number;
}

/** Where a page of a list goes on: after this dump, newest first. */
export interface DumpCursor {
  taken_at: number;
  id: string;
}

export interface DumpStore {
  /** Keeps dumps, or finds those that are there already; in the order given. `null`: there is no such instance. */
  add(instance: string, dumps: readonly NewDump[], now: number): Promise<{ created: boolean; dump: StoredDump }[] | null>;
  get(instance: string, id: string): Promise<StoredDump | null>;
  /** Largest first; `null`: there is no such dump. */
  sites(instance: string, id: string): Promise<Site[] | null>;
  /** Newest first. */
  list(
    instance: string,
    filter: { pool?: Pool | undefined; pid?: number | undefined },
    page: { after: DumpCursor | null; limit: number },
  ): Promise<StoredDump[]>;
}

/**
 * A text without times that comes again within so many milliseconds is the same upload, sent twice. Later it is another look at a pool that did not
 * change, which is just what a leak hunt or a quiet test wants to know.
 */
const RETRY_WINDOW = MINUTE;
/** Dumps in one write, so that others get in between. */
const DUMPS_PER_WRITE = 100;

const COLUMNS = [
  "dumps.id",
  "dumps.taken_at",
  "dumps.taken_at_source",
  "dumps.recorded_at",
  "dumps.last_seen_at",
  "dumps.process",
  "dumps.site_count",
  "dumps.header",
] as const;

type HeaderRow = Pick<
  Selectable<DumpTable>,
  "id" | "taken_at" | "taken_at_source" | "recorded_at" | "last_seen_at" | "process" | "site_count" | "header"
>;

/** A row ready to be kept, but for what the database says. */
type PackedDump = Omit<DumpTable, "id" | "instance">;

export function dumpStore(db: Executor, sql: Kysely<Database>): DumpStore {
  const ofInstance = (instance: string) =>
    sql.selectFrom("dumps").innerJoin("instances", "instances.number", "dumps.instance").where("instances.name", "=", instance);
  return {
    add: async (instance, dumps, now) => {
      const outcomes: { created: boolean; dump: StoredDump }[] = [];
      // At least once: no dumps is an answer only for an instance that is there.
      for (let from = 0; from === 0 || from < dumps.length; from += DUMPS_PER_WRITE) {
        const packed = await Promise.all(dumps.slice(from, from + DUMPS_PER_WRITE).map((dump) => packDump(dump, now)));
        const kept = await db.write(() => keepAll(sql, instance, packed, now));
        if (kept === null) return null;
        outcomes.push(...kept);
      }
      return outcomes;
    },
    get: (instance, id) =>
      db.read(function* () {
        const row = yield* first(ofInstance(instance).where("dumps.id", "=", id).select(COLUMNS));
        return row === undefined ? null : fromRow(instance, row);
      }),
    sites: async (instance, id) => {
      const row = await db.read(() => first(ofInstance(instance).where("dumps.id", "=", id).select("dumps.sites")));
      return row === undefined ? null : unpackSites(row.sites);
    },
    list: (instance, { pool, pid }, { after, limit }) =>
      db.read(function* () {
        let query = ofInstance(instance)
          .select(COLUMNS)
          .orderBy("dumps.taken_at", "desc")
          .orderBy("dumps.id", "desc")
          .limit(limit);
        if (pool !== undefined) query = query.where("dumps.pool", "=", pool);
        if (pid !== undefined) query = query.where("dumps.pid", "=", pid);
        if (after !== null)
          query = query.where((eb) =>
            eb.or([
              eb("dumps.taken_at", "<", after.taken_at),
              eb.and([eb("dumps.taken_at", "=", after.taken_at), eb("dumps.id", "<", after.id)]),
            ]),
          );
        return (yield* all(query)).map((row) => fromRow(instance, row));
      }),
  };
}

/** Where the dump stands in its text is no part of what it is: a longer log may hold it too. */
async function packDump({ dump, taken_at, taken_at_source, process }: NewDump, now: number): Promise<PackedDump> {
  const { sites, taken_at: _, process: __, ...header } = dump;
  const { first_line, last_line, warnings, ...content } = header;
  const kept = sitesText(sites.slice(0, MAX_SITES));
  const hash = createHash("sha256").update(JSON.stringify(content)).update(kept);
  if (taken_at_source !== "clock") hash.update(`at ${taken_at}`);
  const cut = sites.length > MAX_SITES ? [`it has ${sites.length} sites: the largest ${MAX_SITES} are kept`] : [];
  return {
    taken_at,
    taken_at_source,
    recorded_at: now,
    last_seen_at: now,
    content_hash: hash.digest("base64url"),
    pool: header.pool,
    pid: header.pid,
    process,
    site_count: Math.min(sites.length, MAX_SITES),
    header: JSON.stringify({ ...header, warnings: [...warnings, ...cut] }),
    sites: await packSites(kept),
  };
}

function* keepAll(
  sql: Kysely<Database>,
  name: string,
  dumps: readonly PackedDump[],
  now: number,
): Job<{ created: boolean; dump: StoredDump }[] | null> {
  const instance = (yield* first(sql.selectFrom("instances").select("number").where("name", "=", name)))?.number;
  if (instance === undefined) return null;
  const outcomes: { created: boolean; dump: StoredDump }[] = [];
  for (const dump of dumps) {
    const known = yield* first(
      sql
        .selectFrom("dumps")
        .select(COLUMNS)
        .where("instance", "=", instance)
        .where("content_hash", "=", dump.content_hash)
        .orderBy("last_seen_at", "desc")
        .limit(1),
    );
    if (known !== undefined && (dump.taken_at_source !== "clock" || now - known.last_seen_at < RETRY_WINDOW)) {
      const seen = { last_seen_at: Math.max(now, known.last_seen_at), process: known.process ?? dump.process };
      yield* run(sql.updateTable("dumps").set(seen).where("id", "=", known.id));
      outcomes.push({ created: false, dump: fromRow(name, { ...known, ...seen }) });
      continue;
    }
    const row: DumpTable = { id: uuidv7(), instance, ...dump };
    yield* run(sql.insertInto("dumps").values(row));
    outcomes.push({ created: true, dump: fromRow(name, row) });
  }
  return outcomes;
}

function fromRow(instance: string, row: HeaderRow): StoredDump {
  return {
    id: row.id,
    instance,
    ...(JSON.parse(row.header) as DumpHeader),
    process: row.process,
    taken_at: row.taken_at,
    taken_at_source: row.taken_at_source,
    recorded_at: row.recorded_at,
    last_seen_at: row.last_seen_at,
    sites: row.site_count,
  };
}
