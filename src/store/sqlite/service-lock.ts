/**
 * One service a database: two would each keep what it knows in memory, and number, roll up and clean up twice.
 *
 * The lock is a file of its own beside the database, so that the commands (`token`, `backup`) work while a service runs. It is itself a small
 * SQLite file, held by a write transaction that never ends: the operating system lets it go when the process dies, however it dies, and
 * others can still read in it who holds it.
 */
import Sqlite from "better-sqlite3";
import { prepareFile, realPath } from "./file.js";

/** Another service runs on the database. The message is for the person who started this one. */
export class DatabaseInUse extends Error {
  override name = "DatabaseInUse";
}

export class ServiceLock {
  readonly #lock: Sqlite.Database;

  private constructor(lock: Sqlite.Database) {
    this.#lock = lock;
  }

  /**
   * @param path of the database
   * @throws DatabaseInUse naming the process that holds it
   */
  static take(path: string): ServiceLock {
    const file = `${realPath(path)}.lock`;
    prepareFile(file);
    const lock = new Sqlite(file, { timeout: 0 });
    try {
      lock.pragma("synchronous = OFF");
      lock.exec("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER, since TEXT); DELETE FROM holder");
      lock.prepare("INSERT INTO holder VALUES (?, ?)").run(process.pid, new Date().toISOString());
      lock.exec("COMMIT; BEGIN IMMEDIATE");
    } catch (cause) {
      const message = isBusy(cause)
        ? `another service${holderOf(lock)} runs on the database ${path}: stop it first, or name another DATABASE_URL`
        : `the lock file ${file} cannot be used (${cause instanceof Error ? cause.message : String(cause)}): delete it when no service runs`;
      lock.close();
      throw new DatabaseInUse(message, { cause });
    }
    return new ServiceLock(lock);
  }

  release(): void {
    this.#lock.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

function holderOf(lock: Sqlite.Database): string {
  try {
    const holder = lock.prepare("SELECT pid, since FROM holder").get() as { pid: number; since: string } | undefined;
    return holder === undefined ? "" : ` (process ${holder.pid}, since ${holder.since})`;
  } catch {
    return "";
  }
}
