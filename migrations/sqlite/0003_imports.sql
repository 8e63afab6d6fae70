-- Imports of usage history from other servers. `request` is what was asked for, without credentials, which are never written down; `state`
-- is how far it came.
CREATE TABLE imports (
  id TEXT PRIMARY KEY,
  instance INTEGER NOT NULL REFERENCES instances (number) ON DELETE CASCADE,
  status TEXT NOT NULL,
  with_credentials INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  request TEXT NOT NULL,
  state TEXT NOT NULL
) STRICT;
CREATE INDEX imports_of_instance ON imports (instance, id DESC);
