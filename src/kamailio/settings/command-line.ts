/**
 * Finds Kamailio's command line among other words: behind a prompt, `sudo` or `taskset`, in a row of `ps`, in `sh -c "..."`,
 * behind `start-stop-daemon ... --`.
 */
import { splitShellCommands } from "../shell-words.js";

/** A command line of Kamailio. */
export interface Command {
  binary: string;
  /** The words after the binary. */
  args: string[];
  /** How many words stood before the binary. */
  before: string[];
}

/** Names of the binary: Kamailio, its flavours, and names that packagers make of them (`kamailio-5.8`, `kamailio_edge`). */
const BINARY = /^(?:kamailio|sip-router|ser)(?:[-_.]?\d[\w.]{0,20})?$|^kamailio[-_][a-z][a-z0-9]{0,30}$/;
/** Things beside the binary that have a similar name. */
const NOT_BINARY = /^kamailio[-_](?:ctl|rpc|fifo|cfg|dbg|modules|extra|config|exporter|utils)/;
/** Other products that take similar options. */
const RELATIVES = /^(?:opensips|openser)$/;

/** Programs that start another with its own words behind theirs. */
const STARTERS = new Set(
  "sudo nohup exec env time taskset nice ionice chrt numactl setarch stdbuf timeout tini dumb-init gosu su-exec setpriv doas catchsegv eatmydata strace ltrace valgrind --args -- command".split(
    " ",
  ),
);

/** Prompts: `$ `, `# `, `user@host:~# `, `[root@host ~]# `, `> `. */
const PROMPT = /^\s{0,20}(?:\[?[\w.-]{1,40}@[\w.-]{1,80}[:\s]?[^\s$#%>]{0,80}\]?[$#%>]|[$#%>])\s{1,8}/;

/** The line without the prompt in front of it. */
export function withoutPrompt(line: string): string {
  return line.replace(PROMPT, "");
}

/** True when the line begins with a prompt. */
export function hasPrompt(line: string): boolean {
  return PROMPT.test(line);
}

/** The command line of Kamailio in a line that a person typed or a listing shows; `null` when there is none. */
export function findCommand(line: string): Command | null {
  if (line.includes("\0"))
    return findInWords(line.split("\0").filter((word, index, all) => word !== "" || index < all.length - 1));
  const bare = withoutPrompt(line);
  // A listing has lost the quotes of its words: what looks like an open quote is a character of an argument.
  const commands = splitShellCommands(bare) ?? [plainWords(bare)];
  for (const words of commands) {
    const found = findInWords(words);
    if (found !== null) return found;
  }
  return null;
}

/** The words between blanks. */
export function plainWords(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== "");
}

/** The command line of Kamailio among words that are already separate. */
export function findInWords(words: readonly string[], depth = 0): Command | null {
  for (const [index, word] of words.entries()) {
    if (isBinaryAt(words, index))
      return { binary: word.replace(/^[`'"(]+/, ""), args: argumentsAfter(words, index), before: words.slice(0, index) };
    if (depth < 3 && /\s/.test(word) && mentionsBinary(word)) {
      const inner = findInWords(splitShellCommands(word)?.flat() ?? plainWords(word), depth + 1);
      if (inner !== null) return { ...inner, before: [...words.slice(0, index), ...inner.before] };
    }
  }
  return null;
}

function mentionsBinary(text: string): boolean {
  return text.includes("kamailio") || text.includes("sip-router") || text.includes("/ser ");
}

/** `start-stop-daemon --exec /usr/sbin/kamailio -- OPTIONS`: what stands between the binary and `--` belongs to the starter. */
function argumentsAfter(words: readonly string[], index: number): string[] {
  const before = words[index - 1] ?? "";
  if (/^(?:--exec|--startas|-x|-a)$/.test(before)) {
    const dashes = words.indexOf("--", index);
    return dashes === -1 ? [] : words.slice(dashes + 1);
  }
  return words.slice(index + 1);
}

/** Is this the name of an OpenSIPS or OpenSER binary with its options? */
export function relativeIn(words: readonly string[]): string | null {
  const index = words.findIndex((word, at) => RELATIVES.test(baseName(word)) && (words[at + 1] ?? "").startsWith("-"));
  return index === -1 ? null : baseName(words[index] ?? "");
}

function baseName(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}

function isBinaryAt(words: readonly string[], index: number): boolean {
  const word = words[index] ?? "";
  const name = baseName(word);
  // "ExecStart=/usr/sbin/kamailio -m $SHM_MEMORY" in a status text is no command line: its variables are not expanded.
  if (!BINARY.test(name) || NOT_BINARY.test(name) || word.includes("=")) return false;
  const next = words[index + 1];
  const before = words[index - 1];
  const path = word.includes("/");
  if (next === undefined) return path ? /s?bin\/[^/]+$/.test(word) : index === 0 && name === "kamailio";
  if (!next.startsWith("-") && !next.startsWith("$"))
    return path && /s?bin\/[^/]+$/.test(word) && (index === 0 || isColumn(before));
  if (path || before === undefined) return true;
  // `ps -o pid,user,args` shows the name alone behind the user.
  if (index === 2 && /^\d{1,10}$/.test(words[0] ?? "")) return true;
  return (
    STARTERS.has(baseName(before)) ||
    isColumn(before) ||
    /^[A-Za-z_]\w*=/.test(before) ||
    /\.sh$/.test(before) ||
    startsWithStarter(words, index)
  );
}

/** In `sudo -u kamailio nice -n 5 kamailio -m 64` the second name is the binary: an option's argument is not. */
function startsWithStarter(words: readonly string[], index: number): boolean {
  const before = words[index - 1] ?? "";
  const two = words[index - 2] ?? "";
  return STARTERS.has(baseName(words[0] ?? "")) && !before.startsWith("-") && two.startsWith("-");
}

/** The last column before the command in a listing: a pid, a time, or a mark of a tree. */
function isColumn(word: string | undefined): boolean {
  return word !== undefined && /^(?:[\d:.-]+|[├└│─|`\\_-]+\d*)$/.test(word);
}
