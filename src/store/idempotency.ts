/** Keeps the answers of requests that came with an Idempotency-Key, so that a retry is answered with the same. */
import type { Kysely } from "kysely";
import { DAY, MINUTE } from "../kamailio/units.js";
import { type Executor, first, run } from "./job.js";
import type { Database } from "./schema.js";

/** How long an answer is replayed. */
export const IDEMPOTENCY_TTL = DAY;
/** A request that has had no answer for so long was cut off (the service died): its key is free again. */
const ABANDONED_AFTER = 15 * MINUTE;

export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** `replay` still has to compare `body_hash` with the retried body. */
export type Claim =
  | { outcome: "claimed" }
  | { outcome: "in_progress" }
  | { outcome: "other_request" }
  | { outcome: "replay"; body_hash: string; answer: KeptAnswer };

export interface IdempotencyStore {
  /** Takes the key for a request (its method and target), unless it is taken. */
  claim(caller: string, key: string, request: string, now: number): Promise<Claim>;
  /** Keeps the answer under a claimed key. */
  keep(caller: string, key: string, bodyHash: string, answer: KeptAnswer): Promise<void>;
  /** Gives a claimed key back, so that the caller can try again. */
  release(caller: string, key: string): Promise<void>;
}

export function idempotencyStore(db: Executor, sql: Kysely<Database>): IdempotencyStore {
  return {
    claim: (caller, key, request, now) =>
      db.write(function* () {
        yield* run(sql.deleteFrom("idempotency_keys").where("created_at", "<", now - IDEMPOTENCY_TTL));
        const row = yield* first(
          sql.selectFrom("idempotency_keys").selectAll().where("caller", "=", caller).where("key", "=", key),
        );
        if (row !== undefined && !(row.status === null && row.created_at < now - ABANDONED_AFTER)) {
          if (row.request !== request) return { outcome: "other_request" };
          if (row.status === null || row.body === null) return { outcome: "in_progress" };
          const headers = JSON.parse(row.headers ?? "{}") as Record<string, string>;
          return { outcome: "replay", body_hash: row.body_hash ?? "", answer: { status: row.status, headers, body: row.body } };
        }
        yield* run(
          sql
            .insertInto("idempotency_keys")
            .values({ caller, key, request, created_at: now, body_hash: null, status: null, headers: null, body: null })
            .onConflict((conflict) => conflict.columns(["caller", "key"]).doUpdateSet({ request, created_at: now })),
        );
        return { outcome: "claimed" };
      }),
    keep: async (caller, key, bodyHash, answer) => {
      await db.write(() =>
        run(
          sql
            .updateTable("idempotency_keys")
            .set({ body_hash: bodyHash, status: answer.status, headers: JSON.stringify(answer.headers), body: answer.body })
            .where("caller", "=", caller)
            .where("key", "=", key),
        ),
      );
    },
    release: async (caller, key) => {
      await db.write(() => run(sql.deleteFrom("idempotency_keys").where("caller", "=", caller).where("key", "=", key)));
    },
  };
}
