/** Takes apart lines that hold several messages. */

/** How many messages may be glued into one line. */
const MAX_GLUED = 8;
/** The message that was written without a newline up to 5.0.2 (PKG_MEM_ERROR, mem/mem.h@4.4.7): the next one stands behind it. */
const GLUE = "private memory from available pool";

/** Splits a line that holds several messages: PKG_MEM_ERROR up to 5.0.2 wrote no newline, rsyslog writes an inner newline as #012. */
export function unglue(text: string): string[] {
  const parts: string[] = [];
  let rest = text;
  while (parts.length < MAX_GLUED) {
    const glue = rest.indexOf(GLUE);
    const escaped = rest.indexOf("#012");
    const cut = Math.min(glue < 0 ? rest.length : glue + GLUE.length, escaped < 0 ? rest.length : escaped);
    if (cut > 0) parts.push(rest.slice(0, cut));
    if (cut >= rest.length) break;
    rest = rest.slice(rest.startsWith("#012", cut) ? cut + 4 : cut);
  }
  return parts;
}
