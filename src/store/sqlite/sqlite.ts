/**
 * SQLite behind the store: one file, one writer.
 *
 * Every write passes one queue. What waits there is committed together ("group commit"): the disk is asked once for a batch, and each
 * caller is answered when its batch is on disk. A job that fails is rolled back alone.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";
import { type CompiledQuery, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { LRUCache } from "lru-cache";
import type { Executor, Job, StatementResult } from "../job.js";
import type { Database } from "../schema.js";
import { storeError } from "./errors.js";
import { migrate } from "./migrate.js";

/** Prepared statements kept ready. The store has a few dozen texts; a filter makes some more. */
const PREPARED_STATEMENTS = 500;
/** Jobs in one commit at the most, so that a flood does not make the first of them wait for the last. */
const JOBS_PER_COMMIT = 512;
/** Milliseconds that a statement waits for another process that holds the file (a backup, the command line). */
const BUSY_TIMEOUT = 5_000;

/** A queued write with the callbacks of the promise that its caller holds. */
interface QueuedJob {
  run(): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { ok: true; value: unknown } | { ok: false; error: unknown };

/** One open SQLite file with its migrations applied. Throws when the file cannot be opened or was written by a newer release. */
export class SqliteDatabase implements Executor {
  /** Builds and compiles statements; runs nothing itself. */
  readonly sql: Kysely<Database>;
  readonly #db: Sqlite.Database;
  readonly #prepared = new LRUCache<string, Sqlite.Statement>({ max: PREPARED_STATEMENTS });
  #queue: QueuedJob[] = [];
  #scheduled = false;
  #closed = false;

  /** @param path a file, made with its folder when missing, or ":memory:" */
  constructor(path: string) {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    this.#db = new Sqlite(path, { timeout: BUSY_TIMEOUT });
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = FULL");
    this.#db.pragma("foreign_keys = ON");
    migrate(this.#db);
    this.sql = new Kysely<Database>({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new SqliteIntrospector(db),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    });
  }

  async read<T>(job: () => Job<T>): Promise<T> {
    try {
      return this.#toEnd(job());
    } catch (error) {
      throw storeError(error);
    }
  }

  write<T>(job: () => Job<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(new Error("the store is closed"));
        return;
      }
      this.#queue.push({ run: () => this.#toEnd(job()), resolve: (value) => resolve(value as T), reject });
      this.#schedule();
    });
  }

  /** Rejects when the file cannot be read. */
  async ping(): Promise<void> {
    try {
      this.#statement("SELECT 1").get();
    } catch (error) {
      throw storeError(error);
    }
  }

  /** Copies the open database into a file, consistent, while writes go on. */
  async backup(path: string): Promise<void> {
    mkdirSync(dirname(path), { recursive: true });
    await this.#db.backup(path);
  }

  /** Commits what waits and closes the file. */
  async close(): Promise<void> {
    while (this.#queue.length > 0) this.#commit();
    this.#closed = true;
    this.#db.close();
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the requests that are already readable on other sockets: they join this commit.
    setImmediate(() => {
      this.#scheduled = false;
      this.#commit();
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #commit() {
    const batch = this.#queue.splice(0, JOBS_PER_COMMIT);
    if (batch.length === 0) return;
    const outcomes: Outcome[] = [];
    try {
      this.#statement("BEGIN IMMEDIATE").run();
      for (const job of batch) outcomes.push(this.#inSavepoint(job));
      this.#statement("COMMIT").run();
    } catch (error) {
      if (this.#db.inTransaction) this.#statement("ROLLBACK").run();
      const refused = storeError(error);
      for (const job of batch) job.reject(refused);
      return;
    }
    for (const [index, job] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome?.ok) job.resolve(outcome.value);
      else job.reject(storeError(outcome?.error));
    }
  }

  /** @throws when the database itself refuses (a full disk ends the whole transaction) */
  #inSavepoint(job: QueuedJob): Outcome {
    this.#statement("SAVEPOINT job").run();
    try {
      const value = job.run();
      this.#statement("RELEASE job").run();
      return { ok: true, value };
    } catch (error) {
      if (!this.#db.inTransaction) throw error;
      this.#statement("ROLLBACK TO job").run();
      this.#statement("RELEASE job").run();
      return { ok: false, error };
    }
  }

  #toEnd<T>(job: Job<T>): T {
    let step = job.next();
    while (!step.done) {
      let result: StatementResult;
      try {
        result = this.#execute(step.value);
      } catch (error) {
        step = job.throw(error);
        continue;
      }
      step = job.next(result);
    }
    return step.value;
  }

  #execute({ sql, parameters }: CompiledQuery): StatementResult {
    const statement = this.#statement(sql);
    if (statement.reader) return { rows: statement.all(...parameters), changes: 0 };
    return { rows: [], changes: statement.run(...parameters).changes };
  }

  #statement(sql: string): Sqlite.Statement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
