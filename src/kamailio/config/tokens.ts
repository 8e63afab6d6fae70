/**
 * The words of a kamailio.cfg after its pre-processor: comments gone, conditions decided, includes followed, defines replaced. The lexer's
 * states are those of src/core/cfg.lex; what only routes need (selects, attributes) is read as single characters.
 */
import { advance, endOfLine, Input } from "./input.js";
import { MAX_KEPT, MAX_VALUE } from "./limits.js";
import type { Preprocessor } from "./preprocessor.js";
import type { ConfigPlace, IncludedFile } from "./reading.js";
import { readString } from "./strings.js";
import { isReserved, numberOf } from "./words.js";

export interface Token {
  kind: "word" | "number" | "string" | "variable" | "sign" | "end";
  /** As written; a string's value for a string. */
  text: string;
  number: number;
  file: string;
  line: number;
  end_line: number;
  /** Directly behind the token before it. */
  glued: boolean;
  /** How many conditions are open around it. */
  depth: number;
  /** Where it stands in its file, to quote it; of the replaced name when it comes from a define. */
  start: number;
  end: number;
}

/** Where included files come from: the text of a path as it is written in `from`, or `null`. */
export type FindFile = (path: string, from: string) => { file: string; text: string } | null;

const CONDITIONS = new Set(["ifdef", "ifndef", "ifexp"]);
const LINE_ENDERS = new Set(["else", "endif"]);
const SUBSTITUTIONS = new Set(["subst", "substdef", "substdefs"]);
const INCLUDES = new Set(["include_file", "import_file"]);
const BLANK = /[ \t\r]/;
const SCRIPT_TYPES: Record<string, "kamailio" | "ser" | "maxcompat"> = {
  SER: "ser",
  KAMAILIO: "kamailio",
  OPENSER: "kamailio",
  MAXCOMPAT: "maxcompat",
  ALL: "maxcompat",
};

export class Tokens {
  readonly input = new Input();
  readonly includes: IncludedFile[] = [];
  readonly filesRead: string[] = [];
  scriptType: "kamailio" | "ser" | "maxcompat" | null = null;
  private glued = false;
  private last: ConfigPlace;

  constructor(
    main: string,
    text: string,
    private readonly preprocessor: Preprocessor,
    private readonly find: FindFile,
  ) {
    this.last = { file: main, line: 1, end_line: 1 };
    this.openFile(main, text);
  }

  /** The next token; `end` for ever after the last. */
  next(): Token {
    this.glued = true;
    while (this.input.settle()) {
      const token = this.preprocessor.skipping ? this.skip() : this.read();
      if (token !== null) return token;
    }
    this.preprocessor.finish(this.last);
    return { kind: "end", text: "", number: 0, ...this.last, glued: false, depth: 0, start: 0, end: 0 };
  }

  private openFile(file: string, text: string): boolean {
    const opened = this.input.pushFile(file, text);
    if (opened && !this.filesRead.includes(file)) this.filesRead.push(file);
    return opened;
  }

  private place(): ConfigPlace {
    const base = this.input.base;
    if (base !== undefined) this.last = { file: base.file, line: base.line, end_line: base.line };
    return this.last;
  }

  /** Inside a part that a condition leaves out: on to the next directive that could end it. */
  private skip(): null {
    const frame = this.input.top;
    if (frame === undefined) return null;
    const mark = frame.text.indexOf("!", frame.at);
    advance(frame, mark < 0 ? frame.text.length : mark + 1);
    if (mark < 0) return null;
    if (frame.text.charAt(mark - 1) === "#") this.conditional(mark + 1);
    else if (frame.text.charAt(mark + 1) === "!") this.conditional(mark + 2);
    return null;
  }

  private read(): Token | null {
    const frame = this.input.top;
    if (frame === undefined) return null;
    const { text, at } = frame;
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === " " || char === "\t" || char === "\n" || char === "\r" || char === "\b") return this.blank(at + 1);
    if (char === "\\" && next === "\n") return this.blank(at + 2);
    if ((char === "#" || char === "!") && next === "!" && this.directive(at + 2)) return this.unglue();
    if (char === "#" || (char === "/" && next === "/")) return this.lineComment(at);
    if (char === "/" && next === "*") return this.blockComment(at);
    if (char === '"' || char === "'") return this.string(at);
    if (char === "$") return this.variable(at);
    return /[A-Za-z0-9_]/.test(char) ? this.word(at) : this.token("sign", char, at, at + 1);
  }

  private unglue(): null {
    this.glued = false;
    return null;
  }

  private blank(end: number): null {
    if (this.input.top !== undefined) advance(this.input.top, end);
    return this.unglue();
  }

  private lineComment(at: number): null {
    const frame = this.input.top;
    if (frame === undefined) return null;
    const end = endOfLine(frame.text, at);
    const line = frame.text.slice(at, Math.min(end, at + 20));
    const type = /^(?:#|\/\/)!([A-Z]{3,9})$/.exec(line)?.[1];
    if (type !== undefined) this.scriptType = SCRIPT_TYPES[type] ?? this.scriptType;
    return this.blank(end);
  }

  /** Comments nest: the lexer counts them. */
  private blockComment(from: number): null {
    const frame = this.input.top;
    if (frame === undefined) return null;
    const { text } = frame;
    let open = 0;
    let at = from;
    while (at < text.length) {
      const pair = text.charAt(at) + text.charAt(at + 1);
      if (pair === "/*") open++;
      if (pair === "*/") open--;
      at += pair === "/*" || pair === "*/" ? 2 : 1;
      if (open === 0) return this.blank(at);
    }
    this.preprocessor.warn(this.place(), "a comment is not closed");
    return this.blank(text.length);
  }

  private string(at: number): Token | null {
    const frame = this.input.top;
    if (frame === undefined) return null;
    const read = readString(frame.text, at);
    if (!read.closed) this.preprocessor.warn(this.place(), "a string is not closed");
    return this.token("string", this.preprocessor.substitute(read.value), at, read.end);
  }

  /** `$name`, `$name(...)` and `$(...)`: everything up to the bracket that closes it, quotes too. */
  private variable(at: number): Token | null {
    const frame = this.input.top;
    if (frame === undefined) return null;
    const { text } = frame;
    let end = at + 1;
    while (/[A-Za-z0-9_]/.test(text.charAt(end))) end++;
    if (text.charAt(end) === "(") {
      let open = 0;
      do {
        const char = text.charAt(end++);
        if (char === "(") open++;
        if (char === ")") open--;
      } while (open > 0 && end < text.length);
    }
    return this.token("variable", text.slice(at, Math.min(end, at + MAX_VALUE)), at, end);
  }

  private word(at: number): Token | null {
    const frame = this.input.top;
    if (frame === undefined) return null;
    const { text } = frame;
    let end = at + 1;
    while (isWordCode(text.charCodeAt(end))) end++;
    const word = text.slice(at, end);
    if (INCLUDES.has(word) && frame.expansion === null) return this.include(word, end);
    const number = numberOf(word);
    if (number === null && !isReserved(word) && this.preprocessor.isDefined(word) && this.expand(word, end)) return null;
    return this.token(number === null ? "word" : "number", word, at, end, number ?? 0);
  }

  private expand(name: string, end: number): boolean {
    const value = this.preprocessor.lookup(name) ?? "";
    const frame = this.input.top;
    if (frame === undefined) return false;
    const { at, line } = frame;
    advance(frame, end);
    if (value === "" || this.input.pushExpansion(name, value)) return true;
    this.preprocessor.warn(this.place(), `${name} is not replaced: it expands to itself or too deep`);
    frame.at = at;
    frame.line = line;
    return false;
  }

  private token(kind: Token["kind"], text: string, at: number, end: number, number = 0): Token | null {
    const frame = this.input.top;
    if (frame === undefined) return null;
    const { file, line } = this.place();
    const glued = this.glued;
    const expanded = frame.expansion !== null;
    advance(frame, end);
    const base = this.input.base ?? frame;
    return {
      kind,
      text,
      number,
      file,
      line,
      end_line: base.line,
      glued,
      depth: this.preprocessor.depth,
      start: expanded ? frame.start : at,
      end: expanded ? frame.end : end,
    };
  }

  /** Acts on the directive whose word starts at `from`; false when it is a comment (or a sign). */
  private directive(from: number): boolean {
    if (this.conditional(from)) return true;
    const frame = this.input.top;
    if (frame === undefined) return false;
    const word = wordAt(frame.text, from);
    const end = from + word.length;
    if (word === "" || !this.preprocessor.knows(word)) return false;
    if (INCLUDES.has(word)) {
      this.include(word, end);
      return true;
    }
    if (SUBSTITUTIONS.has(word)) {
      const place = this.place();
      advance(frame, end);
      const string = this.next();
      if (string.kind === "string") this.preprocessor.substitution(word, string.text, place);
      else this.preprocessor.warn(place, `#!${word} without a string`);
      return true;
    }
    if (!BLANK.test(frame.text.charAt(end))) return false;
    const line = joinedLine(frame.text, end);
    const place = this.place();
    advance(frame, line.end);
    this.preprocessor.define(word, line.text.trimStart(), { ...place, end_line: frame.line });
    return true;
  }

  /** Acts on `#!ifdef` and its kin, the only ones that are looked for in a part that is left out. */
  private conditional(from: number): boolean {
    const frame = this.input.top;
    if (frame === undefined) return false;
    const word = wordAt(frame.text, from);
    if (!this.preprocessor.knows(word)) return false;
    const end = from + word.length;
    const place = this.place();
    if (CONDITIONS.has(word) && BLANK.test(frame.text.charAt(end))) {
      const lineEnd = endOfLine(frame.text, end);
      advance(frame, lineEnd);
      this.preprocessor.open(word, frame.text.slice(end, Math.min(lineEnd, end + MAX_VALUE)), place);
      return true;
    }
    if (!LINE_ENDERS.has(word)) return false;
    let lineEnd = end;
    while (BLANK.test(frame.text.charAt(lineEnd))) lineEnd++;
    if (lineEnd < frame.text.length && frame.text.charAt(lineEnd) !== "\n") return false;
    advance(frame, lineEnd);
    if (word === "else") this.preprocessor.otherwise(place);
    else this.preprocessor.close(place);
    return true;
  }

  private include(word: string, end: number): null {
    const frame = this.input.top;
    if (frame === undefined) return null;
    const place = this.place();
    const written = /^[ \t]{0,200}([^ \t\r\n]{1,500})/.exec(frame.text.slice(end, end + 700));
    advance(frame, end + (written?.[0].length ?? 0));
    const path = this.preprocessor.substitute((written?.[1] ?? "").replace(/^["']|["']$/g, ""));
    const found = path === "" ? null : this.find(path, place.file);
    const kind = word === "include_file" ? "include_file" : "import_file";
    if (this.includes.length < MAX_KEPT) this.includes.push({ ...place, kind, path, found: found?.file ?? null });
    if (found === null) {
      if (kind === "include_file") this.preprocessor.warn(place, `include_file "${path}" is not among the given files`);
    } else if (!this.openFile(found.file, found.text)) {
      this.preprocessor.warn(place, `"${path}" is not read: includes are nested too deep, or there is too much text`);
    }
    return this.unglue();
  }
}

function wordAt(text: string, from: number): string {
  return /^[A-Za-z0-9_]{1,40}/.exec(text.slice(from, from + 40))?.[0] ?? "";
}

function isWordCode(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
}

/** The rest of a line, joined with the next where a backslash ends it. */
function joinedLine(text: string, from: number): { text: string; end: number } {
  const parts: string[] = [];
  let at = from;
  for (;;) {
    const end = endOfLine(text, at);
    const continued = text.charAt(end - 1) === "\\" && end < text.length && end > at;
    parts.push(text.slice(at, continued ? end - 1 : end));
    if (!continued) return { text: parts.join(""), end };
    at = end + 1;
  }
}
