/** Bounds that keep a hostile configuration linear: what is beyond them is not read, and said. */

import { MB } from "../units.js";
/** Characters read, includes and expansions counted each time: the largest real configurations are below 2 MB. */
export const MAX_CHARACTERS = 16 * MB;
/** Characters that come from defines: forty that each name the last twice would be a terabyte. */
export const MAX_EXPANDED = MB;
/** Kamailio's own MAX_INCLUDE_DEPTH (cfg.lex). */
export const MAX_INCLUDE_DEPTH = 10;
/** How deep a define may expand to another; Kamailio has no bound and never ends on `#!define A A`. */
export const MAX_EXPANSION_DEPTH = 32;
/** Kamailio's own MAX_IFDEFS is 512. */
export const MAX_CONDITIONS = 512;
/** Statements, routes, defines and the like kept of each kind; Kamailio itself stops at 512 defines. */
export const MAX_KEPT = 20_000;
/** Statements that were not understood, and warnings. */
export const MAX_UNKNOWN = 200;
/** Characters of a quote. */
export const MAX_QUOTE = 500;
/** Tokens of one statement outside of blocks; a long alias list has hundreds. */
export const MAX_STATEMENT_TOKENS = 5000;
/** Characters of one value that is kept. */
export const MAX_VALUE = 65_536;
