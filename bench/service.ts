/** Starts servers for the benchmarks: ours as it is built, and a yardstick, each a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Served {
  url: string;
  stop(): Promise<void>;
}

/** Runs a script until it prints a line with its address. */
export async function startScript(command: string[], environment: Record<string, string> = {}): Promise<Served> {
  const [program, ...args] = command;
  if (program === undefined) throw new Error("no command");
  const child: ChildProcess = spawn(program, args, {
    env: { ...process.env, LOG_LEVEL: "error", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url === undefined) continue;
    return {
      url,
      stop: async () => {
        child.kill("SIGTERM");
        if (child.exitCode === null) await once(child, "exit");
      },
    };
  }
  throw new Error(`${command.join(" ")} ended without an address`);
}

/** A folder for the databases of a benchmark, gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Our service on a new database. */
export function startOurs(folder: string): Promise<Served> {
  return startScript(["node", "dist/cli.js", "serve"], { PORT: "0", DATABASE_URL: join(folder, "ours.db") });
}

/** Middle of the values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
