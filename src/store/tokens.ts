/** Keeps bearer tokens, hashed: the token itself is shown once, when it is made. */
import { createHash, randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { MINUTE } from "../kamailio/units.js";
import { all, type Executor, first, run } from "./job.js";
import type { Database, TokenRow } from "./schema.js";

export const SCOPES = ["read", "ingest", "write", "admin"] as const;
/** What a caller may do: read answers, send texts in, change and delete, manage tokens and the service. */
export type Scope = (typeof SCOPES)[number];

/** The instances that a token sees and writes: those with one of the names, or with all of the labels. */
export interface Binding {
  instances: string[];
  labels: Record<string, string>;
}

export interface Token {
  id: string;
  name: string;
  scopes: Scope[];
  /** `null`: all instances. */
  binding: Binding | null;
  /** Epoch ms. */
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
}

/** `secret` is shown once and cannot be read again. */
export type NewToken = Token & { secret: string };

/** `last_used_at` is kept to the minute, so that a busy caller does not cost a write a request. */
const LAST_USED_RESOLUTION = MINUTE;
const PREFIX = "kat_";

export interface TokenStore {
  create(
    token: { name: string; scopes: Scope[]; binding?: Binding | null; expires_at: number | null },
    now: number,
  ): Promise<NewToken>;
  /** The token with this secret, unless it is revoked or has expired. */
  verify(secret: string, now: number): Promise<Token | null>;
  list(page: { after: string | null; limit: number }): Promise<Token[]>;
  /** The revoked token, or `null` when there is none with this id. */
  revoke(id: string, now: number): Promise<Token | null>;
}

export function tokenStore(db: Executor, sql: Kysely<Database>): TokenStore {
  return {
    create: async ({ name, scopes, binding = null, expires_at }, now) => {
      const secret = `${PREFIX}${randomBytes(32).toString("base64url")}`;
      const token: Token = {
        id: uuidv7(),
        name,
        scopes,
        binding,
        created_at: now,
        expires_at,
        revoked_at: null,
        last_used_at: null,
      };
      await db.write(() =>
        run(
          sql.insertInto("tokens").values({
            ...token,
            scopes: scopes.join(" "),
            binding: binding === null ? null : JSON.stringify(binding),
            hash: hashSecret(secret),
          }),
        ),
      );
      return { ...token, secret };
    },
    verify: async (secret, now) => {
      const row = await db.read(() => first(sql.selectFrom("tokens").selectAll().where("hash", "=", hashSecret(secret))));
      if (row === undefined || row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now)) return null;
      if (now - (row.last_used_at ?? 0) >= LAST_USED_RESOLUTION)
        await db.write(() => run(sql.updateTable("tokens").set({ last_used_at: now }).where("id", "=", row.id)));
      return fromRow(row);
    },
    list: ({ after, limit }) =>
      db.read(function* () {
        let query = sql.selectFrom("tokens").selectAll().orderBy("id", "desc").limit(limit);
        if (after !== null) query = query.where("id", "<", after);
        return (yield* all(query)).map(fromRow);
      }),
    revoke: (id, now) =>
      db.write(function* () {
        yield* run(sql.updateTable("tokens").set({ revoked_at: now }).where("id", "=", id).where("revoked_at", "is", null));
        const row = yield* first(sql.selectFrom("tokens").selectAll().where("id", "=", id));
        return row === undefined ? null : fromRow(row);
      }),
  };
}

/** A secret has 256 random bits, so a plain hash is enough: there is nothing to guess. */
function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function fromRow({ hash: _, scopes, binding, ...row }: TokenRow): Token {
  return { ...row, scopes: scopes.split(" ") as Scope[], binding: binding === null ? null : (JSON.parse(binding) as Binding) };
}
