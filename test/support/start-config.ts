/**
 * Starts the packaged Kamailio with a whole configuration as a user wrote it, on ports, sockets and certificates of its own, and says whether it
 * came up and what its pools hold then. For the tests of sizes and for the benches that measure what things cost.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface PoolRow {
  pid: number;
  rank: number;
  used: number;
  real_used: number;
  total_size: number;
  desc: string;
}

export interface Pools {
  shm: { total: number; real_used: number; max_used: number };
  pkg: PoolRow[];
}

export interface StartedServer {
  folder: string;
  pid: number;
  /** Ports by the ones that the configuration names. */
  ports: Map<string, number>;
  kamcmd(...words: string[]): string;
  pools(): Pools;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Words of the command line: `-m 64 -M 8 -x fm`. */
  options?: readonly string[];
  /** Other files of /etc/kamailio by name: `tls.cfg`. */
  files?: Readonly<Record<string, string>>;
  /** How long it may take, ms. */
  patience_ms?: number;
}

const PATIENCE_MS = 8000;
const SETTLE_MS = 400;

/** @returns the server, or what it logged when it did not come up */
export async function startConfig(config: string, start: StartOptions = {}): Promise<StartedServer | { log: string }> {
  const folder = mkdtempSync(join(tmpdir(), "kamailio-size-"));
  const ports = new Map<string, number>();
  const place = async (text: string) => {
    for (const [, port = ""] of text.matchAll(/127\.0\.0\.1:(\d{2,5})/g)) if (!ports.has(port)) ports.set(port, await freePort());
    const moved = text.replaceAll(/127\.0\.0\.1:(\d{2,5})/g, (_, port: string) => `127.0.0.1:${ports.get(port)}`);
    return moved.replaceAll("/etc/kamailio/", `${folder}/`);
  };
  const configFile = join(folder, "kamailio.cfg");
  writeFileSync(configFile, await place(config));
  for (const [name, text] of Object.entries(start.files ?? {})) writeFileSync(join(folder, name), await place(text));
  if (/\btls\b/.test(config)) makeCertificate(folder);
  const logFile = join(folder, "log");
  const pidFile = join(folder, "kamailio.pid");
  const words = ["-DD", "-E", "-f", configFile, "-P", pidFile, "-Y", folder, "-w", folder, ...(start.options ?? [])];
  const child: ChildProcess = spawn("sh", ["-c", 'exec "$0" "$@" >"$LOG" 2>&1', "kamailio", ...words], {
    env: { ...process.env, LOG: logFile },
    stdio: "ignore",
    // A group of its own, so that no worker outlives a main process that had to be killed.
    detached: true,
  });
  const socket = join(folder, "ctl.sock");
  const kamcmd = (...command: string[]) =>
    execFileSync("kamcmd", ["-s", `unix:${socket}`, ...command], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 16 * 1_048_576,
    });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGTERM");
      const patience = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), 3000);
      await ended;
      clearTimeout(patience);
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const until = Date.now() + (start.patience_ms ?? PATIENCE_MS);
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > until) {
      const log = existsSync(logFile) ? readFileSync(logFile, "utf8") : "";
      await stop();
      return { log };
    }
    try {
      kamcmd("core.uptime");
      // ctl answers before the last processes have come up; one that does not ends the whole server.
      await pause(SETTLE_MS);
      kamcmd("core.uptime");
      if (child.exitCode === null && child.signalCode === null) break;
    } catch {
      await pause(40);
    }
  }
  const pools = (): Pools => ({ shm: readShm(kamcmd("core.shmmem")), pkg: readPkg(kamcmd("pkg.stats")) });
  return { folder, pid: Number(readFileSync(pidFile, "utf8")), ports, kamcmd, pools, stop };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function readShm(text: string): Pools["shm"] {
  const figure = (name: string) => Number(new RegExp(`^\\s*${name}: (\\d+)`, "m").exec(text)?.[1] ?? Number.NaN);
  return { total: figure("total"), real_used: figure("real_used"), max_used: figure("max_used") };
}

function readPkg(text: string): PoolRow[] {
  return text
    .split("{")
    .slice(1)
    .map((entry) => {
      const figure = (name: string) => Number(new RegExp(`^\\s*${name}: (-?\\d+)`, "m").exec(entry)?.[1] ?? Number.NaN);
      return {
        pid: figure("pid"),
        rank: figure("rank"),
        used: figure("used"),
        real_used: figure("real_used"),
        total_size: figure("total_size"),
        desc: /^\s*desc: (.*)$/m.exec(entry)?.[1] ?? "",
      };
    });
}

/** A certificate that OpenSSL 3 takes, in cert.pem and key.pem. */
function makeCertificate(folder: string): void {
  execFileSync(
    "openssl",
    [
      ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=example.com -keyout".split(" "),
      join(folder, "key.pem"),
      "-out",
      join(folder, "cert.pem"),
    ],
    { stdio: "ignore" },
  );
}

/** A TCP port of loopback that is free now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
