/**
 * Copies of a SQLite database: `backup` while others write, and `restore` of one.
 *
 * A copy is one file without a `-wal`. It is written beside its name, opened and checked, and only then takes the name; so a file of that name
 * is always whole. The source is opened read-only: it must be there, and nothing in it changes.
 */
import { randomUUID } from "node:crypto";
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";
import { databaseFiles, FILE_MODE, FOLDER_MODE, realPath } from "./file.js";
import { unknownMigrations } from "./migrate.js";
import { ServiceLock } from "./service-lock.js";

/** A copy that cannot be made or taken; the message is for the person at the command line. */
export class CopyError extends Error {
  override name = "CopyError";
}

/**
 * @param source the database's path
 * @throws CopyError when there is none, or the copy is not sound
 */
export function backupDatabase(source: string, target: string): void {
  if (isSameFile(source, target)) throw new CopyError(`${target} is the database itself`);
  const database = openToRead(source, "there is no database");
  try {
    inPlaceOf(target, (partial) => {
      database.prepare("VACUUM INTO ?").run(partial);
      checkCopy(partial);
    });
  } finally {
    database.close();
  }
}

/**
 * Puts a copy in the place of the database. What is replaced is kept beside it, its `-wal` too: an old one beside a new database would win.
 *
 * @returns the names of the files that were kept
 * @throws CopyError when the copy is damaged, is none of this service, or was written by a newer release
 * @throws DatabaseInUse while a service runs
 */
export function restoreDatabase(copy: string, database: string, now: number): string[] {
  if (isSameFile(copy, database)) throw new CopyError(`${copy} is the database itself`);
  const target = realPath(database);
  const source = openToRead(copy, "there is no copy");
  try {
    checkContent(source, copy);
    mkdirSync(dirname(target), { recursive: true, mode: FOLDER_MODE });
    const lock = ServiceLock.take(target);
    try {
      const aside = `${target}.replaced-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
      const kept: string[] = [];
      inPlaceOf(target, (partial) => {
        source.prepare("VACUUM INTO ?").run(partial);
        checkCopy(partial);
        giveTo(partial, existsSync(target) ? target : dirname(target));
        for (const file of databaseFiles(target)) {
          const name = aside + file.slice(target.length);
          // The database keeps its name until the copy takes it, so that there is one at every moment.
          if (file === target) linkSync(file, name);
          else renameSync(file, name);
          kept.push(name);
        }
      });
      return kept;
    } finally {
      lock.release();
    }
  } finally {
    source.close();
  }
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

function openToRead(path: string, otherwise: string): Sqlite.Database {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) throw new CopyError(`${otherwise} at ${path}`);
  let database: Sqlite.Database | null = null;
  try {
    database = new Sqlite(path, { readonly: true, fileMustExist: true });
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return database;
  } catch (cause) {
    database?.close();
    throw new CopyError(`${path} cannot be read as a database: ${reason(cause)}`, { cause });
  }
}

/** Runs `write` with the path of a new empty file that takes the name `target` when it succeeds. */
function inPlaceOf(target: string, write: (partial: string) => void): void {
  const folder = dirname(target);
  const partial = `${target}.${randomUUID()}.partial`;
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    closeSync(openSync(partial, "wx", FILE_MODE));
    write(partial);
    sync(partial);
    renameSync(partial, target);
    sync(folder);
  } catch (cause) {
    if (cause instanceof CopyError) throw cause;
    throw new CopyError(`${target} cannot be written: ${reason(cause)}`, { cause });
  } finally {
    for (const file of [partial, `${partial}-journal`]) rmSync(file, { force: true });
  }
}

function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function checkCopy(path: string): void {
  const copy = new Sqlite(path, { fileMustExist: true });
  try {
    copy.pragma("journal_mode = DELETE");
    checkContent(copy, path);
  } finally {
    copy.close();
  }
}

function checkContent(database: Sqlite.Database, path: string): void {
  let damage: unknown;
  let unknown: string[] | null;
  try {
    damage = database.pragma("integrity_check(1)", { simple: true });
    unknown = unknownMigrations(database);
  } catch (cause) {
    throw new CopyError(`${path} is damaged: ${reason(cause)}`, { cause });
  }
  if (damage !== "ok") throw new CopyError(`${path} is damaged: ${String(damage)}`);
  if (unknown === null) throw new CopyError(`${path} is a database, but none of this service`);
  if (unknown.length > 0) throw new CopyError(`${path} was written by a newer release (it has ${unknown.join(", ")})`);
}

/** A copy that root makes belongs to whoever the service runs as. */
function giveTo(path: string, model: string): void {
  const { uid, gid } = statSync(model);
  try {
    chownSync(path, uid, gid);
  } catch {
    // Only root can; for everybody else it is theirs already.
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
