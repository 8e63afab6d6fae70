/**
 * What has counters in the history: the shared pool (entity 0), each process's private pool, each load counter. The samples name an entity by a
 * small number, so that no description is stored twice.
 */
import type { Kysely } from "kysely";
import { LRUCache } from "lru-cache";
import { processKeys } from "../../kamailio/history/process-identity.js";
import type { PkgCounters } from "../../kamailio/sample.js";
import { all, type Job, run } from "../job.js";
import type { Database, UsageEntityRow } from "../schema.js";

export const SHM_ENTITY = 0;

/** Counters that are rolled up, in the order of their columns. `free` is `total` less `real_used` and is not kept twice. */
export const SHM_COUNTERS = ["total", "used", "real_used", "max_used", "fragments"] as const;
export const PKG_COUNTERS = ["used", "real_used", "total_size", "total_frags", "pid"] as const;
export const LOAD_COUNTERS = ["value"] as const;

/** Processes and load counters that one instance may have over its life; a hostile text can name any number of them. */
const MOST_ENTITIES = 5_000;

export type Entity = Omit<UsageEntityRow, "instance">;

export function countersOf(kind: Entity["kind"] | "shm"): readonly string[] {
  if (kind === "shm") return SHM_COUNTERS;
  return kind === "pkg" ? PKG_COUNTERS : LOAD_COUNTERS;
}

/** The entities of one instance, of which each job that may add to them has its own view. */
export class Entities {
  #byId: Map<number, Entity>;
  #byKey: Map<string, Entity>;
  /** The rows of the sample before and their numbers: from one sample to the next the processes are nearly always the same. */
  #lastRows: readonly PkgCounters[] = [];
  #lastNumbers: (number | null)[] = [];
  /** Are the maps this view's own? They are copied before the first addition. */
  #own = false;

  constructor(
    readonly instance: number,
    private readonly sql: Kysely<Database>,
    base: Entities | null,
  ) {
    this.#byId = base === null ? new Map() : base.#byId;
    this.#byKey = base === null ? new Map() : base.#byKey;
    if (base !== null) {
      this.#lastRows = base.#lastRows;
      this.#lastNumbers = base.#lastNumbers;
    }
    this.#own = base === null;
  }

  get byId(): ReadonlyMap<number, Entity> {
    return this.#byId;
  }

  /** Did this view add any? */
  get hasNew(): boolean {
    return this.#own;
  }

  static *read(instance: number, sql: Kysely<Database>): Job<Entities> {
    const entities = new Entities(instance, sql, null);
    for (const { instance: _, ...row } of yield* all(
      sql.selectFrom("usage_entities").selectAll().where("instance", "=", instance),
    ))
      entities.#learn(row);
    return entities;
  }

  /** The numbers of a sample's processes, in the order of its rows; `null` for one too many. */
  *ofProcesses(rows: readonly PkgCounters[]): Job<readonly (number | null)[]> {
    if (areSameProcesses(rows, this.#lastRows)) return this.#lastNumbers;
    const keys = processKeys(rows);
    const numbers: (number | null)[] = [];
    for (const [index, row] of rows.entries()) {
      const key = keys[index] ?? "";
      numbers.push(this.#byKey.get(`pkg ${key}`)?.id ?? (yield* this.#add("pkg", key, row.desc, row.rank)));
    }
    this.#lastRows = rows;
    this.#lastNumbers = numbers;
    return numbers;
  }

  *ofLoad(name: string): Job<number | null> {
    return this.#byKey.get(`load ${name}`)?.id ?? (yield* this.#add("load", name, null, null));
  }

  *#add(kind: Entity["kind"], key: string, description: string | null, rank: number | null): Job<number | null> {
    if (this.#byId.size >= MOST_ENTITIES) return null;
    const entity: Entity = { id: this.#byId.size + 1, kind, key, description, rank };
    yield* run(this.sql.insertInto("usage_entities").values({ instance: this.instance, ...entity }));
    this.#learn(entity);
    return entity.id;
  }

  #learn(entity: Entity) {
    if (!this.#own) {
      this.#byId = new Map(this.#byId);
      this.#byKey = new Map(this.#byKey);
      this.#own = true;
    }
    this.#byId.set(entity.id, entity);
    this.#byKey.set(`${entity.kind} ${entity.key}`, entity);
  }
}

function areSameProcesses(rows: readonly PkgCounters[], others: readonly PkgCounters[]): boolean {
  return (
    rows.length === others.length &&
    rows.every((row, index) => {
      const other = others[index];
      return row.pid === other?.pid && row.rank === other.rank && row.desc === other.desc;
    })
  );
}

/** Entities of all instances together that are kept in memory: some hundred bytes each. */
const CACHED_ENTITIES = 100_000;

/**
 * Remembers the entities of instances between jobs. Only what was committed is kept, entities are never changed, and their numbers run from 1
 * without a gap: when the highest number in the table is the highest one known, nothing is missing.
 */
export class EntityCache {
  readonly #known = new LRUCache<number, Entities>({
    maxSize: CACHED_ENTITIES,
    sizeCalculation: ({ byId }) => byId.size + 1,
  });

  constructor(private readonly sql: Kysely<Database>) {}

  /** @param highest the highest number in the table, 0 without any */
  *open(instance: number, highest: number): Job<Entities> {
    const known = this.#known.get(instance);
    if (known !== undefined && known.byId.size === highest) return new Entities(instance, this.sql, known);
    return yield* Entities.read(instance, this.sql);
  }

  /** Call it when the job that used them is committed. */
  keep(entities: Entities) {
    if (entities.hasNew) this.#known.set(entities.instance, entities);
  }
}
