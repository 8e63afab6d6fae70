/** The store: everything that is kept, behind one interface, whatever database is underneath. */
import { type DumpStore, dumpStore } from "./dumps.js";
import { type IdempotencyStore, idempotencyStore } from "./idempotency.js";
import { type ImportStore, importStore } from "./imports.js";
import { type IncidentStore, incidentStore } from "./incidents.js";
import { type InstanceStore, instanceStore } from "./instances.js";
import { type RecordStore, recordStore } from "./records.js";
import { type RunbookStore, runbookStore } from "./runbooks.js";
import { SqliteDatabase } from "./sqlite/sqlite.js";
import { type TokenStore, tokenStore } from "./tokens.js";
import { type Retention, type UsageStore, usageStore } from "./usage/usage.js";

export interface Store {
  instances: InstanceStore;
  records: RecordStore;
  tokens: TokenStore;
  idempotency: IdempotencyStore;
  usage: UsageStore;
  dumps: DumpStore;
  incidents: IncidentStore;
  runbooks: RunbookStore;
  imports: ImportStore;
  /** Answers when the database can be written; rejects with the reason. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const DEFAULT_RETENTION: Retention = { raw_days: 14, rollup_days: 730 };

/**
 * Opens the store.
 *
 * @param url a file's path, or ":memory:"
 * @param exclusive for a service: no other one may run on the same database
 * @throws when the database cannot be opened or was written by a newer release
 */
export function openStore(url: string, retention: Retention = DEFAULT_RETENTION, exclusive = false): Store {
  const db = new SqliteDatabase(url, exclusive);
  const { sql } = db;
  return {
    instances: instanceStore(db, sql),
    records: recordStore(db, sql),
    tokens: tokenStore(db, sql),
    idempotency: idempotencyStore(db, sql),
    usage: usageStore(db, sql, retention),
    dumps: dumpStore(db, sql),
    incidents: incidentStore(db, sql),
    runbooks: runbookStore(db, sql),
    imports: importStore(db, sql),
    ping: () => db.ping(),
    close: () => db.close(),
  };
}
