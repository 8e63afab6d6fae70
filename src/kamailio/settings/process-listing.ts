/**
 * Command lines in a text: typed at a prompt, from /proc/PID/cmdline, or rows of `ps`, `pgrep -a`, `systemctl status`, `docker top`.
 * When a listing shows several instances, one is chosen and the choice is said.
 */
import { applyOptions, asWords } from "./apply-options.js";
import { type Command, findCommand } from "./command-line.js";
import type { ReadingBuilder } from "./reading-builder.js";

/** A command line with what the row around it says. */
export interface Row {
  command: Command;
  text: string;
  /** It stands in a listing of processes, not alone. */
  listed: boolean;
  pid: number | null;
  user: string | null;
}

/** Which columns a listing has, from its header line; `null` for a line that is no header. */
export interface Header {
  pid: number;
  user: number;
  /** Rows are threads, not processes. */
  threads: boolean;
}

/** `USER PID %CPU ... COMMAND`, `UID PID PPID ... CMD`, `PID ARGS`. */
export function readHeader(line: string): Header | null {
  const columns = line.trim().split(/\s+/);
  if (!columns.some((column) => /^(?:CMD|COMMAND|ARGS)$/.test(column)) || columns.length > 20) return null;
  const pid = columns.indexOf("PID");
  const user = columns.findIndex((column) => /^(?:USER|UID|RUSER|EUSER)$/.test(column));
  if (pid === -1 && user === -1 && columns.length > 1) return null;
  return { pid, user, threads: columns.some((column) => /^(?:LWP|SPID|TID)$/.test(column)) };
}

/** The command line in a line of text; `null` when it holds none. */
export function readRow(line: string, header: Header | null): Row | null {
  const command = findCommand(line);
  if (command === null) return null;
  const columns = command.before;
  const tree = /(?:[├└]─|[|`]-)(\d{1,10})\s/.exec(line.slice(0, 200));
  const pidColumn = header !== null && header.pid >= 0 ? header.pid : columns.findIndex((word) => /^\d{1,10}$/.test(word));
  const pidText = tree?.[1] ?? columns[pidColumn] ?? "";
  const pid = /^\d{1,10}$/.test(pidText) ? Number(pidText) : null;
  const listed = header !== null || tree !== null || (pid !== null && pidColumn <= 1 && !line.includes("\0"));
  const userColumn = header !== null ? header.user : pidColumn === 1 ? 0 : -1;
  const name = listed ? (columns[userColumn] ?? "") : "";
  // A name that ends in "+" was cut; a number is a user without a name.
  const user = /^[a-z_][a-z0-9_-]{0,31}$/.test(name) ? name : null;
  return { command, text: line, listed, pid, user };
}

/** Widths at which `ps` cuts rows when it believes to write to a terminal. */
const TERMINAL_WIDTHS = new Set([80, 120, 132]);

/** Chooses among the rows and sets what the chosen command line says. */
export function applyRows(builder: ReadingBuilder, rows: readonly Row[], threads: boolean): void {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = [row.command.binary, ...row.command.args].join("\0");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const chosen = chooseGroup(builder, [...groups.values()]);
  const row = chosen[0];
  if (row === undefined) return;
  const options = applyOptions(builder, asWords(row.command.args), "command_line");
  builder.form(row.listed ? "ps" : "command_line");
  if (row.command.binary.includes("/")) builder.set("binary", row.command.binary, "command_line", row.command.binary);
  if (options.action !== "serve")
    builder.warn(
      options.action === "check"
        ? "-c checks the configuration and ends: this is not the command line of a running server"
        : "-I, -V, -h and --version print and end: this is not the command line of a running server",
    );
  const cut = options.cut || looksCut(row);
  if (options.action === "serve") builder.commandLine = cut ? "cut" : "complete";
  if (cut)
    builder.warn(
      "the row looks cut off; `ps -ww -o pid,user,args -C kamailio` and `tr '\\0' ' ' < /proc/PID/cmdline` show all of it",
    );
  if (row.listed && row.user !== null && !builder.has("user"))
    builder.set("user", row.user, "running_process", `user ${row.user} in the listing`);
  // One row alone is `ps -p PID`: it does not say how many there are.
  if (row.listed && chosen.length > 1 && !threads)
    builder.set("processes", chosen.length, "running_process", `${chosen.length} rows with this command line`);
}

/** Rows are cut at the width of a terminal, or end in an ellipsis. */
function looksCut(row: Row): boolean {
  if (!row.listed) return false;
  return TERMINAL_WIDTHS.has(row.text.length) || /(?:\.\.\.|…)$/.test(row.text.trimEnd());
}

function chooseGroup(builder: ReadingBuilder, groups: Row[][]): Row[] {
  const servers = groups.filter((group) => !group[0]?.command.args.some((word) => /^-[cVIh]$/.test(word)));
  const among = servers.length > 0 ? servers : groups;
  const listed = among.every((group) => group[0]?.listed);
  // Of several rows of a listing the instance with the most processes, of several typed lines the last one.
  const chosen = listed
    ? among.reduce<Row[]>((best, group) => (group.length > best.length ? group : best), [])
    : (among.at(-1) ?? []);
  if (among.length > 1) {
    const said = among
      .map((group) => `${commandText(group[0])} (${group.length} ${group.length === 1 ? "row" : "rows"})`)
      .slice(0, 5);
    builder.warn(
      `${among.length} different command lines: ${said.join("; ")}. Read: ${commandText(chosen[0])}, ${
        listed ? "the one with the most rows (the first of equals)" : "the last one"
      }. Send the others to instances of their own`,
    );
  }
  return chosen;
}

function commandText(row: Row | undefined): string {
  if (row === undefined) return "";
  const text = [row.command.binary, ...row.command.args].join(" ");
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
