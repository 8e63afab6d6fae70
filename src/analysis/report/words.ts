/** How a report writes sizes, times and processes. */
import { mb } from "../../kamailio/units.js";
/** Bytes as the counters print them, and in MB for the reader. */
export function bytes(value: number): string {
  return `${Math.round(value)} (${mb(value)})`;
}

/** Half an address is no address to the redactor, so a cut goes between two words. */
const LONGEST_WORD = 300;

/** A text that was printed somewhere, cut to `most` characters, on one line. */
export function quoted(text: string, most: number): string {
  const line = text.replaceAll(/[\r\n\t]+/g, " ").trim();
  if (line.length <= most) return line;
  const words = line.lastIndexOf(" ", most);
  return `${line.slice(0, words > most - LONGEST_WORD ? words : most)}...`;
}

/** At most so many, and what is left out in words. */
export function some<Item>(items: readonly Item[], most: number, what: string): { shown: Item[]; note: string | null } {
  return {
    shown: items.slice(0, most),
    note: items.length > most ? `${most} of ${items.length} ${what} are shown.` : null,
  };
}
