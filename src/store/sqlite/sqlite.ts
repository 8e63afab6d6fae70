/**
 * SQLite behind the store: one file, one writer.
 *
 * Every write passes one queue. What waits there is committed together ("group commit"): the disk is asked once for a batch, and each
 * caller is answered when its batch is on disk. A job that fails is rolled back alone.
 */
import { setTimeout as wait } from "node:timers/promises";
import Sqlite from "better-sqlite3";
import { type CompiledQuery, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { LRUCache } from "lru-cache";
import { StoreError } from "../errors.js";
import type { Executor, Job, StatementResult } from "../job.js";
import type { Database } from "../schema.js";
import { storeError } from "./errors.js";
import { OpenFiles, prepareFile } from "./file.js";
import { migrate } from "./migrate.js";
import { ServiceLock } from "./service-lock.js";

/** Prepared statements kept ready. The store has a few dozen texts; a filter makes some more. */
const PREPARED_STATEMENTS = 500;
/** Jobs in one commit at the most, so that a flood does not make the first of them wait for the last. */
const JOBS_PER_COMMIT = 512;
/** Milliseconds that opening waits for another process that holds the file (the command line, a migration). */
const OPEN_TIMEOUT = 5_000;
/**
 * Milliseconds that a job waits for another process that holds the file, and after which it is tried again. SQLite's own busy timeout sleeps
 * inside the call: nothing at all would be answered meanwhile.
 */
const BUSY_WAIT = 3_000;
const BUSY_RETRY = 25;

/** A queued write with the callbacks of the promise that its caller holds. */
interface QueuedJob {
  run(): unknown;
  /** On the process's own clock. */
  queued_at: number;
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
  readonly #files: OpenFiles | null;
  readonly #lock: ServiceLock | null;
  #queue: QueuedJob[] = [];
  #scheduled = false;
  #closed = false;

  /**
   * @param path a file, made with its folder when missing, or ":memory:"
   * @param exclusive for a service: no other one may run on the file
   */
  constructor(path: string, exclusive = false) {
    const isFile = path !== ":memory:";
    if (isFile) prepareFile(path);
    this.#lock = exclusive && isFile ? ServiceLock.take(path) : null;
    try {
      this.#db = new Sqlite(path, { timeout: OPEN_TIMEOUT });
      this.#db.pragma("journal_mode = WAL");
      this.#db.pragma("synchronous = FULL");
      this.#db.pragma("foreign_keys = ON");
      migrate(this.#db);
      this.#db.pragma("busy_timeout = 0");
    } catch (error) {
      this.#lock?.release();
      throw error;
    }
    this.#files = isFile ? new OpenFiles(path) : null;
    this.sql = new Kysely<Database>({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new SqliteIntrospector(db),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    });
  }

  /** A reader waits for others only in rare moments (a restart after a crash): the job is begun anew then. */
  async read<T>(job: () => Job<T>): Promise<T> {
    const since = performance.now();
    for (;;) {
      try {
        return this.#toEnd(job());
      } catch (error) {
        const refused = storeError(error);
        if (!isBusy(refused) || performance.now() - since > BUSY_WAIT) throw refused;
      }
      await wait(BUSY_RETRY);
    }
  }

  write<T>(job: () => Job<T>): Promise<T> {
    return this.#enqueue(() => this.#toEnd(job())) as Promise<T>;
  }

  #enqueue(run: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Error("the store is closed"));
        return;
      }
      this.#queue.push({ run, queued_at: performance.now(), resolve, reject });
      this.#schedule();
    });
  }

  /** Writes a little and takes nothing for granted: rejects when the file cannot be written, or is no longer there. */
  async ping(): Promise<void> {
    await this.#enqueue(() => this.#db.pragma("user_version = 0"));
  }

  /** Commits what waits and closes the file. */
  async close(): Promise<void> {
    while (this.#queue.length > 0 && this.#commit());
    this.#closed = true;
    for (const job of this.#queue.splice(0)) job.reject(new StoreError("busy", new Error("the store is closed")));
    this.#db.close();
    this.#lock?.release();
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the requests that are already readable on other sockets: they join this commit.
    setImmediate(() => this.#next());
  }

  #next() {
    this.#scheduled = false;
    if (this.#closed) return;
    const isFree = this.#commit();
    if (this.#queue.length === 0) return;
    if (isFree) this.#schedule();
    else {
      this.#scheduled = true;
      setTimeout(() => this.#next(), BUSY_RETRY);
    }
  }

  /** `false`: another process holds the file; those who waited long enough were told, the others wait on. */
  #commit(): boolean {
    const batch = this.#queue.splice(0, JOBS_PER_COMMIT);
    if (batch.length === 0) return true;
    const outcomes: Outcome[] = [];
    try {
      this.#statement("BEGIN IMMEDIATE").run();
    } catch (error) {
      const refused = storeError(error);
      const waitsOn = (job: QueuedJob) => isBusy(refused) && performance.now() - job.queued_at < BUSY_WAIT;
      this.#queue.unshift(...batch.filter(waitsOn));
      for (const job of batch) if (!waitsOn(job)) job.reject(refused);
      return !isBusy(refused);
    }
    try {
      for (const job of batch) outcomes.push(this.#inSavepoint(job));
      this.#statement("COMMIT").run();
      if (this.#files?.areThere() === false) throw new StoreError("gone", new Error("the database was deleted or replaced"));
    } catch (error) {
      this.#rollBack();
      const refused = storeError(error);
      for (const job of batch) job.reject(refused);
      return true;
    }
    for (const [index, job] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome?.ok) job.resolve(outcome.value);
      else job.reject(storeError(outcome?.error));
    }
    return true;
  }

  /** A transaction that cannot even be rolled back is given up when the next one begins. */
  #rollBack() {
    try {
      if (this.#db.inTransaction) this.#statement("ROLLBACK").run();
    } catch {
      // The error that led here is the one that the callers are told.
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

function isBusy(error: unknown): boolean {
  return error instanceof StoreError && error.trouble === "busy";
}
