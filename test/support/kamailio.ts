/** The packaged Kamailio, started on loopback with files of its own, for the tests that check against the real thing. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Is this program on the PATH? */
export function isInstalled(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

export const HAS_KAMAILIO = isInstalled("kamailio") && isInstalled("kamcmd");

/** Says once, where a test would be skipped, what would enable it. */
export function skipNote(what: string): string {
  return `${what} (skipped: apt-get install kamailio)`;
}

export interface RealKamailio {
  pid: number;
  folder: string;
  sip_port: number;
  /** Runs kamcmd on this server's socket. */
  kamcmd(...words: string[]): string;
  /** What it has logged so far. */
  log(): string;
  stop(): Promise<void>;
}

const OK_ROUTE = `request_route {
  sl_send_reply("200", "OK");
}`;

/** @param options words of the command line; @param config lines before the routes; @param routes what is done with SIP messages */
export async function startKamailio(options: string[] = [], config = "", routes = OK_ROUTE): Promise<RealKamailio> {
  const folder = mkdtempSync(join(tmpdir(), "kamailio-test-"));
  const sip_port = await freePort();
  const socket = join(folder, "kamailio_ctl");
  const pidFile = join(folder, "kamailio.pid");
  const configFile = join(folder, "kamailio.cfg");
  writeFileSync(
    configFile,
    `#!KAMAILIO
log_stderror=yes
children=2
disable_tcp=yes
listen=udp:127.0.0.1:${sip_port}
loadmodule "ctl.so"
loadmodule "cfg_rpc.so"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "pv.so"
loadmodule "sl.so"
modparam("ctl", "binrpc", "unixs:${socket}")
${config}
${routes}
`,
  );
  const logFile = join(folder, "log");
  const child: ChildProcess = spawn(
    "sh",
    [
      "-c",
      'exec "$0" "$@" >"$LOG" 2>&1',
      "kamailio",
      "-DD",
      "-E",
      "-f",
      configFile,
      "-P",
      pidFile,
      "-Y",
      folder,
      "-w",
      folder,
      ...options,
    ],
    {
      env: { ...process.env, LOG: logFile },
      stdio: "ignore",
    },
  );
  const log = () => (existsSync(logFile) ? readFileSync(logFile, "utf8") : "");
  const kamcmd = (...words: string[]) =>
    execFileSync("kamcmd", ["-s", `unix:${socket}`, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 200) throw new Error(`kamailio did not start:\n${log()}`);
    try {
      kamcmd("core.uptime");
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    pid: Number(readFileSync(pidFile, "utf8")),
    folder,
    sip_port,
    kamcmd,
    log,
    stop: async () => {
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGTERM");
      if (child.exitCode === null) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A UDP port of loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
