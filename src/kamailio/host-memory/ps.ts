/** Reads rows of `ps` (aux, -ef with sizes, -o with any columns): resident sizes of Kamailio's processes, in KiB as ps counts. */
import { KIB, NO_PROCESS, type ProcessFigures } from "./reading.js";

export type PsRow = { kamailio: boolean; figures: ProcessFigures };

const NAME = /(?:^|[/\s])(?:kamailio|openser|ser|sip-router)(?:$|[\s:])/;
/** A row of `ps aux` without its header, as `ps aux | grep kamailio` leaves it. */
const AUX_ROW =
  /^\s*\S{1,64}\s{1,40}(\d{1,10})\s{1,20}[\d.]{1,8}\s{1,20}[\d.]{1,8}\s{1,20}(\d{1,16})\s{1,20}(\d{1,16})\s{1,20}\S{1,16}\s{1,20}[DIRSTtWXZ]\S{0,8}\s{1,20}\S{1,16}\s{1,20}[\d:-]{3,20}\s{1,20}(\S.{0,400})/;

/** The columns of a ps header that has a pid and a size, in lower case, or `null`. */
export function psHeader(line: string): string[] | null {
  const columns = line.trim().toLowerCase().split(/\s+/, 40);
  return columns.includes("pid") && (columns.includes("rss") || columns.includes("rsz") || columns.includes("pss"))
    ? columns
    : null;
}

/** Reads one row under its header, or a row of `ps aux` without one. `null` when it is no such row. */
export function readPsRow(line: string, columns: readonly string[] | null): PsRow | null {
  if (columns === null) {
    const match = AUX_ROW.exec(line);
    if (!match) return null;
    return row(match[1], match[4] ?? "", { virtual: match[2], rss: match[3] });
  }
  const words = line.trim().split(/\s+/, 80);
  if (words.length < columns.length) return null;
  const word = (...names: string[]) => words[columns.findIndex((column) => names.includes(column))];
  const commandAt = columns.findIndex((column) => ["command", "cmd", "comm", "args"].includes(column));
  const command =
    commandAt < 0 ? "" : words.slice(commandAt, commandAt === columns.length - 1 ? undefined : commandAt + 1).join(" ");
  return row(word("pid"), command, { virtual: word("vsz", "vsize"), rss: word("rss", "rsz"), pss: word("pss") });
}

function row(pid: string | undefined, command: string, sizes: { virtual?: string; rss?: string; pss?: string }): PsRow | null {
  if (pid === undefined || !/^\d{1,10}$/.test(pid)) return null;
  const bytes = (word: string | undefined) => (word !== undefined && /^\d{1,16}$/.test(word) ? Number(word) * KIB : null);
  const name = (command.split(/\s/, 1)[0] ?? "").slice(0, 100);
  return {
    kamailio: NAME.test(command) && !/\bgrep\b/.test(command),
    figures: {
      ...NO_PROCESS,
      pid: Number(pid),
      name: name || null,
      virtual: bytes(sizes.virtual),
      rss: bytes(sizes.rss),
      pss: bytes(sizes.pss),
    },
  };
}
