/** Finds the command in a line such as `# kamcmd core.shmmem kb`, `[root@sbc ~]# kamctl stats shmem` or `### 2026-11-23T01:14:56 kamcmd pkg.stats`. */
import { OTHER_ENDPOINTS, USAGE_COMMANDS } from "../knowledge/usage-commands.js";

export interface Command {
  /** The RPC's name; `statistics` for `kamctl stats`. */
  name: string;
  /** What `core.shmmem` divides by; `null` when it has no such argument. */
  scale: number | null;
  /** Where its answer belongs, when that is not usage. */
  endpoint: string | null;
}

const TOOLS: ReadonlySet<string> = new Set(["kamcmd", "sercmd", "kamctl", "kamcli", "sercmd:", "kamcmd>", "sercmd>"]);
const SCALES: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["k", 1024],
  ["kb", 1024],
  ["m", 1024 ** 2],
  ["mb", 1024 ** 2],
  ["g", 1024 ** 3],
  ["gb", 1024 ** 3],
]);
const MAX_COMMAND_LINE = 400;

/** The command of a line, and what stands before it (a prompt or a time); `null` when the line has none. */
export function readCommand(line: string): { before: string; command: Command } | null {
  if (line.length > MAX_COMMAND_LINE || line.includes('"')) return null;
  const words = line.trim().split(/\s{1,100}/);
  for (const [at, raw] of words.entries()) {
    const tool = toolOf(raw);
    const name = tool === null ? knownRpc(raw) : commandOfTool(words, at + 1);
    if (tool === null && name === null) continue;
    const rest = tool === null ? at + 1 : words.indexOf(name ?? "", at) + 1;
    const scale = name === "core.shmmem" ? (SCALES.get((words[rest] ?? "").toLowerCase()) ?? null) : null;
    const before = words.slice(0, at).join(" ");
    if (tool === null ? !isPrompt(before) : at > MAX_PROMPT_WORDS) return null;
    return { before, command: { name: name ?? "", scale, endpoint: OTHER_ENDPOINTS.get(name ?? "") ?? null } };
  }
  return null;
}

/** `/usr/sbin/kamcmd` and a shell's `$(kamcmd` are kamcmd. */
function toolOf(word: string): string | null {
  const name = word.slice(Math.max(word.lastIndexOf("/"), word.lastIndexOf("("), word.lastIndexOf("$")) + 1);
  return TOOLS.has(name) ? name : null;
}

function knownRpc(word: string): string | null {
  return USAGE_COMMANDS.has(word) && word.includes(".") ? word : OTHER_ENDPOINTS.has(word) ? word : null;
}

/** The RPC that a tool is asked for; `kamctl stats shmem` and `kamctl fifo get_statistics shmem:` are statistics. */
function commandOfTool(words: readonly string[], from: number): string | null {
  for (const word of words.slice(from, from + MAX_TOOL_WORDS)) {
    if (word === "stats" || word === "get_statistics") return word;
    if (USAGE_COMMANDS.has(word) || OTHER_ENDPOINTS.has(word)) return word;
  }
  return null;
}

/** Prose may name a command; before one that was run stands nothing, a prompt or a time. */
function isPrompt(before: string): boolean {
  return before === "" || /[#$>%\]:]$/.test(before) || /\d:\d\d/.test(before) || /^@?\d{10,13}$/.test(before);
}

/** `Mon Nov 23 01:14:56 AM CET 2026` and a prompt. */
const MAX_PROMPT_WORDS = 10;

/** Options with values before the command (`-s unix:/run/kamailio/kamailio_ctl -f ...`). */
const MAX_TOOL_WORDS = 10;
