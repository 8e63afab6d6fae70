/** What SQLite's result codes mean for whoever uses the store (https://sqlite.org/rescode.html). */
import { StoreError, type StoreTrouble } from "../errors.js";

/** By the primary code; the extended ones begin with it. */
const TROUBLE: readonly [code: string, trouble: StoreTrouble][] = [
  ["SQLITE_FULL", "full"],
  ["SQLITE_BUSY", "busy"],
  ["SQLITE_LOCKED", "busy"],
  ["SQLITE_READONLY", "read_only"],
  ["SQLITE_PERM", "read_only"],
  ["SQLITE_IOERR", "unavailable"],
  ["SQLITE_CANTOPEN", "unavailable"],
  ["SQLITE_CORRUPT", "unavailable"],
  ["SQLITE_NOTADB", "unavailable"],
];

/** The store's error for one of the database itself; every other error as it is. */
export function storeError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const trouble = TROUBLE.find(([prefix]) => code.startsWith(prefix))?.[1];
  return trouble === undefined ? error : new StoreError(trouble, error);
}
