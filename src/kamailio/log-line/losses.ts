/** Lines in which a logger says that it dropped or folded messages: a dump that is going on may lack lines, and counts are lower bounds. */

export interface Loss {
  /** `repeated`: the line before was written `count` times more, and is not lost. */
  kind: "dropped" | "repeated";
  reason: string;
  /** How many messages; 0 when the logger does not say. */
  count: number;
  /** Whose messages, when the line names the process. */
  pid: number | null;
}

const SUPPRESSED = /Suppressed (\d{1,12}) messages? from/;
const DROPPED =
  /(?:imuxsock|imjournal)(?:\[pid (\d{1,10})\])?:? ?[^\n]{0,60}?(?:lost (\d{1,12}) messages(?: from pid (\d{1,10}))?|begins? to drop messages(?: from pid (\d{1,10}))?)/;
const REPEATED = /(?:message|last message) repeated (\d{1,9}) times?/;
const SYSLOG_NG = /[Mm]essages? (?:were )?(?:dropped|suppressed)|suppressed by syslog/;
const LOST = /Missed (\d{1,12}) kernel messages|(\d{1,12}) messages? (?:were )?lost/;

/** Reads one line; null when it reports no loss. */
export function readLoss(line: string): Loss | null {
  if (line.includes("Suppressed ")) {
    const match = SUPPRESSED.exec(line);
    if (match) return dropped(`journald suppressed ${match[1]} messages`, match[1]);
  }
  if (line.includes("imuxsock") || line.includes("imjournal")) {
    const match = DROPPED.exec(line);
    const pid = match?.[3] ?? match?.[4] ?? match?.[1];
    const reason = match?.[2]
      ? `rsyslog lost ${match[2]} messages by rate limiting`
      : "rsyslog dropped messages by rate limiting";
    if (match) return { ...dropped(reason, match[2]), pid: pid ? Number(pid) : null };
  }
  if (line.includes(" repeated ")) {
    const match = REPEATED.exec(line);
    if (match)
      return { kind: "repeated", reason: `the logger folded ${match[1]} repeated messages`, count: Number(match[1]), pid: null };
  }
  if (line.includes("lost") || line.includes("Missed ")) {
    const match = LOST.exec(line);
    if (match) return dropped("the logger dropped messages by rate limiting", match[1] ?? match[2]);
  }
  if (line.includes("essages") && SYSLOG_NG.test(line)) return dropped("the logger dropped messages", undefined);
  return null;
}

const dropped = (reason: string, count: string | undefined): Loss => ({
  kind: "dropped",
  reason,
  count: Number(count ?? 0),
  pid: null,
});
