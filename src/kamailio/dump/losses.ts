/** Lines in which a logger says that it dropped or folded messages. A dump that is going on at that moment may lack lines. */

/** `pid` when the line names whose messages were lost. */
export interface Loss {
  reason: string;
  pid: number | null;
}

const SUPPRESSED = /Suppressed (\d{1,12}) messages? from/;
const IMUXSOCK =
  /imuxsock(?:\[pid (\d{1,10})\])?:? ?(?:lost (\d{1,12}) messages from pid (\d{1,10})|begins? to drop messages(?: from pid (\d{1,10}))?)/;
const REPEATED = /(?:message|last message) repeated (\d{1,9}) times?/;
const SYSLOG_NG = /[Mm]essages? (?:were )?(?:dropped|suppressed)|suppressed by syslog/;
const MISSED = /Missed (\d{1,12}) kernel messages|(\d{1,12}) messages? (?:were )?lost due to rate-limiting/;

/** Reads one line; null when it reports no loss. */
export function readLoss(line: string): Loss | null {
  if (line.includes("Suppressed ")) {
    const match = SUPPRESSED.exec(line);
    if (match) return { reason: `journald suppressed ${match[1]} messages`, pid: null };
  }
  if (line.includes("imuxsock")) {
    const match = IMUXSOCK.exec(line);
    const pid = match?.[3] ?? match?.[4] ?? match?.[1];
    if (match)
      return {
        reason: match[2] ? `rsyslog lost ${match[2]} messages by rate limiting` : "rsyslog dropped messages by rate limiting",
        pid: pid ? Number(pid) : null,
      };
  }
  if (line.includes(" repeated ")) {
    const match = REPEATED.exec(line);
    if (match) return { reason: `the logger folded ${match[1]} repeated messages`, pid: null };
  }
  if (line.includes("rate-limiting") && MISSED.test(line))
    return { reason: "the logger dropped messages by rate limiting", pid: null };
  if (line.includes("essages") && SYSLOG_NG.test(line)) return { reason: "the logger dropped messages", pid: null };
  return null;
}
