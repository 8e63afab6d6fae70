/**
 * The statements of a kamailio.cfg: assignments, modules, module parameters, sockets, and routes, whose bodies are skipped by their braces
 * (cfg.y). A statement ends where the next begins; lines mean nothing, except that a value does not run on into a line that is not understood.
 */
import { coreParameter } from "../knowledge/core-parameters.js";
import { MAX_KEPT, MAX_STATEMENT_TOKENS, MAX_UNKNOWN, MAX_VALUE } from "./limits.js";
import { readModuleParameter } from "./module-parameters.js";
import type { Preprocessor } from "./preprocessor.js";
import type { ConfigPlace, ConfigReading } from "./reading.js";
import { NO_SCRIPT, ScriptCounter } from "./script-counts.js";
import { items, readListen, readSocketBlock } from "./sockets.js";
import { TokenQueue } from "./token-queue.js";
import type { Token, Tokens } from "./tokens.js";
import { continuesOver, endsOpen, joinedValue, placeOf, quoteOf } from "./values.js";
import { statementWord } from "./words.js";

type Kept = Pick<
  ConfigReading,
  | "core"
  | "custom"
  | "module_paths"
  | "modules"
  | "modparams"
  | "sockets"
  | "aliases"
  | "routes"
  | "script"
  | "script_domains"
  | "engine"
  | "unknown"
>;

/** A route's header is a word and a name in brackets. */
const MAX_HEADER_TOKENS = 60;

export class Statements {
  readonly kept: Kept = {
    core: [],
    custom: [],
    module_paths: [],
    modules: [],
    modparams: [],
    sockets: [],
    aliases: [],
    routes: [],
    script: NO_SCRIPT,
    script_domains: [],
    engine: null,
    unknown: [],
  };
  private readonly queue: TokenQueue;
  private socketWorkers = 0;
  private readonly script = new ScriptCounter();

  constructor(
    tokens: Tokens,
    private readonly preprocessor: Preprocessor,
    private readonly texts: ReadonlyMap<string, string>,
  ) {
    this.queue = new TokenQueue(tokens);
  }

  /** Reads to the end. */
  read(): Kept {
    for (let token = this.queue.peek(); token.kind !== "end"; token = this.queue.peek()) this.statement(token);
    this.kept.script = this.script.counts;
    this.kept.script_domains = [...this.script.domains];
    return this.kept;
  }

  private statement(token: Token): void {
    if (token.kind === "sign" && token.text === ";") {
      this.queue.take();
      return;
    }
    if (token.kind !== "word") {
      this.unknown([this.queue.take()], "not the start of a statement");
      return;
    }
    switch (statementWord(token.text)) {
      case "loadmodule":
        this.loadModule();
        break;
      case "loadpath":
        this.loadPath();
        break;
      case "modparam":
        this.moduleParameter();
        break;
      case "cfgengine":
        this.engine();
        break;
      case "route":
        this.route();
        break;
      case "flags":
        this.flags();
        break;
      default:
        this.assignment();
        break;
    }
  }

  private loadModule(): void {
    const keyword = this.queue.take();
    const taken = this.argument(keyword);
    const name = taken.find((token) => token.kind === "string");
    if (name === undefined) {
      this.unknown(taken, "a module name was expected");
      return;
    }
    const place = placeOf(taken);
    const module = (name.text.split("/").at(-1) ?? "").replace(/\.so$/, "").slice(0, 200);
    keep(this.kept.modules, { ...place, name: module, raw: quoteOf(taken, this.texts), depth: keyword.depth });
    this.preprocessor.moduleLoaded(module, place);
  }

  private loadPath(): void {
    const keyword = this.queue.take();
    const taken = this.argument(keyword);
    const path = taken.find((token) => token.kind === "string");
    if (path === undefined) {
      this.unknown(taken, "a path was expected");
      return;
    }
    keep(this.kept.module_paths, { ...placeOf(taken), value: path.text, raw: quoteOf(taken, this.texts) });
  }

  private engine(): void {
    const taken = this.argument(this.queue.take());
    const name = taken.find((token) => token.kind === "string");
    if (name === undefined) {
      this.unknown(taken, "the name of an engine was expected");
      return;
    }
    this.kept.engine = name.text;
  }

  /** What follows a keyword: a string, `= string`, or everything in brackets. */
  private argument(keyword: Token): Token[] {
    const taken = [keyword];
    if (this.queue.isSign("=")) taken.push(this.queue.take());
    if (this.queue.peek().kind === "string") taken.push(this.queue.take());
    else if (this.queue.isSign("(")) taken.push(...this.queue.brackets("(", ")"));
    return taken;
  }

  private moduleParameter(): void {
    const taken = this.argument(this.queue.take());
    const place = placeOf(taken);
    const read = readModuleParameter(taken, (name) => this.preprocessor.lookup(name));
    if (read === null) {
      this.unknown(taken, 'modparam needs ("module", "name", value)');
      return;
    }
    keep(this.kept.modparams, { ...place, ...read, raw: quoteOf(taken, this.texts), depth: taken[0]?.depth ?? 0 });
  }

  private route(): void {
    const taken = [this.queue.take()];
    while (!this.queue.isSign("{") && this.queue.peek().kind !== "end" && taken.length < MAX_HEADER_TOKENS)
      taken.push(this.queue.take());
    const [keyword] = taken;
    if (!this.queue.isSign("{") || keyword === undefined) {
      this.unknown(taken, "a route block was expected");
      return;
    }
    const header = taken
      .slice(1)
      .map((token) => token.text)
      .join("");
    const { last, closed } = this.queue.block((token) => this.script.add(token));
    if (!closed) this.preprocessor.warn(placeOf(taken), "the block that opens here is not closed");
    const place = { ...placeOf(taken), end_line: last.end_line };
    const name = /^\[(.{1,200})\]$/.exec(header)?.[1] ?? "";
    keep(this.kept.routes, { ...place, kind: keyword.text, name });
  }

  /** `flags FLT:1, OTHER:2`. */
  private flags(): void {
    const taken = [this.queue.take()];
    for (let token = this.queue.peek(); token.kind !== "end" && taken.length < MAX_STATEMENT_TOKENS; token = this.queue.peek()) {
      const goesOn = token.text === ":" || token.text === "," || endsOpen(taken);
      if (!goesOn) break;
      taken.push(this.queue.take());
    }
    keep(this.kept.core, {
      ...placeOf(taken),
      name: "flags",
      written: taken[0]?.text ?? "flags",
      raw: quoteOf(taken, this.texts),
      value: null,
      depth: 0,
    });
  }

  private assignment(): void {
    const name = this.assignedName();
    if (name === null) {
      this.unknown([this.queue.take()], "not a statement that any release knows");
      return;
    }
    const equals = this.queue.take();
    if (this.queue.isSign("{")) {
      this.blockAssignment(name, equals);
      return;
    }
    const value = this.valueTokens(equals);
    const place = placeOf([...name, equals, ...value]);
    const written = name.map((token) => token.text).join("");
    if (value.length === 0) {
      this.unknown([...name, equals], "a value was expected");
      return;
    }
    const [group] = name;
    if (written.includes(".") && group !== undefined) {
      const described = value.findIndex((token) => /^desc(?:r|ription)?$/.test(token.text) && token.kind === "word");
      const values = described < 0 ? value : value.slice(0, described);
      keep(this.kept.custom, { ...place, group: group.text, name: name.at(-1)?.text ?? "", value: joinedValue(values) });
      return;
    }
    const parameterName = group?.text === "coreparam" ? (name[2]?.text ?? "") : written;
    this.coreAssignment(parameterName, value, place, [...name, equals, ...value]);
  }

  private coreAssignment(written: string, value: Token[], place: ConfigPlace, all: Token[]): void {
    const parameter = coreParameter(written);
    if (parameter === null && all[0]?.text !== "coreparam") {
      this.unknown(all, "not a core parameter of any release from 3.3");
      return;
    }
    const name = parameter?.name ?? written;
    const isList = parameter?.type === "list";
    const assigned = isList ? items(value).join(" ").slice(0, MAX_VALUE) : joinedValue(value);
    const raw = quoteOf(value, this.texts);
    keep(this.kept.core, { ...place, name, written, raw, value: assigned, depth: all[0]?.depth ?? 0 });
    if (name === "listen") for (const socket of readListen(value, place, this.socketWorkers)) keep(this.kept.sockets, socket);
    if (name === "listen") this.socketWorkers = 0;
    if (name === "socket_workers") this.socketWorkers = typeof assigned === "number" ? assigned : 0;
    if (name === "alias" || name === "domain")
      for (const item of items(value)) keep(this.kept.aliases, { ...place, value: item });
  }

  /** `socket = { ... }`: the only block that is assigned. */
  private blockAssignment(name: Token[], equals: Token): void {
    const inside = this.queue.brackets("{", "}");
    const taken = [...name, equals, ...inside];
    const place = placeOf(taken);
    const written = name.map((token) => token.text).join("");
    const socket = readSocketBlock(inside.slice(1, -1), place);
    if (written !== "socket" || socket === null) {
      this.unknown(taken, "a socket needs a bind");
      return;
    }
    const depth = equals.depth;
    keep(this.kept.core, { ...place, name: "socket", written, raw: quoteOf(inside, this.texts), value: null, depth });
    keep(this.kept.sockets, socket);
  }

  /** Takes `name`, `group.name`, `group[1].name` or `coreparam[name]` when `=` follows. */
  private assignedName(): Token[] | null {
    let length = 0;
    if (this.queue.startsAssignment(0))
      while (this.queue.peek(length).text !== "=" || this.queue.peek(length).kind !== "sign") length++;
    return length === 0 ? null : Array.from({ length }, () => this.queue.take());
  }

  /** The tokens of a value, up to the next statement. */
  private valueTokens(equals: Token): Token[] {
    const value: Token[] = [];
    while (value.length < MAX_STATEMENT_TOKENS) {
      const token = this.queue.peek();
      if (token.kind === "end" || (token.kind === "sign" && (token.text === ";" || token.text === "}"))) break;
      const last = value.at(-1) ?? equals;
      const sameLine = token.line === last.end_line && token.file === last.file;
      const isStart =
        token.kind === "word" && !token.glued && (statementWord(token.text) !== null || this.queue.startsAssignment(0));
      if (value.length > 0 && isStart) break;
      if (value.length > 0 && !sameLine && !continuesOver(last, token)) break;
      value.push(this.queue.take());
    }
    return value;
  }

  /** Keeps what was taken and the rest of its line as not understood; a block behind it goes with it. */
  private unknown(taken: Token[], reason: string): void {
    for (
      let token = this.queue.peek();
      token.kind !== "end" && token.line === taken.at(-1)?.end_line;
      token = this.queue.peek()
    ) {
      if (token.kind === "sign" && token.text === "{") {
        taken.push(this.queue.block().last);
        break;
      }
      if (token.kind === "sign" && token.text === ";") break;
      const next = this.queue.take();
      if (taken.length < MAX_HEADER_TOKENS) taken.push(next);
      else taken[taken.length - 1] = next;
    }
    if (this.kept.unknown.length < MAX_UNKNOWN)
      this.kept.unknown.push({ ...placeOf(taken), text: quoteOf(taken, this.texts), reason });
  }
}

function keep<T>(list: T[], value: T): void {
  if (list.length < MAX_KEPT) list.push(value);
}
