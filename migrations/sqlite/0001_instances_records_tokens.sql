-- Times are epoch milliseconds in UTC; JSON is text.
CREATE TABLE instances (
  -- Never used again after a deletion, so that what was kept under it cannot come back under another name.
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  labels TEXT NOT NULL,
  description TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

-- What an operator posted about an instance, one row a text: a build, the build of the running process, settings, a configuration, ...
-- `text` is what came without its secrets, `value` what was read from it.
CREATE TABLE records (
  id TEXT PRIMARY KEY,
  instance TEXT NOT NULL REFERENCES instances (name) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  text TEXT NOT NULL,
  value TEXT NOT NULL
) STRICT;
CREATE INDEX records_of_instance ON records (instance, kind, recorded_at DESC, id DESC);

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER
) STRICT;

-- Answers kept for a retried request with the same Idempotency-Key.
CREATE TABLE idempotency_keys (
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  request TEXT NOT NULL,
  body_hash TEXT,
  created_at INTEGER NOT NULL,
  status INTEGER,
  headers TEXT,
  body BLOB,
  PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
