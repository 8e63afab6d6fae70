/** The files of a SQLite database on disk: who may read them, and whether they are still the ones that were opened. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** What the files hold is how a phone network runs. SQLite gives `-wal` and `-shm` the mode of the database. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

const BESIDE = ["-wal", "-shm"] as const;

/** Makes the file, and its folder, when they are missing; takes it away from other users when it is there. */
export function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  closeSync(openSync(path, "a", FILE_MODE));
  for (const file of [path, ...BESIDE.map((suffix) => path + suffix)]) {
    try {
      if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, FILE_MODE);
    } catch {
      // Another user's file, or none: SQLite says whether it can be used.
    }
  }
}

/** The path of the file itself: two links to one database are one database. */
export function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

/** The database and its `-wal`, if they are there. */
export function databaseFiles(path: string): string[] {
  return [path, ...BESIDE.map((suffix) => path + suffix)].filter((file) => existsSync(file));
}

/**
 * Remembers which files a connection has open. A file that is deleted goes on being written by whoever has it open, and is lost when that
 * one closes it: SQLite does not say so.
 */
export class OpenFiles {
  readonly #path: string;
  #database: string | null;
  #log: string | null;

  constructor(path: string) {
    this.#path = path;
    this.#database = identity(path);
    this.#log = identity(`${path}-wal`);
  }

  /** Are they still there under their names? */
  areThere(): boolean {
    const log = identity(`${this.#path}-wal`);
    this.#log ??= log;
    return identity(this.#path) === this.#database && log === this.#log;
  }
}

function identity(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`;
}
