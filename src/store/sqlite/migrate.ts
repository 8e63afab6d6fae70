/** Brings a database's tables up to date: runs the numbered SQL files of `migrations/` that it has not seen, in order, each in a transaction. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type Sqlite from "better-sqlite3";

/** In the package's folder: this file lies in `src/store/sqlite/`, or with all others in the bundle `dist/`. */
const SQLITE_MIGRATIONS =
  ["../", "../../../"].map((up) => new URL(`${up}migrations/sqlite/`, import.meta.url)).find((folder) => existsSync(folder)) ??
  new URL("../migrations/sqlite/", import.meta.url);

/**
 * Applies the pending migrations.
 *
 * @throws when the file was written by a newer release, or a migration fails (that migration is rolled back)
 */
export function migrate(db: Sqlite.Database): void {
  db.exec(
    "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP) STRICT",
  );
  const applied = new Set(db.prepare("SELECT name FROM migrations").pluck().all());
  const known = knownMigrations();
  const unknown = unknownMigrations(db) ?? [];
  if (unknown.length > 0)
    throw new Error(
      `the database has migrations that this release does not know (${unknown.join(", ")}): it was written by a newer release`,
    );
  for (const name of known) {
    if (applied.has(name)) continue;
    db.transaction(() => {
      db.exec(readFileSync(new URL(name, SQLITE_MIGRATIONS), "utf8"));
      db.prepare("INSERT INTO migrations (name) VALUES (?)").run(name);
    })();
  }
}

/** The migrations of a database that this release does not have; `null` when it is no database of this service. */
export function unknownMigrations(db: Sqlite.Database): string[] | null {
  const isOurs = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'").get() !== undefined;
  if (!isOurs) return null;
  const known = knownMigrations();
  return db
    .prepare("SELECT name FROM migrations")
    .pluck()
    .all()
    .map(String)
    .filter((name) => !known.includes(name));
}

function knownMigrations(): string[] {
  return readdirSync(SQLITE_MIGRATIONS)
    .filter((name) => name.endsWith(".sql"))
    .sort();
}
