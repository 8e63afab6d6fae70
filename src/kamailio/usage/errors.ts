/** What an RPC's error means to the one who ran it, and what to run instead. */
import { MEMORY_RPCS } from "../knowledge/releases.js";
import { EXIT_ZERO, NOT_REACHED, REPLY_TOO_BIG } from "../knowledge/usage-commands.js";
import type { Command } from "./commands.js";

/**
 * @param printed kamcmd printed it, as text
 *
 * `error: 500 - command shm.stats not found`, `Method Not Found`, faults of the commands themselves.
 */
export function explainError(
  code: string,
  message: string,
  command: Command | null,
  printed: boolean,
): { reason: string; hint: string | null } {
  const named = /command (\S{1,80}) not found/.exec(message)?.[1] ?? command?.name ?? "";
  const reason = `the command answered an error: ${[code, message].filter((part) => part !== "").join(" ")}${named === "" || message.includes(named) ? "" : ` (${named})`}`;
  const hint = hintFor(message, named);
  return { reason, hint: hint !== null && printed ? `${hint}; ${EXIT_ZERO}` : hint };
}

function hintFor(message: string, command: string): string | null {
  if (UNREACHED.test(message)) return NOT_REACHED;
  if (/reply too big/i.test(message)) return REPLY_TOO_BIG;
  if (/bad param/.test(message)) return "run `kamcmd core.shmmem` without a unit: it prints bytes";
  if (/No such pid|Invalid filter|One more parameter/.test(message))
    return "run `kamcmd pkg.stats` without arguments: it prints every process";
  if (/No report callback/.test(message))
    return "shm.report exists for q_malloc only; `kamcmd core.shmmem` has the counters of every manager";
  if (/not found|Not Found|Execution Error/i.test(message)) return missing(command);
  return null;
}

/** What kamcmd and kamctl say of their sockets (kamcmd.c, kamctl.fifo). */
const UNREACHED =
  /connect_(?:unix|tcpudp)_sock|Connection refused|opening (?:Kamailio|OpenSER)'s FIFO|connect to socket|No such file or directory/i;

/** The module that brings the command and its first release. */
function missing(command: string): string {
  const rpc = MEMORY_RPCS.find(({ name }) => name === command) ?? OTHERS.find(({ name }) => name === command);
  if (rpc === undefined) return "`kamcmd system.listMethods` shows the commands that this server has";
  if (rpc.module === "core") return `${command} is in the core of every release since ${rpc.since}`;
  return `${command} needs loadmodule "${rpc.module}.so" and release ${rpc.since} or newer; \`kamcmd core.shmmem\` is in every release`;
}

const OTHERS: readonly { name: string; module: string; since: string }[] = [
  { name: "stats.get_statistics", module: "kex", since: "4.2.0" },
  { name: "stats.fetch", module: "kex", since: "5.1.0" },
  { name: "stats.fetchn", module: "kex", since: "5.4.0" },
];
