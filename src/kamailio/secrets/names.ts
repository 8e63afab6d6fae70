/**
 * Which names carry a secret: configuration parameters, environment variables, defines, options, JSON keys.
 *
 * A name is looked at word by word (`DB_PASSWORD`, `dbPassword`, `db-password`), so that `bypass`, `passive` or `keepalive` are none.
 */

/** Stands where a secret was. It holds no character that ends a value, so a second pass finds it and leaves it. */
export const REMOVED = "[removed]";

/** Names longer than this are not looked at. */
export const MAX_NAME_LENGTH = 80;

const SECRET_WORDS = new Set(
  "password passwd passwort passphrase passcode pass pwd pw secret token apikey credential credentials psk privkey secretkey authkey accesskey pin".split(
    " ",
  ),
);

/** `dbpassword`, `rabbitpass`, `dbrwpw`: a secret word glued to the end of another. */
const SECRET_ENDINGS = ["password", "passwd", "passphrase", "secret", "apikey", "authtoken", "accesstoken", "pass", "pw", "pwd"];
const NO_SECRET_WORDS = new Set(["bypass", "compass", "trespass", "surpass", "overpass", "underpass"]);

/** `key` alone is too common (`key=>value`); with one of these before it, it is a secret. */
const KEY_KINDS = new Set(
  "api secret access private auth mask encryption encrypt enc shared signing sign crypto master session hmac aes hash".split(" "),
);

/** `STRIPE_KEY` in capitals is a secret; with one of these before it, it is a key of another kind. */
const OPEN_KEYS = new Set(
  "public pub primary foreign sort partition unique index cache row lookup search map hash routing event shift".split(" "),
);

/** A name that ends so says something about a secret, not the secret: `password_column`, `token_expires`, `PASSWORD_FILE`. */
const ABOUT_A_SECRET = new Set(
  (
    "column col table avp attr attribute type len length size mode file path dir expire expires expiry timeout ttl algorithm algo policy min max " +
    "count number field header regex prompt enabled required url uri name names ref id flag method format prefix interval version"
  ).split(" "),
);

/** The words of a name, in lower case. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => (word === "ha1" ? word : word.replace(/(?<=[a-z])\d{1,3}$/, "")))
    .filter((word) => word !== "");
}

/** Does a name say that its value is a password, key, token or the like? */
export function isSecretName(name: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  const words = wordsOf(name);
  const last = words.at(-1);
  if (last === undefined || ABOUT_A_SECRET.has(last)) return false;
  if (words.some(isSecretWord)) return true;
  if (last !== "key") return false;
  const kind = words.at(-2) ?? "";
  return KEY_KINDS.has(kind) || (name.endsWith("_KEY") && !OPEN_KEYS.has(kind));
}

function isSecretWord(word: string): boolean {
  if (SECRET_WORDS.has(word)) return true;
  return (
    !NO_SECRET_WORDS.has(word) &&
    SECRET_ENDINGS.some((ending) => word.length > ending.length + (ending.length > 4 ? 0 : 1) && word.endsWith(ending))
  );
}

/**
 * Names that carry a secret only when the value looks like one: `AUTH=`, `REDIS_AUTH=` (variables in capitals), `ha1`, a digest's
 * `response`, any other `key` or `salt` with a value that nobody would make up.
 */
export function isSecretWithValue(name: string, value: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  const last = wordsOf(name).at(-1);
  if (last === "auth" && name === name.toUpperCase()) return !SCHEMES.has(value.toLowerCase()) && !/^\d{1,4}$/.test(value);
  if (last === "key" || last === "salt") return looksRandom(value);
  if (last === "response" || (last !== undefined && /ha1b?$/.test(last))) return /^[0-9a-fA-F]{32,128}$/.test(value);
  return false;
}

/** Shorter values are words and numbers. */
const MIN_RANDOM_LENGTH = 16;
/** Bits a character; English and identifiers stay below, sixteen random hexadecimal digits are above. */
const MIN_ENTROPY = 3;

/** Letters and digits mixed, and no character preferred. */
function looksRandom(value: string): boolean {
  if (value.length < MIN_RANDOM_LENGTH || !/^[\w+/=-]+$/.test(value) || !/\d.*[A-Za-z]|[A-Za-z].*\d/.test(value)) return false;
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits >= MIN_ENTROPY;
}

/** What `AUTH=` can say beside a secret. */
const SCHEMES = new Set([
  "none",
  "token",
  "basic",
  "digest",
  "bearer",
  "yes",
  "no",
  "on",
  "off",
  "true",
  "false",
  "md5",
  "plain",
]);

/** Values that hold no secret although the name says so: nothing, a switch, a reference to a variable, a path. */
export function holdsNoSecret(value: string): boolean {
  if (value === "" || value.startsWith(REMOVED)) return true;
  if (/^(?:yes|no|true|false|on|off|null|none|~)$/i.test(value)) return true;
  return isReference(value) || isPath(value);
}

/**
 * `$(VAR)`, `${VAR}`, and the variables of kamailio.cfg: `$au`, `$var(x)`, `$hdr(X-Token)`, `$sht(pw=>$fU)`, `$(avp(x){s.md5})`; a line end
 * written out may follow.
 */
function isReference(value: string): boolean {
  const bare = value.replace(/(?:\\[rnt]){1,4}$/, "");
  return (
    /^\$[({][A-Za-z_]\w{0,80}[)}]$/.test(bare) ||
    /^\$[A-Za-z]{1,3}$/.test(bare) ||
    /^\$\w{1,20}\([^()"'\s]{1,80}\)$/.test(bare) ||
    // With transformations: `$(kzE{kz.json,Token-ID})`. What it names is read while the server runs.
    /^\$\(\w{1,40}(?:\([^()"'\s]{1,80}\))?(?:\{[\w.,:=-]{1,80}\}){1,8}\)$/.test(bare)
  );
}

/** `/etc/kamailio/tls.key`, `./key.pem`: where the secret is, not the secret. A password may begin with a slash, so a path needs two parts. */
function isPath(value: string): boolean {
  return /^\.{0,2}\/[\w.-]{1,80}(?:\/[\w.-]{1,80}){1,20}$/.test(value);
}
