/**
 * Command lines as a POSIX shell reads them: split into words, and words quoted so that a shell gives them back unchanged.
 *
 * Nothing is expanded: `$SHM_MEMORY` and `$(cat /run/pid)` stay as they are written.
 */

/** The characters that end a word and separate or redirect commands when they are not quoted. */
const SEPARATORS = ";|&\n()";
const REDIRECTIONS = "<>";

/**
 * The simple commands of a command line, each as its words, without redirections and comments.
 * `null` when a quote is never closed: the text is then no whole command line.
 *
 * @example splitShellCommands("cd /etc && kamailio -A 'A=\"b c\"' 2>&1") // [["cd", "/etc"], ["kamailio", "-A", 'A="b c"']]
 */
export function splitShellCommands(line: string): string[][] | null {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | null = null;
  let dropNext = false;
  const endWord = () => {
    if (word !== null) {
      if (!dropNext) words.push(word);
      dropNext = false;
    }
    word = null;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  let at = 0;
  while (at < line.length) {
    const character = line.charAt(at);
    if (character === " " || character === "\t" || character === "\r") {
      endWord();
      at++;
    } else if (line.startsWith("\\\n", at)) {
      at += 2;
    } else if (line.startsWith("\\\r\n", at)) {
      at += 3;
    } else if (character === "#" && word === null) {
      const end = line.indexOf("\n", at);
      at = end === -1 ? line.length : end;
    } else if (SEPARATORS.includes(character)) {
      endCommand();
      dropNext = false;
      at++;
    } else if (REDIRECTIONS.includes(character)) {
      if (word !== null && isDigits(word)) word = null;
      endWord();
      while (at < line.length && "<>&|".includes(line.charAt(at))) at++;
      dropNext = true;
    } else {
      const piece = readPiece(line, at);
      if (piece === null) return null;
      word = (word ?? "") + piece.text;
      at = piece.end;
    }
  }
  endCommand();
  return commands;
}

/** All words of a command line; `null` when a quote is never closed. */
export function splitShellWords(line: string): string[] | null {
  return splitShellCommands(line)?.flat() ?? null;
}

interface Piece {
  text: string;
  /** Where the next piece begins. */
  end: number;
}

/** One quoted part, one escaped character, one substitution, or a run of plain characters. */
function readPiece(line: string, at: number): Piece | null {
  const character = line.charAt(at);
  if (character === "'") {
    const end = line.indexOf("'", at + 1);
    return end === -1 ? null : { text: line.slice(at + 1, end), end: end + 1 };
  }
  if (character === '"') return readDoubleQuoted(line, at + 1);
  if (character === "\\") {
    return { text: line.charAt(at + 1), end: at + 2 };
  }
  if (character === "`") {
    const end = line.indexOf("`", at + 1);
    return end === -1 ? null : { text: line.slice(at, end + 1), end: end + 1 };
  }
  if (line.startsWith("$(", at)) return readSubstitution(line, at);
  let end = at + 1;
  while (end < line.length && isPlain(line.charAt(end))) end++;
  return { text: line.slice(at, end), end };
}

function readDoubleQuoted(line: string, start: number): Piece | null {
  let text = "";
  let at = start;
  while (at < line.length) {
    const character = line.charAt(at);
    if (character === '"') return { text, end: at + 1 };
    if (character === "\\" && '$`"\\\n'.includes(line.charAt(at + 1)) && at + 1 < line.length) {
      if (line.charAt(at + 1) !== "\n") text += line.charAt(at + 1);
      at += 2;
    } else {
      let end = at + 1;
      while (end < line.length && line.charAt(end) !== '"' && line.charAt(end) !== "\\") end++;
      text += line.slice(at, end);
      at = end;
    }
  }
  return null;
}

/** `$(...)` and `$((...))`, kept as written; parentheses are counted, quotes inside are not looked at. */
function readSubstitution(line: string, start: number): Piece | null {
  let depth = 0;
  for (let at = start + 1; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return { text: line.slice(start, at + 1), end: at + 1 };
  }
  return null;
}

function isPlain(character: string): boolean {
  return !` \t\r'"\\\`$${SEPARATORS}${REDIRECTIONS}`.includes(character);
}

function isDigits(word: string): boolean {
  return /^\d{1,3}$/.test(word);
}

/** Words that a POSIX shell takes as they are, whatever comes before or after. */
const SAFE_WORD = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;

/**
 * Quotes one word for a POSIX shell: `sh -c "printf %s " + quoteShellWord(word)` prints the word unchanged, whatever it holds except NUL,
 * which no argument can hold and which is left out.
 */
export function quoteShellWord(word: string): string {
  if (SAFE_WORD.test(word)) return word;
  return `'${word.replaceAll("\0", "").replaceAll("'", "'\\''")}'`;
}
