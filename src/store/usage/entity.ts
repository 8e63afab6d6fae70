/**
 * What has counters in the history: the shared pool (entity 0), each process's private pool, each load counter. The samples name an entity by a
 * small number, so that no description is stored twice.
 */
import type { Kysely } from "kysely";
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

/** The entities of one instance: read once, then added to. */
export class Entities {
  readonly byId = new Map<number, Entity>();
  readonly #byKey = new Map<string, Entity>();

  private constructor(
    readonly instance: number,
    private readonly sql: Kysely<Database>,
  ) {}

  static *of(instance: number, sql: Kysely<Database>): Job<Entities> {
    const entities = new Entities(instance, sql);
    for (const { instance: _, ...row } of yield* all(
      sql.selectFrom("usage_entities").selectAll().where("instance", "=", instance),
    ))
      entities.#learn(row);
    return entities;
  }

  /** The numbers of a sample's processes, in the order of its rows; `null` for one too many. */
  *ofProcesses(rows: readonly PkgCounters[]): Job<(number | null)[]> {
    const keys = processKeys(rows);
    const numbers: (number | null)[] = [];
    for (const [index, row] of rows.entries()) numbers.push(yield* this.#number("pkg", keys[index] ?? "", row.desc, row.rank));
    return numbers;
  }

  *ofLoad(name: string): Job<number | null> {
    return yield* this.#number("load", name, null, null);
  }

  *#number(kind: Entity["kind"], key: string, description: string | null, rank: number | null): Job<number | null> {
    const known = this.#byKey.get(`${kind} ${key}`);
    if (known !== undefined) return known.id;
    if (this.byId.size >= MOST_ENTITIES) return null;
    const entity: Entity = { id: this.byId.size + 1, kind, key, description, rank };
    yield* run(this.sql.insertInto("usage_entities").values({ instance: this.instance, ...entity }));
    this.#learn(entity);
    return entity.id;
  }

  #learn(entity: Entity) {
    this.byId.set(entity.id, entity);
    this.#byKey.set(`${entity.kind} ${entity.key}`, entity);
  }
}
