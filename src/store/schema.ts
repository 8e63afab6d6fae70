/** The tables as Kysely sees them; `migrations/` makes them. Times are epoch milliseconds, JSON is text, booleans are 0 and 1. */
import type { Generated } from "kysely";

export interface InstanceTable {
  number: Generated<number>;
  name: string;
  labels: string;
  description: string | null;
  created_at: number;
  updated_at: number;
  revision: number;
}

export type InstanceRow = Omit<InstanceTable, "number">;

export interface RecordRow {
  id: string;
  instance: string;
  kind: string;
  recorded_at: number;
  last_seen_at: number;
  content_hash: string;
  text: string;
  value: string;
}

export interface TokenRow {
  id: string;
  name: string;
  hash: string;
  scopes: string;
  binding: string | null;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
}

export interface IdempotencyRow {
  caller: string;
  key: string;
  request: string;
  body_hash: string | null;
  created_at: number;
  status: number | null;
  headers: string | null;
  body: Uint8Array | null;
}

/** Something whose counters are kept: a process's private pool or a load counter. The shared pool is entity 0 and has no row. */
export interface UsageEntityRow {
  instance: number;
  id: number;
  kind: "pkg" | "load";
  key: string;
  description: string | null;
  rank: number | null;
}

export interface UsageSampleRow {
  instance: number;
  at: number;
  sample: Uint8Array;
}

/** An hour whose raw samples changed since it was rolled up. */
export interface UsageUnrolledRow {
  instance: number;
  hour: number;
}

/** The buckets of an entity: a day's hours, or a month's days. */
export interface UsageRollupRow {
  instance: number;
  entity: number;
  resolution: "hour" | "day";
  period: number;
  buckets: Uint8Array;
}

export interface UsageEventRow {
  instance: number;
  at: number;
  kind: "restart" | "resize" | "gap" | "reload";
  pool: string;
  detail: string;
}

/** A memory dump; `header` is its JSON without the sites. */
export interface DumpTable {
  id: string;
  instance: number;
  taken_at: number;
  taken_at_source: "log" | "at" | "clock";
  recorded_at: number;
  last_seen_at: number;
  content_hash: string;
  pool: string | null;
  pid: number | null;
  process: string | null;
  site_count: number;
  header: string;
  sites: Uint8Array;
}

export interface IncidentTable {
  id: string;
  instance: number;
  kind: string;
  pool: string | null;
  identity: string;
  began_at: number;
  ended_at: number;
  recorded_at: number;
  last_seen_at: number;
  value: string;
  parts: string;
}

export interface RunbookTable {
  id: string;
  instance: number;
  kind: string;
  created_at: number;
  revision: number;
  value: string;
}

/** An import of usage history. */
export interface ImportRow {
  id: string;
  instance: number;
  status: "queued" | "running" | "done" | "failed" | "cancelled";
  with_credentials: number;
  created_at: number;
  updated_at: number;
  revision: number;
  request: string;
  state: string;
}

export interface Database {
  instances: InstanceTable;
  records: RecordRow;
  tokens: TokenRow;
  idempotency_keys: IdempotencyRow;
  usage_entities: UsageEntityRow;
  usage_samples: UsageSampleRow;
  usage_unrolled: UsageUnrolledRow;
  usage_rollups: UsageRollupRow;
  usage_events: UsageEventRow;
  dumps: DumpTable;
  incidents: IncidentTable;
  runbooks: RunbookTable;
  imports: ImportRow;
}
