/** Goes over a text line by line, sorts the lines by what they are, and hands them to the readers of each form at the end. */
import { splitShellWords } from "../shell-words.js";
import { findCommand, relativeIn, withoutPrompt } from "./command-line.js";
import { applyDockerRun } from "./containers.js";
import { applyDefaultFile, applyInitScript, applyStartScript } from "./default-file.js";
import { applyRows, type Header, type Row, readHeader, readRow } from "./process-listing.js";
import type { ReadingBuilder } from "./reading-builder.js";
import {
  applyCoreVariable,
  applyFields,
  applyList,
  applyListed,
  applyProcessCount,
  applyScalar,
  type Call,
  readCall,
  socketOf,
  startsArguments,
} from "./rpc-answers.js";
import { applyStartupLine } from "./startup-log.js";
import { applyUnit, instanceInPath, readUnitLine, type UnitLine, unitInPath } from "./systemd.js";
import { type Assignment, isKnownVariable, readAssignment, readDefault } from "./variables.js";

/** What a reader keeps of one text, at most; more than this is no settings text. */
const MAX_KEPT = 20_000;
/** A line with more characters is no line that a person or a unit file has; only its beginning is looked at. */
const MAX_LINE = 20_000;

/** Variables that make a text a default file; USER and GROUP alone are in every environment. */
const TELLING =
  /^(?:SHM_MEMORY|PKG_MEMORY|MEMORY|CFGFILE|RUN_KAMAILIO|DUMP_CORE|KAMAILIO_OPTS|KAMAILIO_OPTIONS|OPTIONS|EXTRA_OPTIONS|kamailio_flags)$/;
const UNIT_KEYS = new Set(["ExecStart", "Environment", "EnvironmentFile", "EnvironmentFiles"]);
/** A line of Kamailio's log that tells no size. */
const LOG_LINE = /\b(?:DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|ALERT|BUG): /;
const INIT_SCRIPT = /start-stop-daemon|openrc-run|chkconfig|BEGIN INIT INFO|case "\$1"/;

export class LineReader {
  /** The RPC whose answer is expected. */
  call: Call | null = null;
  private readonly assignments: Assignment[] = [];
  private readonly unitLines: UnitLine[] = [];
  private readonly rows: Row[] = [];
  /** Rows behind `# `: a root prompt or a comment, which only the rest of the text can tell. */
  private readonly hashRows: Row[] = [];
  private list: string[] = [];
  /** Lines that no reader took. */
  private readonly leftovers: string[] = [];
  private readonly listed: string[] = [];
  private block: Map<string, string> | null = null;
  private processes = 0;
  private header: Header | null = null;
  private instance: string | null = null;
  private openrc = false;
  private initScript = false;
  private inUnit = false;
  private continued = "";
  private readonly builder: ReadingBuilder;

  constructor(builder: ReadingBuilder) {
    this.builder = builder;
  }

  /** Takes the next line of the text, without its line end. */
  line(raw: string): void {
    const line = (this.continued + raw).trimEnd();
    if (line.endsWith("\\") && line.length < MAX_LINE) {
      this.continued = `${line.slice(0, -1)} `;
      return;
    }
    this.continued = "";
    this.read(line.slice(0, MAX_LINE));
  }

  /** Ends a list of bare lines: what follows belongs to something else. */
  settle(): void {
    const list = this.list;
    this.list = [];
    if (list.length === 0) return;
    const only = list.length === 1 ? list[0] : undefined;
    const row = only === undefined ? null : readRow(only, null);
    if (row !== null && this.call === null) this.rows.push(row);
    else if (only !== undefined && /^-?\d{1,9}$/.test(only)) applyScalar(this.builder, only, this.call);
    else if (this.isProcessList(list)) applyProcessCount(this.builder, Math.floor(list.length / 2), "core.ps");
    else if (!applyList(this.builder, list, this.call)) this.leftovers.push(...list.slice(0, 50));
  }

  /** `core.ps` prints a pid and a description in turns. */
  private isProcessList(list: readonly string[]): boolean {
    if (list.length < 2 || !list.every((item, at) => at % 2 === 1 || /^\d{1,10}$/.test(item))) return false;
    return this.call?.method === "core.ps" || list.some((item) => /attendant|receiver|timer|main process/.test(item));
  }

  private read(line: string): void {
    const bare = line.trim();
    if (bare === "") this.settle();
    else if (this.inArguments() && readCall(bare) === null) this.list.push(bare);
    else if (applyStartupLine(this.builder, line)) this.settle();
    else if (this.block !== null) this.blockLine(bare);
    else if (!this.mark(bare) && !this.setting(bare) && !this.answer(bare) && !this.command(line, bare)) this.rest(bare);
  }

  /** Inside the answer of `core.arg` each line is an argument, whatever it looks like (`A=b`). */
  private inArguments(): boolean {
    if (this.list.length >= MAX_KEPT) return false;
    return this.call?.method === "core.arg" || (startsArguments(this.list[0]) && (this.list[1] ?? "").startsWith("-"));
  }

  /** Lines that say what the next ones are. */
  private mark(bare: string): boolean {
    const call = readCall(bare) ?? requestIn(bare);
    if (call !== null) {
      this.settle();
      this.call = call;
      const socket = socketOf(bare);
      if (socket !== null) this.builder.set("ctl_socket", socket, "running_process", bare);
      return true;
    }
    const path = /^(?:#\s|==>\s|[$#%]\scat\s)\s{0,4}(\/[\w@./%-]{1,200})/.exec(bare)?.[1];
    if (path !== undefined) {
      this.settle();
      this.instance = instanceInPath(path) ?? this.instance;
      const unit = unitInPath(path);
      if (unit !== null) this.builder.set("service_name", unit, "service_unit", path);
      this.openrc ||= path.includes("/conf.d/");
      return true;
    }
    if (INIT_SCRIPT.test(bare)) this.initScript = true;
    if (bare.includes("openrc-run")) this.openrc = true;
    if (/^\[[A-Z][A-Za-z]{2,20}\]$/.test(bare)) {
      this.inUnit = true;
      return true;
    }
    const header = readHeader(bare);
    if (header !== null) this.header = header;
    return header !== null;
  }

  /** Lines of a unit or of a file with variables. */
  private setting(bare: string): boolean {
    const assignment = readAssignment(bare) ?? readDefault(bare);
    if (assignment !== null) {
      const known = isKnownVariable(assignment.name);
      if (assignment.commented && !known) return true;
      if (!known && findCommand(bare) !== null) return false;
      if (this.assignments.length < MAX_KEPT) this.assignments.push(assignment);
      return true;
    }
    const unitLine = readUnitLine(bare);
    if (unitLine === null || !(this.inUnit || UNIT_KEYS.has(unitLine.key) || SHOWN_KEYS.has(unitLine.key))) return false;
    if (this.unitLines.length < MAX_KEPT) this.unitLines.push(unitLine);
    return true;
  }

  /** Lines of kamcmd's answers. */
  private answer(bare: string): boolean {
    if (bare === "{") {
      this.settle();
      this.block = new Map();
      return true;
    }
    if (/^error: \d{3} - /.test(bare)) {
      this.settle();
      this.builder.warn(
        `${this.call === null ? "the server" : `${this.call.method} ${this.call.params.join(" ")}`.trim()} answered: ${bare}`,
      );
      this.call = null;
      return true;
    }
    const listed = /^core: ([a-z][a-z0-9_]{1,60})$/.exec(bare)?.[1];
    if (listed !== undefined) {
      if (this.listed.length < MAX_KEPT) this.listed.push(listed);
      return true;
    }
    const value = /^(?:core\.)?([a-z_]{4,20})\s{0,8}(:|=)\s{0,8}(-?\d{1,9})$/.exec(bare);
    if (value !== null && (value[2] === ":" || bare.startsWith("core.")))
      return applyCoreVariable(this.builder, value[1] ?? "", value[3] ?? "");
    if (/^Process::\s{1,8}ID=\d+ PID=\d+/.test(bare)) {
      this.processes++;
      return true;
    }
    return false;
  }

  private blockLine(bare: string): void {
    const block = this.block;
    if (block === null) return;
    if (bare === "}") {
      this.block = null;
      if ((block.has("PID") && block.has("DSC")) || (block.has("pid") && block.has("description"))) this.processes++;
      else if (!applyFields(this.builder, block, this.call)) this.builder.notUnderstood([...block.keys()].slice(0, 10).join(" "));
      return;
    }
    const colon = bare.indexOf(":");
    if (colon > 0 && block.size < 1000) block.set(bare.slice(0, colon).trim(), bare.slice(colon + 1).trim());
  }

  /** Command lines of Kamailio and of what starts it. */
  private command(line: string, bare: string): boolean {
    if (/\b(?:docker|podman|nerdctl)\b/.test(bare)) {
      const words = splitShellWords(withoutPrompt(bare));
      if (words !== null && applyDockerRun(this.builder, words)) return true;
    }
    // `docker inspect -f '{{.Path}} {{.Args}}'` prints the arguments in brackets.
    const row = readRow(
      bare.includes("[-") || bare.includes("[kamailio") ? line.replace(/\[(?=-|kamailio)/, "").replace(/\]$/, "") : line,
      this.header,
    );
    if (row === null || (row.command.args.length === 0 && !row.listed)) return false;
    this.settle();
    const rows = bare.startsWith("#") ? this.hashRows : this.rows;
    if (rows.length < MAX_KEPT) rows.push(row);
    return true;
  }

  private rest(bare: string): void {
    if (bare.startsWith("#") || bare.startsWith(";") || LOG_LINE.test(bare.slice(0, 300))) return;
    // Other processes of a listing: not ours to keep.
    if (this.header !== null) return;
    const relative = relativeIn(bare.split(/\s+/, 200));
    if (relative !== null) this.builder.warn(`${relative} is another product: its options and sizes are not Kamailio's`);
    // Answers are indented lists of short lines; anything else is text.
    if (this.list.length < MAX_KEPT && (bare.length <= 300 || this.call?.method === "core.arg")) this.list.push(bare);
    else if (this.leftovers.length < MAX_KEPT) this.leftovers.push(bare);
  }

  /** The command line of a script: a shell has yet to expand it. */
  private script(): Row | null {
    const isWritten = (row: Row) => !row.listed && row.command.args.some((word) => /\$[{A-Za-z_]/.test(word));
    return this.rows.every(isWritten) ? (this.rows.at(-1) ?? null) : null;
  }

  /** Reads what was collected. */
  finish(): void {
    if (this.continued !== "") this.read(this.continued);
    this.settle();
    if (!this.rows.some((row) => row.listed)) for (const line of this.leftovers) this.builder.notUnderstood(line);
    if (this.processes > 0) applyProcessCount(this.builder, this.processes, this.call?.method ?? "core.psx");
    if (this.listed.length > 0) applyListed(this.builder, this.listed);
    const script = this.script();
    const isUnit = this.unitLines.some(({ key }) => UNIT_KEYS.has(key));
    if (isUnit) applyUnit(this.builder, this.unitLines, this.assignments, this.instance);
    else if (this.initScript && this.assignments.length > 0) applyInitScript(this.builder, this.assignments, this.openrc);
    else if (script !== null) applyStartScript(this.builder, script.command, this.assignments);
    else if (this.assignments.some((one) => TELLING.test(one.name)))
      applyDefaultFile(this.builder, this.assignments, this.openrc);
    if (script === null && this.rows.length > 0) applyRows(this.builder, this.rows, this.header?.threads ?? false);
    else if (this.builder.recognised === 0) applyRows(this.builder, this.hashRows, false);
  }
}

/** Keys that `systemctl show` prints without a section above them. */
const SHOWN_KEYS = new Set(["User", "Group", "PIDFile", "Type", "MemoryMax", "MemoryLimit"]);

/** A JSON-RPC request inside a command (`curl -d '{"jsonrpc":"2.0","method":"cfg.get","params":["core","memlog"]}'`). */
function requestIn(line: string): Call | null {
  const at = line.indexOf('"method"');
  if (at <= 0 || line.startsWith("{")) return null;
  const method = /^"method"\s{0,4}:\s{0,4}"([\w.]{1,60})"/.exec(line.slice(at, at + 100))?.[1];
  if (method === undefined) return null;
  const params = /"params"\s{0,4}:\s{0,4}\[([^\]]{0,200})\]/.exec(line.slice(0, 2000))?.[1] ?? "";
  return {
    method,
    params: params
      .split(",")
      .map((one) => one.trim().replace(/^["']|["']$/g, ""))
      .filter((one) => one !== ""),
  };
}
