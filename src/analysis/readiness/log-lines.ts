/** How many log lines a list of chunks takes. */

/** qm_status prints the fragment, who allocated it, and its check words in a debug build (q_malloc.c qm_status). */
const LINES_A_CHUNK_DEBUG = 3;
const LINES_A_CHUNK_RELEASE = 1;
/** Header, free lists and rule around the list: about this many for a pool in use (seen: 30 to 250). */
const LINES_AROUND = 150;

/** Log lines of a q_malloc list. When it is not known whether debugging is in, the larger figure. */
export function linesOfList(chunks: number, debug: boolean | null): number {
  return chunks * (debug === false ? LINES_A_CHUNK_RELEASE : LINES_A_CHUNK_DEBUG) + LINES_AROUND;
}
