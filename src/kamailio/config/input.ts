/** The characters of a configuration: a stack of files (includes) over which the values of defines are laid. */
import { MAX_CHARACTERS, MAX_EXPANDED, MAX_EXPANSION_DEPTH, MAX_INCLUDE_DEPTH } from "./limits.js";

const NEWLINE = 10;

export interface Frame {
  text: string;
  at: number;
  file: string;
  /** The line of `at`; the line of the name that was replaced, for an expansion. */
  line: number;
  /** The name that was replaced; `null` for a file. */
  expansion: string | null;
  /** Where the replaced name stands in its file; unused for a file. */
  start: number;
  end: number;
}

export class Input {
  private readonly stack: Frame[] = [];
  private spent = 0;
  private expanded = 0;
  /** Set when a bound was met: the rest is not read. */
  exhausted = false;

  get top(): Frame | undefined {
    return this.stack.at(-1);
  }

  /** The frame that positions are told of: the file under the expansions. */
  get base(): Frame | undefined {
    for (let at = this.stack.length - 1; at >= 0; at--) {
      const frame = this.stack[at];
      if (frame?.expansion === null) return frame;
    }
    return undefined;
  }

  get includeDepth(): number {
    return this.stack.filter((frame) => frame.expansion === null).length;
  }

  /** Reads a file from here on; false when it is nested too deep or the bound is met. */
  pushFile(file: string, text: string): boolean {
    if (this.includeDepth > MAX_INCLUDE_DEPTH) return false;
    return this.push({ text, at: 0, file, line: 1, expansion: null, start: 0, end: 0 });
  }

  /** Reads a define's value from here on (the name before it is read already); false when it expands to itself. */
  pushExpansion(name: string, text: string): boolean {
    const base = this.base;
    const top = this.top;
    let depth = 0;
    for (let at = this.stack.length - 1; at >= 0 && this.stack[at]?.expansion !== null; at--) {
      if (this.stack[at]?.expansion === name) return false;
      depth++;
    }
    if (base === undefined || top === undefined || depth >= MAX_EXPANSION_DEPTH) return false;
    this.expanded += text.length + 1;
    if (this.expanded > MAX_EXPANDED) {
      this.exhausted = true;
      return false;
    }
    const inFile = top.expansion === null;
    const place = { start: inFile ? top.at - name.length : top.start, end: inFile ? top.at : top.end };
    return this.push({ text, at: 0, file: base.file, line: base.line, expansion: name, ...place });
  }

  /** Leaves the frames that are read to their end; false at the end of everything. */
  settle(): boolean {
    for (let top = this.top; top !== undefined; top = this.top) {
      if (top.at < top.text.length) return true;
      this.stack.pop();
    }
    return false;
  }

  private push(frame: Frame): boolean {
    this.spent += frame.text.length + 1;
    if (this.spent > MAX_CHARACTERS) {
      this.exhausted = true;
      return false;
    }
    this.stack.push(frame);
    return true;
  }
}

/** Moves a frame on to `end`, counting the lines of a file. */
export function advance(frame: Frame, end: number): void {
  if (frame.expansion === null) for (let at = frame.at; at < end; at++) if (frame.text.charCodeAt(at) === NEWLINE) frame.line++;
  frame.at = end;
}

/** Where the line of a position ends: at its newline, or at the end of the text. */
export function endOfLine(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline;
}
