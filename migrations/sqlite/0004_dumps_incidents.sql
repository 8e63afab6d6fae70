-- Memory dumps: one row each. `header` is what the dump says but its sites, `sites` the packed sites, the last column so that lists do not read it.
CREATE TABLE dumps (
  id TEXT PRIMARY KEY,
  instance INTEGER NOT NULL REFERENCES instances (number) ON DELETE CASCADE,
  taken_at INTEGER NOT NULL,
  -- "log": the text says it, "at": whoever posted it, "clock": when it came in.
  taken_at_source TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  pool TEXT,
  pid INTEGER,
  process TEXT,
  site_count INTEGER NOT NULL,
  header TEXT NOT NULL,
  sites BLOB NOT NULL
) STRICT;
CREATE INDEX dumps_of_instance ON dumps (instance, taken_at DESC, id DESC);
CREATE INDEX dumps_by_content ON dumps (instance, content_hash);

-- Incidents: one row for what logs report of one kind, pool and site without a long silence between. `parts` are the ranges of time that the
-- posted logs covered, so that a log posted twice counts once.
CREATE TABLE incidents (
  id TEXT PRIMARY KEY,
  instance INTEGER NOT NULL REFERENCES instances (number) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  pool TEXT,
  identity TEXT NOT NULL,
  -- The first and the last failure; when it was recorded, where the log shows no times.
  began_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  value TEXT NOT NULL,
  parts TEXT NOT NULL
) STRICT;
CREATE INDEX incidents_of_instance ON incidents (instance, ended_at DESC, id DESC);
CREATE INDEX incidents_by_identity ON incidents (instance, identity, ended_at);
