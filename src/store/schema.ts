/** The tables as Kysely sees them; `migrations/` makes them. Times are epoch milliseconds, JSON is text, booleans are 0 and 1. */
export interface InstanceRow {
  name: string;
  labels: string;
  description: string | null;
  created_at: number;
  updated_at: number;
  revision: number;
}

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

export interface Database {
  instances: InstanceRow;
  records: RecordRow;
  tokens: TokenRow;
  idempotency_keys: IdempotencyRow;
}
