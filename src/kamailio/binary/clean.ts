/**
 * Takes away what mail, wikis, terminals and chats put around the output of a command: colours, quote marks, list numbers, markup.
 * Lines stay lines; nothing is joined here. Every pattern is bounded or anchored, so the time is linear in the text.
 */

/** Only texts that have one of these need the slow way. */
const NEEDS_CLEANING = /[\x1b\r\u00a0\u200b\ufeff"'`*<>|\\&]|^[ \t]*(?:[#\-•][ \t]?|\d{1,3}[.)][ \t])/m;

/** CSI sequences (colours, cursor movement) and the short escapes. */
const ANSI = /\x1b(?:\[[0-9;?]{0,32}[A-Za-z]|[()][A-Z0-9]|[=>])/g;
const LINE_BREAK_TAG = /<\/?(?:br|p|pre|div|li|ul|ol|blockquote)(?:\s[^<>]{0,200})?\/?>/gi;
const INLINE_TAG = /<\/?(?:code|span|tt|b|i|em|strong|nowiki|source|syntaxhighlight)(?:\s[^<>]{0,200})?\/?>/gi;
/** Quote marks, comment signs, bullets and list numbers before a line, as often as they are stacked. */
const LINE_PREFIX = /^[ \t]*(?:(?:>|#|[-•][ \t]|\d{1,3}[.)][ \t])[ \t]?){1,8}/gm;
const ENTITIES: Readonly<Record<string, string>> = { "&gt;": ">", "&lt;": "<", "&amp;": "&", "&quot;": '"', "&nbsp;": " " };

/** The text without colours, quote marks and markup; the same string when there is nothing to take away. */
export function cleanText(text: string): string {
  if (!NEEDS_CLEANING.test(text)) return text;
  return text
    .replace(/\r\n?/g, "\n")
    .replace(ANSI, "")
    .replace(/\u00a0/g, " ")
    .replace(/[\u200b\ufeff]/g, "")
    .replace(/&(?:gt|lt|amp|quot|nbsp);/g, (entity) => ENTITIES[entity] ?? entity)
    .replace(LINE_BREAK_TAG, "\n")
    .replace(INLINE_TAG, "")
    .replace(/\\[nr]/g, "\n")
    .replace(/\\t/g, "\t")
    .replace(/^[ \t]*```.{0,40}$/gm, "")
    .replace(/["`*|\\]|'{2,5}/g, "")
    .replace(LINE_PREFIX, "");
}
