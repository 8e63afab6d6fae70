/** Which module brings an RPC command, and since when: those about memory, and the others that our answers name. */
import { type Version, versionInRange } from "../version.js";
import { MEMORY_RPCS, type Row } from "./releases.js";

/** Not about memory alone. `core` needs a transport and no module of its own (src/core/core_cmd.c); the rest as their README lists them. */
const OTHER_RPCS: readonly { name: string; module: string; since: string }[] = [
  { name: "core.psx", module: "core", since: "3.3.5" },
  { name: "core.arg", module: "core", since: "3.3.5" },
  { name: "core.info", module: "core", since: "3.3.5" },
  { name: "core.uptime", module: "core", since: "3.3.5" },
  { name: "core.tcp_info", module: "core", since: "3.3.5" },
  { name: "core.modules", module: "core", since: "5.1.0" },
  { name: "system.listMethods", module: "core", since: "3.3.5" },
  { name: "cfg.get", module: "cfg_rpc", since: "3.3.5" },
  { name: "cfg.list", module: "cfg_rpc", since: "3.3.5" },
  { name: "stats.get_statistics", module: "kex", since: "4.2.0" },
  { name: "dlg.stats_active", module: "dialog", since: "4.2.0" },
  { name: "tls.info", module: "tls", since: "3.3.5" },
];

/** `cfg.get core` without a name answers with the whole group. */
export const CFG_GET_ANSWERS_GROUP: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "4.4.7", value: false, source: "modules/cfg_rpc/cfg_rpc.c@4.4.7" },
  { since: "5.0.0", until: null, value: true, source: "src/modules/cfg_rpc/cfg_rpc.c@5.0.0" },
];

/** The module that brings the command (`core` for none of its own); `null` for one that is not known. */
export function moduleOfRpc(name: string): string | null {
  return (MEMORY_RPCS.find((row) => row.name === name) ?? OTHER_RPCS.find((row) => row.name === name))?.module ?? null;
}

/** Does this release have it? `null`: the release or the command is not known. */
export function releaseHasRpc(name: string, version: Version | null): boolean | null {
  const row = MEMORY_RPCS.find((one) => one.name === name) ?? OTHER_RPCS.find((one) => one.name === name);
  if (row === undefined || version === null || version.major === null) return null;
  return versionInRange(version, { since: row.since, until: null });
}
