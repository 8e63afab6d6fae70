/**
 * Takes secrets out of text before anything stores, shows or logs it: passwords in URLs, in `modparam`, defines, variables and options,
 * Authorization headers and digest responses, private keys.
 *
 * Each becomes `[removed]`; everything else stays byte for byte, line by line. Linear in the length of the text, and a second pass
 * changes nothing. Names decide (`secrets/names.ts`), places (`secrets/calls.ts`, `headers.ts`) and, for tokens that are marked, their form: a
 * secret that stands in prose without any of these is not found. Measured on `test/fixtures/secrets/`.
 */
import { cutsInCalls, cutsInRpcCommands } from "./secrets/calls.js";
import { applyCuts, type Cut } from "./secrets/cuts.js";
import { cutsInHeaders, cutsOfMarkedTokens } from "./secrets/headers.js";
import { cutsInDirectives, cutsInModparams } from "./secrets/kamailio-lines.js";
import { holdsNoSecret, isSecretName, REMOVED } from "./secrets/names.js";
import { cutsInAuthorization, cutsInRedisAddresses, cutsInSdp, cutsOfClients, cutsOfLongOptions } from "./secrets/options.js";
import { cutsInUrls } from "./secrets/urls.js";
import { cutsOfDockerfileEnv, cutsOfValues } from "./secrets/values.js";

/** Whatever a rule looks for holds one of these; most lines of a log hold none. */
const MAY_HOLD_SECRET =
  /pass|pw|secret|token|key|auth|cred|psk|pin|ha1|response|:\/\/|:\\\/|-----BEGIN|inline:|mysql|mariadb|redis|curl|wget|crypt|hmac|salt|init_vector|\$ap\b|cookie|bearer|eyJ|uac\.reg|kamctl|kamcli|vault|docker|ldap|mosquitto|\bgh[a-z]_|glpat-|xox[a-z]-|sk_|AKIA|hvs\.|whsec_|kat_|AIza|SG\./i;

/** In this order: an earlier rule leaves a mark that the later ones know. */
const RULES: readonly ((line: string) => Cut[])[] = [
  cutsInUrls,
  cutsInModparams,
  cutsInCalls,
  cutsInDirectives,
  cutsInAuthorization,
  cutsInHeaders,
  cutsOfValues,
  cutsOfDockerfileEnv,
  cutsOfLongOptions,
  cutsOfClients,
  cutsInSdp,
  cutsInRedisAddresses,
  cutsInRpcCommands,
  cutsOfMarkedTokens,
];

/** A private key has fewer lines; behind a BEGIN without an END no more than these are looked at. */
const MAX_KEY_LINES = 200;

/** Behind a name, its value is expected in one of so many lines (`name: DB_PASSWORD`, then `value: x`). */
const LINES_TO_VALUE = 2;

/** Takes secrets out of a text that comes line by line. Hand it the lines in order, without their line ends. */
export class SecretRemover {
  /** Secrets replaced so far; a private key counts once. */
  removed = 0;
  /** Lines of a private key that may still come; the text before BEGIN when the key stands in a log. */
  private key: { left: number; prefixed: boolean; counted: boolean } | null = null;
  /** Lines in which the value of a name that came alone may still stand. */
  private expected: { kind: "value" | "item"; left: number } | null = null;

  /** The line without its secrets. */
  line(line: string): string {
    if (this.key !== null) {
      const inKey = this.keyLine(line);
      if (inKey !== null) return inKey;
    }
    let text = line;
    if (this.expected !== null) text = this.expectedValue(text);
    if (!MAY_HOLD_SECRET.test(text)) return text;
    text = this.keyStart(text);
    for (const rule of RULES) {
      const cuts = rule(text);
      if (cuts.length === 0) continue;
      const after = applyCuts(text, cuts);
      text = after.text;
      this.removed += after.removed;
    }
    text = this.cutNamedPair(text);
    this.expect(text);
    return text;
  }

  /** `-----BEGIN RSA PRIVATE KEY-----`: what follows in the line goes, what follows in the next lines is watched. */
  private keyStart(line: string): string {
    const begin = line.indexOf("-----BEGIN ");
    const mark = begin === -1 ? -1 : line.indexOf("PRIVATE KEY-----", begin);
    if (mark === -1 || mark - begin > 40) return line;
    const start = mark + "PRIVATE KEY-----".length;
    const end = line.indexOf("-----END ", start);
    const body = line.slice(start, end === -1 ? line.length : end);
    if (end === -1) this.key = { left: MAX_KEY_LINES, prefixed: line.slice(0, begin).trim() !== "", counted: false };
    if (!/[A-Za-z0-9+/=]{8}/.test(body) || body.includes(REMOVED)) return line;
    this.removed++;
    if (this.key !== null) this.key.counted = true;
    return line.slice(0, start) + REMOVED + (end === -1 ? "" : line.slice(end));
  }

  /** A line inside a private key; `null` when the key is over and the line is like any other. */
  private keyLine(line: string): string | null {
    const key = this.key;
    if (key === null) return null;
    key.left--;
    if (key.left <= 0 || line.includes("-----END ")) {
      this.key = null;
      return line.includes("-----END ") ? line : null;
    }
    const word =
      line
        .trimEnd()
        .split(/[\s\0]/)
        .at(-1) ?? "";
    const isBody = /^[A-Za-z0-9+/=]{1,200}$/.test(word) && (!key.prefixed || word.length >= 24 || word.endsWith("="));
    const bare = line.trim();
    if (bare === "" || bare.endsWith(REMOVED) || /^(?:Proc-Type|DEK-Info): /.test(bare)) return line;
    if (!isBody || (!key.prefixed && bare !== word)) {
      if (!key.prefixed) this.key = null;
      return null;
    }
    if (!key.counted) this.removed++;
    key.counted = true;
    const start = line.lastIndexOf(word);
    return line.slice(0, start) + REMOVED + line.slice(start + word.length);
  }

  /** `{"name": "DB_PASSWORD", "value": "x"}` and `{name: DB_PASSWORD, value: x}` in one line. */
  private cutNamedPair(line: string): string {
    const name = NAMED.exec(line);
    if (name === null || !isSecretName(name[1] ?? "")) return line;
    return this.cutValue(line, name.index + name[0].length);
  }

  private cutValue(line: string, from: number): string {
    const value = VALUE.exec(line.slice(from));
    if (value === null) return line;
    const start = from + value.index + (value[1] ?? "").length;
    const secret = value[2] ?? "";
    if (holdsNoSecret(secret)) return line;
    const after = applyCuts(line, [{ start, end: start + secret.length }]);
    this.removed += after.removed;
    return after.text;
  }

  /** `name: DB_PASSWORD` and `- --password` say that the next line holds the secret. */
  private expect(line: string): void {
    const name = NAMED_ALONE.exec(line);
    if (name !== null && isSecretName(name[1] ?? "")) this.expected = { kind: "value", left: LINES_TO_VALUE };
    const option = OPTION_ALONE.exec(line);
    if (option !== null && isSecretName(option[1] ?? "")) this.expected = { kind: "item", left: 1 };
  }

  private expectedValue(line: string): string {
    const expected = this.expected;
    if (expected === null) return line;
    expected.left--;
    if (expected.left <= 0) this.expected = null;
    if (expected.kind === "value") {
      if (/^\s{0,80}-?\s{0,8}["']?value["']?\s{0,8}:/.test(line)) return this.cutValue(line, 0);
      return line;
    }
    const item = /^(\s{0,80}(?:-\s{1,8})?["']?)([^\s"'-][^"']{0,300}?)["']?,?\s{0,8}$/.exec(line);
    const secret = item?.[2] ?? "";
    const start = item?.[1]?.length ?? 0;
    if (holdsNoSecret(secret)) return line;
    const after = applyCuts(line, [{ start, end: start + secret.length }]);
    this.removed += after.removed;
    return after.text;
  }
}

const NAMED = /["']?\bname["']?\s{0,8}:\s{0,8}["']?([A-Za-z_][\w.-]{0,79})["']?\s{0,8},/;
const NAMED_ALONE = /^\s{0,80}-?\s{0,8}["']?name["']?\s{0,8}:\s{0,8}["']?([A-Za-z_][\w.-]{0,79})["']?,?\s{0,8}$/;
const VALUE = /(["']?\bvalue["']?\s{0,8}:\s{0,8}["']?)([^"'\s,}][^"',}]{0,300})/;
const OPTION_ALONE = /^\s{0,80}(?:-\s{1,8})?["']?--([A-Za-z][\w-]{0,60})["']?,?\s{0,8}$/;

/** The text without its secrets, and how many were replaced. Line ends and the number of lines stay. */
export function removeSecrets(text: string): { text: string; removed: number } {
  const remover = new SecretRemover();
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) lines[index] = remover.line(line);
  return { text: remover.removed === 0 ? text : lines.join("\n"), removed: remover.removed };
}
