/**
 * The commands that an operator types on this release: the RPC tool by its name (sercmd in 3.3, kamcmd since 4.0), the binary by its path.
 * Pure text, quoted for a POSIX shell.
 */
import { CTL_TOOL, factAt } from "../../kamailio/knowledge/releases.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import type { Version } from "../../kamailio/version.js";
import type { Known } from "./three-valued.js";

export interface RpcTool {
  /** `kamcmd`, `sercmd`, or `kamctl rpc` where only `jsonrpcs` is loaded. */
  command: string;
  /** kamcmd takes an argument such as -1 for an option of its own unless `--` stands before it ("Unknown option `-1'", seen on 5.6.3). */
  needs_end_of_options: boolean;
}

/** The tool that reaches this instance's RPC. `kamctl rpc` speaks to the FIFO of `jsonrpcs` (5.0+), with the same arguments. */
export function rpcTool(version: Version | null, loaded: { ctl: Known; jsonrpcs: Known }): RpcTool {
  if (loaded.ctl === false && loaded.jsonrpcs === true) return { command: "kamctl rpc", needs_end_of_options: false };
  return { command: factAt(CTL_TOOL, version) ?? "kamcmd", needs_end_of_options: true };
}

/** One RPC command line. */
export function rpc(tool: RpcTool, method: string, ...parameters: (string | number)[]): string {
  const negative = parameters.some((parameter) => String(parameter).startsWith("-"));
  const words = [method, ...parameters.map((parameter) => quoteShellWord(String(parameter)))];
  return `${tool.command} ${tool.needs_end_of_options && negative ? "-- " : ""}${words.join(" ")}`;
}

/** Sets a core variable at run time; the undo is the same with the old value. */
export function setCore(tool: RpcTool, name: string, value: number): string {
  return rpc(tool, "cfg.set_now_int", "core", name, value);
}
