/** Why the store cannot do its work now, in words that no database has. What it refuses was not kept; nothing of it was. */

/**
 * - `full`: no space is left for data
 * - `busy`: somebody else holds what is needed; another try in a moment may work
 * - `read_only`: the data can be read but not changed
 * - `gone`: the database was deleted or replaced while it was open
 * - `unavailable`: the data cannot be reached, or are damaged
 */
export type StoreTrouble = "full" | "busy" | "read_only" | "gone" | "unavailable";

export class StoreError extends Error {
  override name = "StoreError";

  /** @param cause the database's own error, for the log */
  constructor(
    readonly trouble: StoreTrouble,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : `the store is ${trouble}`, { cause });
  }
}
