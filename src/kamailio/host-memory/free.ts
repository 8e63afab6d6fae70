/**
 * Reads what `free` prints: procps since 3.3.10 (`buff/cache available`), `free -w`, and the old layout (`buffers cached`, `-/+ buffers/cache`).
 *
 * Without -h the table does not say its unit. A command line in front of it does (`free -m`); else the size of the total tells: no machine
 * that runs Kamailio has less than 64 MB. Its words follow the user's language, its columns do not: a table with other words is read by position.
 */
import { KB } from "../units.js";
import { type HostFigures, NO_HOST } from "./reading.js";

const UNITS: Readonly<Record<string, number>> = { b: 1, k: KB, m: KB ** 2, g: KB ** 3, t: KB ** 4, p: KB ** 5 };
/** A total below this number of KiB (64 MB) was not printed in KiB; below 64 it was not printed in MB either. */
const MIN_TOTAL_KIB = 65_536;
const MAX_TOTAL_GB = 64;
/** 4 TiB in KiB: a larger number was printed in bytes. */
const MAX_TOTAL_KIB = 2 ** 32;

const COMMAND = /\bfree(?: +-(?:w|l|t|s ?\d+|c ?\d+))* +(?:-w?([bkmgh])w?\b|--(bytes|kibi|mebi|gibi|human)\b)/;

/** The unit that a command line such as `$ free -m` asks for, or `null`. */
export function freeUnit(line: string): number | null {
  const match = COMMAND.exec(line.slice(0, 200));
  const letter = match?.[1] ?? match?.[2]?.[0];
  return letter === undefined || letter === "h" ? null : (UNITS[letter] ?? null);
}

/** The columns of a header line of `free`, or `null`. */
export function freeHeader(line: string): string[] | null {
  const columns = line.trim().split(/\s+/, 12);
  return columns[0] === "total" && columns[1] === "used" && columns[2] === "free" ? columns : null;
}

const LAYOUTS = {
  new: ["total", "used", "free", "shared", "buff/cache", "available"],
  wide: ["total", "used", "free", "shared", "buffers", "cache", "available"],
  old: ["total", "used", "free", "shared", "buffers", "cached"],
} as const;

/** Could the line be the header of `free` in another language? Words without digits, far to the right; the lines under it decide. */
export function foreignFreeHeader(line: string): boolean {
  return /^\s{8,60}[^\s\d:]{2,30}(?:\s{1,30}[^\s\d:]{2,30}){4,7}\s{0,20}$/u.test(line);
}

/** The columns of a table whose first line of figures this is, and its figures; `null` when it is no such line. */
export function foreignFreeColumns(line: string): readonly string[] | null {
  const figures = foreignFigures(line);
  if (figures === null) return null;
  if (figures.length === 7) return LAYOUTS.wide;
  if (figures.length !== 6) return null;
  const [total = 0, used = 0, free = 0] = figures.map((word) => Number.parseFloat(word.replace(",", ".")));
  // Before procps 3.3.10 what is not free is used, caches included.
  return total > 0 && Math.abs(total - used - free) <= total / 1000 ? LAYOUTS.old : LAYOUTS.new;
}

/** The figures behind a label in any language (`Speicher:`, `Partition d'échange:`); `null` for another line. */
export function foreignFigures(line: string): string[] | null {
  const match = /^\s{0,8}[^\s\d:][^\d:]{0,40}?\s?:\s{1,40}(\d.{0,300})$/u.exec(line);
  const words = match?.[1]?.trim().split(/\s+/, 12) ?? [];
  return words.length >= 3 && words.every((word) => size(word, 1) !== null) ? words : null;
}

/** Reads the `Mem:` line under its header. `unit`: bytes of one, when known. */
export function readFreeMem(
  line: string,
  columns: readonly string[],
  unit: number | null,
): { figures: HostFigures; scale: number; inferred: boolean } | null {
  const words = values(line, "Mem:") ?? foreignFigures(line);
  if (words === null || words.length < columns.length) return null;
  const total = Number.parseFloat(words[0] ?? "");
  const suffixed = words.some((word) => /[A-Za-z]/.test(word));
  const scale = unit ?? inferUnit(total);
  const figure = (name: string) => {
    const at = columns.indexOf(name);
    return at < 0 ? null : size(words[at], scale);
  };
  const all = figure("total");
  const free = figure("free");
  if (all === null || free === null) return null;
  const cached = figure("cached") ?? figure("cache") ?? figure("buff/cache");
  return {
    inferred: unit === null && !suffixed,
    scale,
    figures: {
      ...NO_HOST,
      source: "free",
      total: all,
      free,
      available: figure("available"),
      buffers: columns.includes("buff/cache") ? null : figure("buffers"),
      cached,
      shmem: figure("shared"),
    },
  };
}

/** Adds the `Swap:` line, in the unit that the `Mem:` line was read with. */
export function readFreeSwap(line: string, figures: HostFigures, scale: number): void {
  const words = values(line, "Swap:") ?? foreignFigures(line);
  if (words === null) return;
  figures.swap_total = size(words[0], scale);
  figures.swap_free = size(words[2], scale);
}

function values(line: string, label: string): string[] | null {
  const text = line.trim();
  return text.startsWith(label) ? text.slice(label.length).trim().split(/\s+/, 12) : null;
}

function inferUnit(total: number): number {
  if (total < MAX_TOTAL_GB) return KB ** 3;
  if (total < MIN_TOTAL_KIB) return KB ** 2;
  return total > MAX_TOTAL_KIB ? 1 : KB;
}

/** `15885`, `15Gi`, `1.2G`, `512M`: bytes. */
export function size(word: string | undefined, scale: number): number | null {
  const match = /^(\d{1,20}(?:[.,]\d{1,6})?)([BKMGTPbkmgtp]?)i?B?$/.exec(word ?? "");
  if (!match) return null;
  const unit = match[2] ? (UNITS[match[2].toLowerCase()] ?? 1) : scale;
  return Math.round(Number((match[1] ?? "").replace(",", ".")) * unit);
}
