/**
 * Reads the list behind "Compile flags:" and "flags:". Pasted lists are wrapped at any blank or comma and even inside a word, lose commas,
 * and are cut by hand with "...": a word that is missing from a cut list is unknown, not absent.
 */
import { KNOWN_FLAGS, reachesBehindMemory } from "../knowledge/compile-flags.js";

export interface FlagList {
  /** The words in their order; "STATS: Off" is one word. */
  flags: string[];
  /** False when the list shows that something was left out: then the absence of a word proves nothing. */
  complete: boolean;
  /** Offset in the text behind the last word that belongs to the list. */
  end: number;
}

/** A build prints some thirty words; this many are surely not flags any more. */
const MAX_FLAGS = 200;
const MAX_FLAG_LENGTH = 60;

const PLAIN = /^(?:STATS: O(?:n|ff), )?[A-Z0-9_, -]+$/;
/** A word, or the rest of one that a line end broke apart. */
const WORD = /^[A-Z0-9_-]+$/;
const TOKEN = /[^\s,]+|,|\n/g;
const ELISION = /^[[(<{]?(?:\.{2,}|…|snip|etc\.?|cut|truncated)[\])>}]?$/i;

/** What comes behind the text: another field of the same output, the limits that some paste on the line of the flags, or nothing of it. */
export type FollowedBy = "field" | "limits" | "nothing";

/** The flags at the start of `text`. A list at the very end of a text that stops before or amid the memory words may have been cut there. */
export function readFlagList(text: string, followed: FollowedBy): FlagList {
  const newline = text.indexOf("\n");
  const first = (newline === -1 ? text : text.slice(0, newline)).trim();
  if (PLAIN.test(first) && !first.endsWith(",") && isBlankFrom(text, newline)) {
    const flags = first.split(", ");
    if (flags.length <= MAX_FLAGS && flags.every((flag) => KNOWN_FLAGS.has(flag)))
      return { flags, complete: isComplete(flags, false, followed), end: newline === -1 ? text.length : newline };
  }
  return readWords(text, followed);
}

function isBlankFrom(text: string, start: number): boolean {
  return start === -1 || text.slice(start).trim() === "";
}

/** What stood between a word and the one before it. */
type Gap = "comma" | "blank" | "line";

function readWords(text: string, followed: FollowedBy): FlagList {
  const flags: string[] = [];
  let elided = false;
  let gap: Gap = "comma";
  let end = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null && flags.length < MAX_FLAGS; match = TOKEN.exec(text)) {
    const token = match[0];
    if (token === ",") gap = "comma";
    else if (token === "\n") {
      // A blank line ends the list, unless a comma promises more.
      if (gap === "line" && flags.length > 0) break;
      if (gap === "blank") gap = "line";
    } else if (ELISION.test(token)) {
      elided = true;
      gap = "comma";
      end = match.index + token.length;
    } else {
      const word = readWord(token);
      if (word === null) break;
      const [first, second] = ranTogether(word.text);
      if (!append(flags, first, gap)) break;
      if (second !== null) flags.push(second);
      if (word.cut) elided = true;
      gap = "blank";
      end = match.index + token.length;
    }
  }
  const list = flags.map((flag) => (flag === "STATS:" ? "STATS: Off" : flag));
  return {
    flags: list,
    complete: isComplete(list, elided || (gap === "comma" && !(followed === "limits" && reachesBehindMemory(list))), followed),
    end,
  };
}

/** One word of the list, possibly with "..." glued to it; `null` when it is no word of a flag list. */
function readWord(token: string): { text: string; cut: boolean } | null {
  if (token.length > MAX_FLAG_LENGTH) return null;
  if (token === "STATS:" || token === "Off" || token === "On") return { text: token, cut: false };
  const bare = token.replace(/(?:\.{2,3}|…)$/, "");
  return WORD.test(bare) ? { text: bare, cut: bare !== token } : null;
}

/**
 * 6.1 prints EXTRA_DEBUG without the comma behind it, so that a build of `mode=debug` shows "EXTRA_DEBUGUSE_TCP" (src/core/ver_defs.h@6.1.4):
 * a word that nobody knows and that is two known ones is two.
 */
function ranTogether(word: string): [string, string | null] {
  if (KNOWN_FLAGS.has(word)) return [word, null];
  for (const known of KNOWN_FLAGS)
    if (word.startsWith(known) && KNOWN_FLAGS.has(word.slice(known.length))) return [known, word.slice(known.length)];
  return [word, null];
}

/**
 * Adds a word, or joins it to the word before when the two are one that a line end or a blank broke apart. False when it is neither a
 * word nor the rest of one: the list has ended.
 */
function append(flags: string[], word: string, gap: Gap): boolean {
  const last = flags.at(-1);
  if (last === "STATS:" && (word === "Off" || word === "On")) flags[flags.length - 1] = `STATS: ${word}`;
  else if (last !== undefined && gap !== "comma" && isBroken(last, word, gap)) flags[flags.length - 1] = last + word;
  else if (/^[A-Z]/.test(word)) flags.push(word);
  else return false;
  return true;
}

function isBroken(last: string, rest: string, gap: Gap): boolean {
  const bothKnown = KNOWN_FLAGS.has(last) && KNOWN_FLAGS.has(rest);
  if (KNOWN_FLAGS.has(last + rest)) return !bothKnown || last.endsWith("-") || rest.startsWith("-");
  // Amid a word that nobody knows only a line end is a likely break; blanks between unknown words are lost commas.
  return gap === "line" && !KNOWN_FLAGS.has(last) && !bothKnown && /^[A-Z_-]/.test(rest);
}

function isComplete(flags: readonly string[], elided: boolean, followed: FollowedBy): boolean {
  if (elided) return false;
  const last = flags.at(-1);
  if (last === undefined) return false;
  if (!KNOWN_FLAGS.has(last) && isCutWord(last)) return false;
  return followed !== "nothing" || reachesBehindMemory(flags);
}

/** "TLSF_MALLO": a terminal or `cut` ended the line here. */
function isCutWord(word: string): boolean {
  for (const known of KNOWN_FLAGS) if (known.startsWith(word)) return true;
  return false;
}
