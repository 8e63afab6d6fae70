/**
 * Dumps that RPCs answer: `mod.stats`, `mod.mem_stats`, `mod.mem_statsx` (kex 4.4+, 5.3+) and `shm.report` (corex 5.6+),
 * as kamcmd prints them and as JSON-RPC.
 *
 *     Module: core                      "result": ["Module: core", {
 *     {                                     "receive_msg(340)": 2008,
 *         receive_msg(340): 2008            "Total": 2008
 *         Total: 2008                   }, ""],
 *     }
 *
 * Keys repeat within a struct, so this is no work for JSON.parse. With the pool `all` each module has two structs, pkg before shm, without
 * a label; with one pool nothing names it, unless the command stands above. Sizes are printed as signed 32 bits: above 2 GiB they are negative.
 */
import type { Pool } from "../pool.js";
import type { Dump } from "./dump.js";
import { type ModuleStruct, modStatsDump } from "./mod-stats-dump.js";
import { readShmReport } from "./shm-report.js";

/** Structs of one answer: modules times pools. Kamailio has about 250 modules. */
const MAX_STRUCTS = 2_000;
/** Rows of one answer, all modules together. */
const MAX_ROWS = 50_000;
/** Nested structs that are followed; the deepest answer has three. */
const MAX_DEPTH = 16;
/** Fields kept of a struct that is no module's. */
const MAX_FIELDS = 64;
/** Answers of one text. */
const MAX_ANSWERS = 2_000;

interface OpenStruct {
  fields: Map<string, string>;
  line: number;
}

const COMMAND = /mod\.(?:mem_)?statsx? \S{1,60} (shm|pkg)\b/;
const JSON_TOKEN = /\s*(?:"((?:[^"\\]|\\.){0,300})"|([{}[\],:])|(-?\d[\d.eE+-]{0,40})|(true|false|null)|($))/y;
const TEXT_FIELD = /^\s*([^\s:{}"][^:]{0,120}): ?(.{0,200})$/;

export class RpcDumps {
  readonly warnings: string[] = [];
  private readonly dumps: Dump[] = [];
  private readonly stack: OpenStruct[] = [];
  private json = false;
  private key: string | null = null;
  private lastString: string | null = null;
  private structs: ModuleStruct[] = [];
  private rows = 0;
  private module: string | null = null;
  private struct: ModuleStruct | null = null;
  private firstLine = 0;
  private pool: Pool | null = null;

  /** Takes a line if it belongs to an answer; `first` is its first character that is no blank. Any other line ends the answer before it. */
  take(line: string, first: string, number: number): boolean {
    return this.takes(line, first) && this.takeAnswer(line, number);
  }

  private takes(line: string, first: string): boolean {
    if (this.json) return true;
    if (this.stack.length > 0 || this.struct !== null) {
      if (first === "}" || first === '"' || TEXT_FIELD.test(line)) return true;
      this.abandon();
    }
    if (first === "M" && line.startsWith("Module: ")) return true;
    if (first === "{" || first === "[") {
      const text = line.trim();
      if (text === "{" || /^\[?\s*\{\s*(?:"|$)/.test(text)) return true;
    }
    if (this.structs.length > 0 || this.module !== null) {
      if (first === "") return true;
      this.endAnswer();
    }
    const command = line.includes("mod.") ? COMMAND.exec(line) : null;
    if (command) this.pool = command[1] === "shm" ? "shm" : "pkg";
    return false;
  }

  private takeAnswer(line: string, number: number): boolean {
    const text = line.trim();
    // A JSON answer shows itself in its first line, or, printed with indents, in the first quoted name after the brace.
    if (this.json || /^\[?\s*\{\s*"/.test(text) || (text.startsWith('"') && this.stack.length > 0)) {
      this.json = true;
      return this.takeJson(text, number);
    }
    if (text.startsWith("Module: ")) this.beginModule(text, number);
    else if (text === "{") this.open(number);
    else if (text === "}") this.close(number);
    else {
      const field = TEXT_FIELD.exec(line);
      if (field) this.field(field[1] ?? "", (field[2] ?? "").trim(), number);
    }
    return true;
  }

  end(line: number): Dump[] {
    this.abandon(line);
    this.endAnswer(this.json);
    return this.dumps;
  }

  private takeJson(text: string, number: number): boolean {
    JSON_TOKEN.lastIndex = 0;
    while (JSON_TOKEN.lastIndex < text.length) {
      const match = JSON_TOKEN.exec(text);
      if (match === null) {
        this.warnings.push(`line ${number} is no JSON where an answer in JSON goes on: the answer was left there`);
        this.json = false;
        this.abandon(number);
        this.endAnswer(true);
        return false;
      }
      const [, string, mark, value, literal] = match;
      if (mark !== undefined) this.jsonMark(mark, number);
      else if (string !== undefined) this.jsonString(string, number);
      else this.jsonValue(value ?? literal ?? "", number);
      if (!this.json) return true;
    }
    return true;
  }

  private jsonMark(mark: string, number: number): void {
    if (mark === ":") {
      this.key = this.lastString;
      this.lastString = null;
      return;
    }
    this.lastString = null;
    this.key = null;
    if (mark === "{") this.open(number);
    else if (mark === "}") {
      this.close(number);
      if (this.stack.length === 0) {
        this.json = false;
        this.endAnswer();
      }
    }
  }

  private jsonString(value: string, number: number): void {
    if (this.key !== null) this.jsonValue(value, number);
    else {
      this.lastString = value;
      if (value.startsWith("Module: ")) this.beginModule(value, number);
    }
  }

  private jsonValue(value: string, number: number): void {
    if (this.key === null) return;
    this.field(this.key, value, number);
    this.key = null;
  }

  private beginModule(text: string, number: number): void {
    const name = text.slice("Module: ".length, 100).trim();
    // The first module comes again: this is the next answer.
    if (this.structs.length > 0 && this.structs[0]?.module === name && this.structs.at(-1)?.module !== name) this.endAnswer();
    if (this.structs.length === 0) this.firstLine = number;
    this.module = name;
  }

  private open(number: number): void {
    if (this.module !== null && this.struct === null) {
      if (this.structs.length >= MAX_STRUCTS) return;
      this.struct = { module: this.module, rows: [], total: null, closed: false, lastLine: number };
      this.structs.push(this.struct);
      return;
    }
    if (this.stack.length < MAX_DEPTH) this.stack.push({ fields: new Map(), line: number });
  }

  private field(name: string, value: string, number: number): void {
    if (this.struct !== null) {
      this.struct.lastLine = number;
      if (name === "Total") this.struct.total = value;
      else if (++this.rows <= MAX_ROWS) this.struct.rows.push([name, value]);
      return;
    }
    const fields = this.stack.at(-1)?.fields;
    if (fields && fields.size < MAX_FIELDS) fields.set(name, value);
  }

  private close(number: number): void {
    if (this.struct !== null) {
      this.struct.closed = true;
      this.struct.lastLine = number;
      this.struct = null;
      return;
    }
    const closed = this.stack.pop();
    if (closed) this.add(readShmReport(closed.fields, true, closed.line, number));
  }

  /** Structs that are open stay without their end. */
  private abandon(line = 0): void {
    this.struct = null;
    while (this.stack.length > 0) {
      const open = this.stack.pop();
      if (open) this.add(readShmReport(open.fields, false, open.line, Math.max(open.line, line)));
    }
  }

  private endAnswer(cut = false): void {
    if (this.structs.length > 0) {
      const truncated = cut || this.rows > MAX_ROWS || this.structs.length >= MAX_STRUCTS;
      const moduleWithout = this.structs.at(-1)?.module !== this.module ? this.module : null;
      for (const dump of modStatsDump(this.structs, {
        pool: this.pool,
        firstLine: this.firstLine,
        cut: truncated,
        moduleWithout,
      }))
        this.add(dump);
    }
    this.structs = [];
    this.rows = 0;
    this.module = null;
    this.struct = null;
    this.pool = null;
  }

  private add(dump: Dump | null): void {
    if (dump === null) return;
    if (this.dumps.length < MAX_ANSWERS) this.dumps.push(dump);
    else if (!this.warnings.includes(TOO_MANY)) this.warnings.push(TOO_MANY);
  }
}

const TOO_MANY = `more than ${MAX_ANSWERS} answers of RPCs in one text: the further ones were left out`;
