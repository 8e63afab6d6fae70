/**
 * Takes addresses, host names, user parts and phone numbers out of texts that leave the house, so that what is left can still be followed: one
 * Redactor gives one original the same token everywhere (`ip-1`, `host-1`, `user-1`, `number-1`).
 *
 * Ports, loopback and wildcard addresses, Kamailio's file:line places, versions, names of RPCs and citations (`file.c:12@5.6.3`) stay. Linear
 * in the length of the text; a second pass changes nothing. Host names without a dot are found only where their place gives them away.
 */
import { redactAddresses } from "./addresses.js";
import { hostToken, redactHostNames } from "./host-names.js";
import { isToken, type TokenKind, Tokens } from "./tokens.js";

/** Longest user part that is looked at. */
const MAX_USER = 256;
const MAX_HOST = 253;

const SIP_USER = /\b(sips?:)([^\s<>"@]{1,256})@/gi;
const SIP_HOST = /\b(sips?:)(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})/gi;
const TEL = /\b(tel:)(\+?[0-9A-Fa-f*#().-]{2,40})/gi;
/** `"Alice" <sip:...>`. */
const DISPLAY_NAME = /"([^"\n]{1,128})"(?=\s{0,3}<?sips?:)/gi;
const URL_USER = /:\/\/([^\s/@:"'<>]{1,128})(?=(?::[^\s/@"'<>]{0,128})?@)/g;
const URL_HOST = /:\/\/((?:[^\s/@"'<>]{1,256}@)?)(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})/g;
const NAMED_USER = /\b((?:username|aor|fU|tU|rU|oU)\s?[=:]\s?"?)([^\s",;<>@=]{1,128})/g;
const JSON_HOST = /("_?(?:HOSTNAME|host(?:name)?)"\s?:\s?")([^"]{1,253})(?=")/gi;
/** +49 30 1234567, but no growth of our own ("+16777216 bytes"). */
const PHONE = /(?<![\w.+-])\+\d{7,15}(?![\d.]|\s?(?:bytes|chunks|MB|KB|B|%)\b)/g;

/** Syslog and journalctl: time, host, then the program with its pid. Anywhere in a line: a sentence may quote one. */
const LOG_HEAD =
  /((?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?|\d{4}-\d\d-\d\d[T ][\d:.,+Z-]{8,30}) )([A-Za-z0-9][\w.:-]{0,252})(?= [\w./@-]{1,160}\[\d{1,10}\]: )/g;
const RFC5424_HEAD = /(\b1 \d{4}-\d\d-\d\dT[\d:.+Z-]{8,30} )(\S{1,253})(?= \S{1,160} (?:\d{1,10}|-) \S{1,64} )/g;
const UNAME = /\b(Linux )([A-Za-z0-9][\w.-]{0,252})(?= \d{1,3}\.\d{1,3}\.)/g;
/** A time or a date is no host. */
const TIME = /^[\d:.,TZ+-]+$/;

const STOPS_USER = /[\s<>"'`,=()[\]{}|/\\]/;
const HOST_CHARACTER = /[A-Za-z0-9._-]/;
const SOURCE_PLACE = /\.(?:c|h|y|lex|l|js|ts)(?::\d{1,7}(?:-\d{1,7})?)?$/;

export class Redactor {
  readonly #tokens = new Tokens();

  /** The text without what names machines and people; line by line, so the lines stay lines. */
  redact(text: string): string {
    return text.includes("\n")
      ? text
          .split("\n")
          .map((line) => this.#line(line))
          .join("\n")
      : this.#line(text);
  }

  /** How many different originals were replaced, by kind. */
  counts(): Record<TokenKind, number> {
    return this.#tokens.counts();
  }

  #line(line: string): string {
    let text = redactAddresses(this.#hostOfLog(line), this.#tokens);
    if (/sips?:|tel:/i.test(text)) text = this.#uris(text);
    if (text.includes("://")) text = this.#urls(text);
    if (text.includes("@")) text = this.#atSigns(text);
    text = text.replace(NAMED_USER, (_, before: string, user: string) => before + this.#user(user));
    text = redactHostNames(text, this.#tokens);
    return text.includes("+") ? text.replace(PHONE, (number) => this.#tokens.of("number", number)) : text;
  }

  #hostOfLog(line: string): string {
    const replace = (whole: string, before: string, host: string) =>
      TIME.test(host) || host === "-" ? whole : `${before}${hostToken(host, this.#tokens) ?? host}`;
    const text = line.startsWith("{") ? line.replace(JSON_HOST, replace) : line;
    return text.replace(LOG_HEAD, replace).replace(RFC5424_HEAD, replace).replace(UNAME, replace);
  }

  #uris(text: string): string {
    return text
      .replace(DISPLAY_NAME, (whole, name: string) => (name.trim() === "" ? whole : `"${this.#user(name)}"`))
      .replace(SIP_USER, (_, scheme: string, user: string) => `${scheme}${this.#user(user)}@`)
      .replace(TEL, (_, scheme: string, number: string) => `${scheme}${this.#tokens.of("number", number)}`)
      .replace(SIP_HOST, (whole, scheme: string, host: string, at: number) => {
        if (text.charAt(at + whole.length) === "@" || isToken(host)) return whole;
        const token = hostToken(host, this.#tokens);
        return token === null ? whole : scheme + token;
      });
  }

  #urls(text: string): string {
    return text
      .replace(URL_USER, (_, user: string) => `://${this.#user(user)}`)
      .replace(URL_HOST, (whole, user: string, host: string) => {
        const token = hostToken(host, this.#tokens);
        return token === null ? whole : `://${user}${token}`;
      });
  }

  /** `user@host` of any kind: SIP without its scheme, Call-IDs, mail addresses. */
  #atSigns(text: string): string {
    let out = "";
    let done = 0;
    for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
      const host = hostAt(text, at + 1);
      if (host === "") continue;
      let from = at;
      while (from > done && at - from < MAX_USER && !STOPS_USER.test(text.charAt(from - 1))) from--;
      const user = text.slice(from, at);
      const token = SOURCE_PLACE.test(user) ? null : hostToken(host, this.#tokens);
      if (token === null) continue;
      const scheme = /^(?:sips?|mailto|xmpp|im|pres):/i.exec(user)?.[0] ?? "";
      const name = user.slice(scheme.length);
      out += `${text.slice(done, from)}${scheme}${name === "" ? "" : this.#user(name)}@${token}`;
      done = at + 1 + host.length;
    }
    return out + text.slice(done);
  }

  /** Without its password and parameters, which go: the same user has the same token. */
  #user(user: string): string {
    return this.#tokens.of("user", /^[^:;]{1,256}/.exec(user)?.[0] ?? user);
  }
}

/** The host that begins there; an address in brackets with them. */
function hostAt(text: string, from: number): string {
  if (text.charAt(from) === "[") {
    const end = text.indexOf("]", from);
    return end === -1 || end - from > MAX_HOST ? "" : text.slice(from, end + 1);
  }
  let to = from;
  while (to < text.length && to - from < MAX_HOST && HOST_CHARACTER.test(text.charAt(to))) to++;
  while (to > from && ".-".includes(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}
