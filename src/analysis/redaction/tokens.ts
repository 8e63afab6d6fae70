/** Names that stand for what was taken out of a text: the same original gets the same token, so that a reader can still follow who is who. */

export type TokenKind = "ip" | "host" | "user" | "number";

const TOKEN = /^(?:ip|host|user|number)-\d{1,9}$/;

/** Is it a token already? A second pass changes nothing. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

export class Tokens {
  readonly #known: Record<TokenKind, Map<string, string>> = {
    ip: new Map(),
    host: new Map(),
    user: new Map(),
    number: new Map(),
  };

  /** The token of an original, in the form in which equal originals are equal (an address normalised, a host in lower case). */
  of(kind: TokenKind, original: string): string {
    if (isToken(original)) return original;
    const known = this.#known[kind];
    const token = known.get(original) ?? `${kind}-${known.size + 1}`;
    known.set(original, token);
    return token;
  }

  /** How many different originals were replaced. */
  counts(): Record<TokenKind, number> {
    const { ip, host, user, number } = this.#known;
    return { ip: ip.size, host: host.size, user: user.size, number: number.size };
  }
}
