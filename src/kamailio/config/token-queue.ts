/** Looks ahead in the words of a configuration, and takes what belongs together. */
import { MAX_STATEMENT_TOKENS } from "./limits.js";
import type { Token, Tokens } from "./tokens.js";

export class TokenQueue {
  private readonly ahead: Token[] = [];

  constructor(private readonly tokens: Tokens) {}

  isSign(text: string): boolean {
    const token = this.peek();
    return token.kind === "sign" && token.text === text;
  }

  peek(at = 0): Token {
    while (this.ahead.length <= at) this.ahead.push(this.tokens.next());
    return this.ahead[at] ?? this.tokens.next();
  }

  take(): Token {
    const token = this.peek();
    this.ahead.shift();
    return token;
  }

  /** Takes everything from an opening sign to the one that closes it. */
  brackets(open: string, close: string): Token[] {
    const taken: Token[] = [];
    let depth = 0;
    do {
      const token = this.take();
      if (token.kind === "end") break;
      if (token.kind === "sign" && token.text === open) depth++;
      if (token.kind === "sign" && token.text === close) depth--;
      if (taken.length < MAX_STATEMENT_TOKENS || depth === 0) taken.push(token);
    } while (depth > 0);
    return taken;
  }

  /** Skips a block and returns its last token; `seen` is told of every token in it. */
  block(seen: (token: Token) => void = () => undefined): { last: Token; closed: boolean } {
    let depth = 0;
    let last = this.peek();
    do {
      const token = this.take();
      if (token.kind === "end") return { last, closed: false };
      last = token;
      seen(token);
      if (token.kind === "sign" && token.text === "{") depth++;
      if (token.kind === "sign" && token.text === "}") depth--;
    } while (depth > 0);
    return { last, closed: true };
  }

  /** Does `name =`, `group.name =`, `group[1].name =` or `coreparam[name] =` stand `at` tokens from here? */
  startsAssignment(at: number): boolean {
    if (this.peek(at).kind !== "word") return false;
    const sign = (offset: number) => (this.peek(at + offset).kind === "sign" ? this.peek(at + offset).text : "");
    if (sign(1) === "=") return sign(2) !== "=" && sign(2) !== "~";
    if (sign(1) === ".")
      return (this.peek(at + 2).kind === "word" || this.peek(at + 2).kind === "number") && this.leadsToEqual(at + 3);
    if (sign(1) !== "[" || sign(3) !== "]") return false;
    return sign(4) === "=" || (sign(4) === "." && sign(6) === "=");
  }

  /** `kemi.received_route_callback` has one dot, a host in a list has more and no `=`. */
  private leadsToEqual(at: number): boolean {
    return this.peek(at).kind === "sign" && this.peek(at).text === "=";
  }
}
