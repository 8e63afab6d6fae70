/**
 * A job: the SQL statements of one unit of work, written once for every database.
 *
 * A job is a generator that yields compiled statements and is handed their rows. SQLite runs it to its end inside one synchronous transaction,
 * so that no transaction is ever held across an `await`; a database behind a network runs the same job statement by statement on one
 * connection.
 */
import type { Compilable, CompiledQuery } from "kysely";

/** The rows that a statement answered, and how many it changed. */
export interface StatementResult {
  rows: unknown[];
  changes: number;
}

/** Yields statements, returns the work's result. */
export type Job<T> = Generator<CompiledQuery, T, StatementResult>;

/** Runs jobs on one database. */
export interface Executor {
  /** Reads; sees what is committed. */
  read<T>(job: () => Job<T>): Promise<T>;
  /** Writes atomically: all of the job's statements or none. Resolves when the data is on disk. */
  write<T>(job: () => Job<T>): Promise<T>;
}

/** All rows of a query. */
export function* all<Row>(query: Compilable<Row>): Job<Row[]> {
  const { rows } = yield query.compile();
  return rows as Row[];
}

/** The first row of a query, or `undefined`. */
export function* first<Row>(query: Compilable<Row>): Job<Row | undefined> {
  const rows = yield* all(query);
  return rows[0];
}

/** Runs a statement for its effect; the number of rows that it changed. */
export function* run(query: Compilable<unknown>): Job<number> {
  const { changes } = yield query.compile();
  return changes;
}
