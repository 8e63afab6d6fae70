/**
 * Reads rows of `ps` (aux, -ef with sizes, -o with any columns), `top -b` and `smem`: sizes of Kamailio's processes, in KiB unless a letter
 * says otherwise.
 */
import { KB } from "../units.js";
import { size } from "./free.js";
import { NO_PROCESS, type ProcessFigures } from "./reading.js";

export type PsRow = { kamailio: boolean; figures: ProcessFigures };

const NAME = /(?:^|[/\s])(?:kamailio|openser|ser|sip-router)(?:$|[\s:])/;
/** A row of `ps aux` without its header, as `ps aux | grep kamailio` leaves it. */
const AUX_ROW =
  /^\s*\S{1,64}\s{1,40}(\d{1,10})\s{1,20}[\d.]{1,8}\s{1,20}[\d.]{1,8}\s{1,20}(\d{1,16})\s{1,20}(\d{1,16})\s{1,20}\S{1,16}\s{1,20}[DIRSTtWXZ]\S{0,8}\s{1,20}\S{1,16}\s{1,20}[\d:-]{3,20}\s{1,20}(\S.{0,400})/;

/** The columns of a header that has a pid and a size, in lower case, or `null`. */
export function psHeader(line: string): string[] | null {
  const columns = line.trim().toLowerCase().split(/\s+/, 40);
  return columns.includes("pid") && ["rss", "rsz", "res", "pss"].some((name) => columns.includes(name)) ? columns : null;
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
  const named = columns.findIndex((column) => ["command", "cmd", "comm", "args"].includes(column));
  // top names its last column in the user's language.
  const commandAt = named < 0 && columns.includes("virt") ? columns.length - 1 : named;
  // The command may have several words: what stands behind it is counted from the end.
  const behind = commandAt < 0 ? 0 : columns.length - 1 - commandAt;
  const word = (...names: string[]) => {
    const at = columns.findIndex((column) => names.includes(column));
    return at > commandAt && commandAt >= 0 ? words[words.length - columns.length + at] : words[at];
  };
  const command = commandAt < 0 ? "" : words.slice(commandAt, words.length - behind).join(" ");
  return row(word("pid"), command, {
    virtual: word("vsz", "vsize", "virt"),
    rss: word("rss", "rsz", "res"),
    pss: word("pss"),
    uss: word("uss"),
    shared: word("shr"),
    swap: word("swap"),
  });
}

interface Sizes {
  virtual?: string | undefined;
  rss?: string | undefined;
  pss?: string | undefined;
  /** smem: pages that the process alone has. */
  uss?: string | undefined;
  /** top: pages of files and shared memory; the rest of RES is anonymous (Documentation/filesystems/proc.rst, statm). */
  shared?: string | undefined;
  swap?: string | undefined;
}

function row(pid: string | undefined, command: string, sizes: Sizes): PsRow | null {
  if (pid === undefined || !/^\d{1,10}$/.test(pid)) return null;
  const bytes = (word: string | undefined) => size(word, KB);
  const name = (command.split(/\s/, 1)[0] ?? "").slice(0, 100);
  const rss = bytes(sizes.rss);
  const shared = bytes(sizes.shared);
  return {
    kamailio: NAME.test(command) && !/\bgrep\b/.test(command),
    figures: {
      ...NO_PROCESS,
      pid: Number(pid),
      name: name || null,
      virtual: bytes(sizes.virtual),
      rss,
      pss: bytes(sizes.pss),
      private_bytes: bytes(sizes.uss),
      rss_anon: rss === null || shared === null ? null : Math.max(0, rss - shared),
      rss_shmem: shared,
      swap: bytes(sizes.swap),
    },
  };
}
