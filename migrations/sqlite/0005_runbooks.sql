-- Runbooks: `value` is the runbook as it was last written down (made, or marked by a person); what the records say is added when it is read.
CREATE TABLE runbooks (
  id TEXT PRIMARY KEY,
  instance INTEGER NOT NULL REFERENCES instances (number) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  value TEXT NOT NULL
) STRICT;
CREATE INDEX runbooks_of_instance ON runbooks (instance, created_at DESC, id DESC);
