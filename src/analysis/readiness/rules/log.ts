/** Readiness rules: where dump lines go, and whether all of them arrive. journald and rsyslog drop lines beyond a rate; a dump loses its middle. */

import { logOf } from "../../commands/log.js";
import { rpc, toolName } from "../../commands/rpc.js";
import { askWith, atRuntime, type Check, nothing, settingEvidence } from "../check.js";
import { linesOfList } from "../log-lines.js";
import type { Situation } from "../situation.js";
import type { Rule } from "./rule.js";

/** RateLimitBurst of journald per RateLimitIntervalSec (30 s) and service, times up to 6 with free disk space (journald.conf(5), systemd 240+). */
const JOURNALD_BURST_LINES = 10_000;
/** The same before systemd 240. */
const OLD_JOURNALD_BURST_LINES = 1000;

const DROP_IN = "/etc/systemd/journald.conf.d/90-kamailio-dump.conf";

export const logDestination: Rule = (s): Check | null => {
  if (s.is_kamailio === false) return null;
  const base = { id: "log_destination", title: "It is known where the dump lines go" };
  const known = s.runtime.log_destination ?? null;
  if (known !== null)
    return {
      ...base,
      status: "pass",
      detail: `The log goes to ${known}.`,
      evidence: { kind: "runtime", id: null, quote: known },
      fix: nothing(),
    };
  const { log_stderror: stderr, service_manager: manager } = s.settings;
  if (stderr.value === null)
    return {
      ...base,
      status: "unknown",
      detail: "log_stderror is not recorded: stderr, or syslog.",
      evidence: null,
      fix: askWith(rpc(s.reach, "core.arg"), `${logOf(s.reach, 60)} | tail -n 20`),
    };
  const toStderr = stderr.value !== 0;
  const where = toStderr
    ? manager.value === "docker" || manager.value === "kubernetes"
      ? "stderr, which the container engine keeps (docker logs, kubectl logs)"
      : "stderr: the terminal, or the journal when systemd started it"
    : "syslog: /var/log/syslog, /var/log/messages or the file of its facility, and the journal";
  return { ...base, status: "pass", detail: `It goes to ${where}.`, evidence: settingEvidence(stderr), fix: nothing() };
};

export const logKeepsUp: Rule = (s): Check | null => {
  if (s.is_kamailio === false || s.version === null) return null;
  const base = { id: "log_rate_limit", title: "The log takes all lines of a dump", evidence: null };
  const lists = s.pools.shm.reports?.lists === true || s.pools.pkg.reports?.lists === true;
  const shm = s.runtime.chunks?.shm ?? null;
  const pkg = s.runtime.chunks?.pkg ?? null;
  const most = Math.max(shm ?? -1, pkg ?? -1);
  const fix = atRuntime(
    [
      "sudo mkdir -p /etc/systemd/journald.conf.d",
      `printf '[Journal]\\nRateLimitIntervalSec=0\\nRateLimitBurst=0\\n' | sudo tee ${DROP_IN}`,
      "sudo systemctl restart systemd-journald",
    ],
    { undo: [`sudo rm ${DROP_IN}`, "sudo systemctl restart systemd-journald"] },
  );
  if (!lists)
    return {
      ...base,
      status: "pass",
      detail: "This manager prints sums alone: a line for each allocation site, some hundreds.",
      fix: nothing(),
    };
  if (most < 0)
    return {
      ...base,
      status: "unknown",
      detail: `A list takes ${s.debug === false ? "one line" : "three lines"} a chunk, and a busy shm pool holds hundreds of thousands of chunks. journald drops what exceeds ${JOURNALD_BURST_LINES} lines in 30 s (${OLD_JOURNALD_BURST_LINES} before systemd 240), rsyslog what exceeds its RateLimit; the dump then lacks its middle. Lift the limit first, or let ${toolName(s.reach)} print sums.`,
      fix,
    };
  const lines = linesOfList(most, s.debug);
  if (lines <= OLD_JOURNALD_BURST_LINES)
    return {
      ...base,
      status: "pass",
      detail: `About ${lines} lines for ${most} chunks: below every usual limit.`,
      fix: nothing(),
    };
  return {
    ...base,
    status: "warn",
    detail: `${expected(s, lines, most)} Lift the limit first (rsyslog: SysSock.RateLimit.Interval="0" for imuxsock, Ratelimit.Interval="0" for imjournal).`,
    fix,
  };
};

function expected(s: Situation, lines: number, chunks: number): string {
  const limit = lines > JOURNALD_BURST_LINES ? JOURNALD_BURST_LINES : OLD_JOURNALD_BURST_LINES;
  const which = limit === JOURNALD_BURST_LINES ? "journald keeps" : "journald before systemd 240 keeps";
  return `Expect about ${lines} lines for ${chunks} chunks; ${which} ${limit} in 30 s and drops the rest${s.debug === false ? "" : ", so the list would lack its middle"}.`;
}
