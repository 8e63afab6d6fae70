/** Takes apart lines that hold several messages. */

/** How many messages one logged record may hold: a dump's table of free lists is the longest. */
const MAX_PARTS = 10_000;
/** How many messages may be glued into one line. */
const MAX_GLUED = 8;
/** The message that was written without a newline up to 5.0.2 (PKG_MEM_ERROR, mem/mem.h@4.4.7): the next one stands behind it. */
const GLUE = "private memory from available pool";

/** The messages of a line, in order: rsyslog writes an inner newline as #012 and a tab as #011, PKG_MEM_ERROR up to 5.0.2 wrote no newline. */
export function messagesOf(line: string): string[] {
  if (line.includes("#012"))
    return line
      .replaceAll("#011", "\t")
      .split("#012", MAX_PARTS)
      .filter((part) => part !== "");
  return line.includes(GLUE) ? unglued(line) : [line];
}

function unglued(line: string): string[] {
  const parts: string[] = [];
  let rest = line;
  while (parts.length < MAX_GLUED) {
    const glue = rest.indexOf(GLUE);
    const cut = glue < 0 ? rest.length : glue + GLUE.length;
    if (cut > 0) parts.push(rest.slice(0, cut));
    rest = rest.slice(cut);
    if (rest.trim() === "") break;
  }
  return parts;
}
