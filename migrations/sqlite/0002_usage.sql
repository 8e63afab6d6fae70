-- The history of the memory counters. A raw sample is one packed row; hours and days are rolled up into buckets with min, max, last and count.
CREATE TABLE usage_entities (
  instance INTEGER NOT NULL REFERENCES instances (number) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  description TEXT,
  rank INTEGER,
  PRIMARY KEY (instance, id),
  UNIQUE (instance, kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_samples (
  instance INTEGER NOT NULL REFERENCES instances (number) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  sample BLOB NOT NULL,
  PRIMARY KEY (instance, at)
) STRICT, WITHOUT ROWID;

-- Hours whose raw samples changed since they were rolled up.
CREATE TABLE usage_unrolled (
  instance INTEGER NOT NULL REFERENCES instances (number) ON DELETE CASCADE,
  hour INTEGER NOT NULL,
  PRIMARY KEY (instance, hour)
) STRICT, WITHOUT ROWID;

-- resolution "hour": period is a day's start and buckets are its hours; "day": period is a month's start and buckets are its days.
CREATE TABLE usage_rollups (
  instance INTEGER NOT NULL REFERENCES instances (number) ON DELETE CASCADE,
  resolution TEXT NOT NULL,
  entity INTEGER NOT NULL,
  period INTEGER NOT NULL,
  buckets BLOB NOT NULL,
  PRIMARY KEY (instance, resolution, entity, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_events (
  instance INTEGER NOT NULL REFERENCES instances (number) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  pool TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (instance, at, kind, pool)
) STRICT, WITHOUT ROWID;
