/** Figures and times as the chart writes them. */

import { MB } from "../../kamailio/units.js";

export function toMb(bytes: number): number {
  return bytes / MB;
}

/** Not allowed in XML 1.0, whatever they are escaped as; and halves of characters. */
const NO_XML = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu;

/** A text from outside for a label: in one line, of a bounded length, of characters that a picture may hold. */
export function label(text: string, longest: number): string {
  const clean = text.replaceAll(NO_XML, " ").replaceAll(/ {2,}/g, " ").trim();
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1)}…`;
}
