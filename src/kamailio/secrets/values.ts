/**
 * Secrets behind a name: `PASSWORD=x`, `password = "x"`, `"password": "x"`, `password: x`, `$var(secret) = "x"`, `-e TOKEN=x`,
 * `db=1;pass=x`, `X-Api-Key: x`.
 */
import { type Cut, endOfQuoted, indexOfAny } from "./cuts.js";
import { holdsNoSecret, isSecretName, isSecretWithValue, MAX_NAME_LENGTH, REMOVED } from "./names.js";

/** What may stand before a name at the beginning of a line: indentation, quoting of mail, comment and list marks, a keyword. */
const LINE_START = /^[\s>|#;*-]{0,40}(?:(?:export|set|setenv|ENV|env|-e|-A)\s{1,4})?["']?$/;

/** Spaces allowed around `=` and after `:`. */
const MAX_BLANKS = 8;
/** Characters of a pseudo-variable with its transformations. */
const MAX_VARIABLE = 500;

/** The values of the secret names in a line. Linear: it goes from one `=` or `:` to the next. */
export function cutsOfValues(line: string): Cut[] {
  const cuts: Cut[] = [];
  let done = 0;
  for (let at = indexOfAny(line, "=:", 0); at < line.length; at = indexOfAny(line, "=:", Math.max(at + 1, done))) {
    const cut = line.charAt(at) === "=" ? cutAfterEquals(line, at) : cutAfterColon(line, at);
    if (cut !== null) {
      cuts.push(cut);
      done = cut.end;
    }
  }
  return cuts;
}

/** `ENV DB_PASSWORD value` of a Dockerfile and `setenv TOKEN value`: a name and a value with only a blank between. */
export function cutsOfDockerfileEnv(line: string): Cut[] {
  const match = /^\s{0,40}(?:ENV|setenv)\s{1,8}([A-Za-z_]\w{0,79})\s{1,8}(?=\S)/.exec(line);
  if (match === null || !isSecretName(match[1] ?? "")) return [];
  const start = match[0].length;
  return line.charAt(start) === "=" ? [] : toCuts(line, match[1] ?? "", { start, end: line.trimEnd().length });
}

interface Name {
  text: string;
  start: number;
}

/** The name that ends before `end`, over blanks, one closing parenthesis (`$avp(secret) =`) and one closing quote. */
function nameBefore(line: string, end: number): (Name & { quoted: boolean }) | null {
  let stop = end;
  while (stop > 0 && end - stop < MAX_BLANKS && (line.charAt(stop - 1) === " " || line.charAt(stop - 1) === "\t")) stop--;
  const quoted = line.charAt(stop - 1) === '"' || line.charAt(stop - 1) === "'";
  if (quoted) stop -= line.charAt(stop - 2) === "\\" ? 2 : 1;
  else if (line.charAt(stop - 1) === ")") stop--;
  let start = stop;
  while (start > 0 && stop - start <= MAX_NAME_LENGTH && /[\w.-]/.test(line.charAt(start - 1))) start--;
  return start === stop ? null : { text: line.slice(start, stop), start, quoted };
}

function cutAfterEquals(line: string, equals: number): Cut | null {
  const before = equals > 0 ? line.charAt(equals - 1) : "";
  if ("<>=".includes(before) && before !== "") return null;
  const name = nameBefore(line, before === "!" ? equals - 1 : equals);
  if (name === null || !mayBeSecret(name.text)) return null;
  let start = equals + 1;
  if (line.charAt(start) === "=" || line.charAt(start) === ">") start++;
  // `!=` compares; only a literal can be the secret that it compares with.
  if (before === "!" && !"\"'".includes(line.charAt(skipBlanks(line, start)) || " ")) return null;
  return cutOf(line, name, skipBlanks(line, start), LINE_START.test(line.slice(Math.max(0, name.start - 60), name.start)));
}

function cutAfterColon(line: string, colon: number): Cut | null {
  const name = nameBefore(line, colon);
  if (name === null || !mayBeSecret(name.text)) return null;
  const start = skipBlanks(line, colon + 1);
  const before = line.charAt(name.start - 1);
  const atLineStart = LINE_START.test(line.slice(Math.max(0, name.start - 60), name.start));
  const inFlow = before === "{" || before === "," || line.slice(Math.max(0, name.start - 2), name.start) === ", ";
  if (inProse(line, name, start)) return cutOf(line, name, start, false);
  // In running text a colon after a word is punctuation; it is a key when quoted, at the line's start, or inside {a: b, c: d}.
  if (!name.quoted && !atLineStart && !(inFlow && start > colon + 1) && before !== '"' && before !== "'") return null;
  if (!name.quoted && start === colon + 1 && !"\"'".includes(line.charAt(start))) return null;
  return cutOf(line, name, start, atLineStart && !name.quoted);
}

/** `login with Password: hunter2`: the word itself, and behind it one that is no word, or the end of the line. */
function inProse(line: string, name: Name & { quoted: boolean }, start: number): boolean {
  if (name.quoted || start > line.indexOf(":", name.start) + 2 || !/^(?:password|passwd|passphrase)$/i.test(name.text))
    return false;
  const value = line.slice(start, indexOfAny(line, " \t\0\r,;\"'", start, Math.min(line.length, start + 200)));
  return /[^A-Za-z]/.test(value) && !/^[\d.]{1,4}$/.test(value) && line.charAt(start - 1) === " ";
}

function mayBeSecret(name: string): boolean {
  return isSecretName(name) || /(?:auth|ha1b?|response|key|salt)$/i.test(name);
}

/** The value that starts at `start`, without its quotes. */
function cutOf(line: string, name: Name & { quoted: boolean }, start: number, wholeRest: boolean): Cut | null {
  const [cut] = toCuts(line, name.text, valueAt(line, name, start, wholeRest));
  return cut ?? null;
}

function toCuts(line: string, name: string, cut: Cut): Cut[] {
  const value = line.slice(cut.start, cut.end);
  if (holdsNoSecret(value)) return [];
  return isSecretName(name) || isSecretWithValue(name, value) ? [cut] : [];
}

function valueAt(line: string, name: Name & { quoted: boolean }, start: number, wholeRest: boolean): Cut {
  const escaped = line.charAt(start) === "\\" ? 1 : 0;
  const quote = line.charAt(start + escaped);
  if (quote === '"' || quote === "'") {
    const inside = start + escaped + 1;
    const end = escaped === 1 ? line.indexOf(`\\${quote}`, inside) : endOfQuoted(line, inside, quote);
    if (end !== -1) return { start: inside, end };
    // Never closed: everything behind the quote may be the secret.
    return { start: inside, end: line.trimEnd().length };
  }
  const variable = endOfVariable(line, start);
  if (variable !== null) return { start, end: variable };
  const opened = line.charAt(name.start - 1);
  if (!name.quoted && (opened === '"' || opened === "'")) {
    const end = endOfQuoted(line, start, opened);
    if (end !== -1) return { start, end: endOfParts(line, start, end) };
  }
  return { start, end: wholeRest ? endOfRest(line, start) : endOfParts(line, start, indexOfAny(line, " \t\0\r\"'`<", start)) };
}

/**
 * `$(kzE{kz.json,Token-ID})`, `$var(x)`: a pseudo-variable (or a shell's substitution) ends with the bracket that closes it, so that a cut
 * leaves no bracket of a script open. `null` where none begins, or where it is not closed.
 */
function endOfVariable(line: string, start: number): number | null {
  const opened = /^\$\w{0,40}\(/.exec(line.slice(start, start + 42));
  if (opened === null) return null;
  let open = 1;
  const stop = Math.min(line.length, start + MAX_VARIABLE);
  for (let at = start + opened[0].length; at < stop; at++) {
    const char = line.charAt(at);
    if (char === "(") open++;
    if (char === ")" && --open === 0) return at + 1;
  }
  return null;
}

/** `name=srv;pass=x;db=1`, `user=a&token=x&b=c`: the value ends where another `name=` follows, or with the brackets around it. */
function endOfParts(line: string, start: number, end: number): number {
  for (let at = indexOfAny(line, ";&,", start, end); at < end; at = indexOfAny(line, ";&,", at + 1, end)) {
    if (/^[;&,]\s?[A-Za-z_][\w.-]{0,79}[=:]/.test(line.slice(at, at + 90))) return at;
  }
  let stop = end;
  while (stop > start && ",;)}]".includes(line.charAt(stop - 1)) && !line.slice(start, stop).endsWith(REMOVED)) stop--;
  return stop;
}

/** `PGPASSWORD=x psql -h db`: a variable of one command. */
const COMMAND =
  /^(?:psql|pg_dump|pg_restore|mysql\w{0,10}|mariadb|vault|curl|wget|redis-cli|kamctl|kamcmd|kamailio|docker|kubectl|ssh|sudo)\s/;

/** In `PASSWORD=two words` all is the secret, but not another assignment, an option or a comment that follows. */
function endOfRest(line: string, start: number): number {
  let end = indexOfAny(line, " \t\0\r", start);
  while (end < line.length) {
    if (line.charAt(end) === "\0") return end;
    const next = skipBlanks(line, end);
    const follows = line.slice(next, next + 90);
    if (COMMAND.test(follows)) return end;
    if (follows === "" || /^[\r\0]/.test(follows) || /^(?:[A-Za-z_][\w.-]{0,79}=|-|#|;|\\$)/.test(follows)) return end;
    const after = indexOfAny(line, " \t\0\r", next);
    if (after === end) return end;
    end = after;
  }
  return end;
}

function skipBlanks(line: string, start: number): number {
  let at = start;
  while (at < line.length && at - start < MAX_BLANKS && (line.charAt(at) === " " || line.charAt(at) === "\t")) at++;
  return at;
}
