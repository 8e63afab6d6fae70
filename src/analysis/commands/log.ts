/** Where the log of an instance is read: its container, its journal, or the files of syslog. */
import { quoteShellWord } from "../../kamailio/shell-words.js";
import type { Reach } from "./reach.js";
import { placeholder } from "./words.js";

/** A dump of a large pool has hundreds of thousands of lines; more would be another incident's. */
const LOG_LINES = 2_000_000;

/** The log of the last minutes, where this service manager keeps it; where nobody said which one, the machine is asked. */
export function logOf({ box, service_manager: manager, service_name: unit, log_stderror }: Reach, minutes: number): string {
  if (box?.kind === "docker") return `docker logs --since ${minutes}m ${box.word.shell} 2>&1`;
  if (box?.kind === "kubernetes") return `kubectl logs --since=${minutes}m ${box.word.shell}`;
  const journal = `journalctl -u ${quoteShellWord(unit)} --since -${minutes}min --no-pager -o short-iso`;
  if (manager === "systemd") return `sudo ${journal}`;
  if (manager !== "openrc" && log_stderror === 1)
    return `tail -n ${LOG_LINES} ${placeholder("LOG", "the file that the standard error of Kamailio goes to").shell}`;
  const files = `grep -h kamailio /var/log/syslog /var/log/messages 2>/dev/null | tail -n ${LOG_LINES}`;
  const line = manager === null ? `if [ -d /run/systemd/system ]; then ${journal}; else ${files}; fi` : files;
  return `sudo sh -c ${quoteShellWord(line)}`;
}
