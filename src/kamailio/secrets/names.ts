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
    .filter((word) => word !== "");
}

/** Does a name say that its value is a password, key, token or the like? */
export function isSecretName(name: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  const words = wordsOf(name);
  const last = words.at(-1);
  if (last === undefined || ABOUT_A_SECRET.has(last)) return false;
  if (words.some(isSecretWord)) return true;
  return last === "key" && KEY_KINDS.has(words.at(-2) ?? "");
}

function isSecretWord(word: string): boolean {
  if (SECRET_WORDS.has(word)) return true;
  return !NO_SECRET_WORDS.has(word) && SECRET_ENDINGS.some((ending) => word.length >= ending.length + 2 && word.endsWith(ending));
}

/**
 * Names that carry a secret only when the value looks like one: `AUTH=`, `REDIS_AUTH=` (variables in capitals), `ha1`, a digest's
 * `response`.
 */
export function isSecretWithValue(name: string, value: string): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  const last = wordsOf(name).at(-1);
  if (last === "auth" && name === name.toUpperCase()) return !SCHEMES.has(value.toLowerCase()) && !/^\d{1,4}$/.test(value);
  if (last === "ha1" || last === "ha1b" || last === "response") return /^[0-9a-fA-F]{32,128}$/.test(value);
  return false;
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
  if (/^\$[({][A-Za-z_]\w{0,80}[)}]$/.test(value) || /^\$\w{1,20}\(\w{1,80}\)$/.test(value)) return true;
  // A pseudo-variable with a transformation: `$(kzE{kz.json,Token-ID})`, `$(var(x){s.len})`. What it names is read while the server runs.
  if (/^\$\(\w{1,40}(?:\([\w.:=>[\]-]{1,80}\))?(?:\{[\w.,:=-]{1,80}\}){1,8}\)$/.test(value)) return true;
  return isPath(value);
}

/** `/etc/kamailio/tls.key`, `./key.pem`: where the secret is, not the secret. A password may begin with a slash, so a path needs two parts. */
function isPath(value: string): boolean {
  return /^\.{0,2}\/[\w.-]{1,80}(?:\/[\w.-]{1,80}){1,20}$/.test(value);
}
