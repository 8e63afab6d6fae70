/**
 * Reads the lines about memory above the table of `top -b`: procps since 3.3.10 (`MiB Mem :`), before (`KiB Mem:`), and before 3.3 (`Mem: 8175608k
 * total`). Their words follow the language, their order does not.
 */
import { KB } from "../units.js";
import { size } from "./free.js";
import { type HostFigures, NO_HOST } from "./reading.js";

const LINE =
  /^\s{0,8}(?:([KMGTP])iB\s{1,8})?([^\d\s:][^\d:]{0,20}?)\s{0,8}:\s{0,12}([\d.,]{1,20}[kmg]?[+]?)\s([^\d,]{1,20}),\s{0,12}([\d.,]{1,20}[kmg]?[+]?)\s([^\d,]{1,20}),\s{0,12}([\d.,]{1,20}[kmg]?[+]?)\s([^\d,.]{1,20})[.,]\s{0,12}([\d.,]{1,20}[kmg]?[+]?)\s([^\d]{1,30})$/u;
const SCALES: Readonly<Record<string, number>> = { K: KB, M: KB ** 2, G: KB ** 3, T: KB ** 4, P: KB ** 5 };

export interface TopLine {
  kind: "memory" | "swap";
  /** In the order of the line, bytes. */
  figures: [number, number, number, number];
  /** In old releases total, used, free, buffers; since 3.3.10 total, free, used, buff/cache. */
  usedFirst: boolean;
}

/** Reads one line; `null` when it is none of the two. `first`: no line about memory has been read since the head of this table. */
export function readTopLine(line: string, first: boolean): TopLine | null {
  const match = LINE.exec(line);
  if (match === null) return null;
  const scale = SCALES[match[1] ?? "K"] ?? KB;
  const [a, b, c, d] = [match[3], match[5], match[7], match[9]].map((word) => size(word?.replace("+", ""), scale));
  if (a == null || b == null || c == null || d == null) return null;
  return {
    kind: first ? "memory" : "swap",
    figures: [a, b, c, d],
    usedFirst: /^(?:used|belegt|util)/.test(match[6] ?? "") && !match[1],
  };
}

/** The host's figures that the line about memory gives. */
export function hostOfTop({ figures, usedFirst }: TopLine): HostFigures {
  const [total, second, third, fourth] = figures;
  return usedFirst
    ? { ...NO_HOST, source: "top", total, free: third, buffers: fourth }
    : { ...NO_HOST, source: "top", total, free: second, cached: fourth };
}

/** Adds the line about swap; its last figure is what is available (in old releases: cached). */
export function addSwapOfTop(host: HostFigures, { figures, usedFirst }: TopLine): void {
  const [total, second, third, fourth] = figures;
  host.swap_total = total;
  host.swap_free = usedFirst ? third : second;
  if (usedFirst) host.cached = fourth;
  else host.available = fourth;
}
