/** Samples of usage as plain rows: what the benchmarks of the history compare it with; and the samples themselves. */
import Sqlite from "better-sqlite3";

export interface PlainSample {
  at: string;
  uptime: number;
  shm: { total: number; free: number; used: number; real_used: number; max_used: number; fragments: number };
  pkg: {
    pid: number;
    rank: number;
    used: number;
    free: number;
    real_used: number;
    total_size: number;
    total_frags: number;
    desc: string;
  }[];
}

const MB = 1_048_576;
export const PROCESSES = 12;
/** Rows of one sample: the shared pool and the processes. */
export const ROWS = 1 + PROCESSES;

const NAMES = [
  "main process - attendant",
  ...[0, 1, 2, 3].map((child) => `udp receiver child=${child} sock=192.0.2.1:5060`),
  "slow timer",
  "timer",
  "MI FIFO",
  "ctl handler",
  "tcp receiver (generic) child=0",
  "tcp receiver (generic) child=1",
  "tcp main process",
];

/** A server under load: every counter moves between two samples. */
export function plainSample(at: number, n: number): PlainSample {
  const real = 40 * MB + Math.round(6 * MB * Math.sin(n / 400)) + ((n * 7919) % 100_000);
  return {
    at: new Date(at).toISOString(),
    uptime: 86_400 + n * 60,
    shm: {
      total: 512 * MB,
      free: 512 * MB - real,
      used: real - 1_900_000,
      real_used: real,
      max_used: 48 * MB,
      fragments: 400 + ((n * 31) % 90),
    },
    pkg: NAMES.map((desc, process) => {
      const used = 700_000 + process * 9_000 + ((n * (process + 3) * 613) % 40_000);
      return {
        pid: 3_900 + process,
        rank: process,
        used,
        free: 8 * MB - used - 250_000,
        real_used: used + 250_000,
        total_size: 8 * MB,
        total_frags: 10 + ((n + process) % 30),
        desc,
      };
    }),
  };
}

export interface PlainTables {
  /** The rows of one sample, with a prepared statement each. */
  insert(instance: string, sample: PlainSample): void;
  /** Runs the work in one transaction. */
  commit(work: () => void): void;
  /** Bytes of the file when all of it is in its place. */
  size(): number;
  close(): void;
}

export function plainTables(path: string): PlainTables {
  const db = new Sqlite(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(`
    CREATE TABLE shm (instance TEXT NOT NULL, at INTEGER NOT NULL, uptime INTEGER, total INTEGER, free INTEGER, used INTEGER, real_used INTEGER,
      max_used INTEGER, fragments INTEGER, PRIMARY KEY (instance, at)) WITHOUT ROWID;
    CREATE TABLE pkg (instance TEXT NOT NULL, at INTEGER NOT NULL, pid INTEGER NOT NULL, rank INTEGER, used INTEGER, free INTEGER,
      real_used INTEGER, total_size INTEGER, total_frags INTEGER, desc TEXT, PRIMARY KEY (instance, at, pid)) WITHOUT ROWID;`);
  const shmRow = db.prepare("INSERT INTO shm VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
  const pkgRow = db.prepare("INSERT INTO pkg VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
  return {
    insert(instance, { at, uptime, shm, pkg }) {
      const time = Date.parse(at);
      shmRow.run(instance, time, uptime, shm.total, shm.free, shm.used, shm.real_used, shm.max_used, shm.fragments);
      for (const { pid, rank, used, free, real_used, total_size, total_frags, desc } of pkg)
        pkgRow.run(instance, time, pid, rank, used, free, real_used, total_size, total_frags, desc);
    },
    commit: (work) => db.transaction(work)(),
    size() {
      db.pragma("wal_checkpoint(TRUNCATE)");
      return Number(db.pragma("page_count", { simple: true })) * Number(db.pragma("page_size", { simple: true }));
    },
    close: () => db.close(),
  };
}
