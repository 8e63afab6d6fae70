/** The readers of a history from other tools, behind one door: a file a form, and one tail (points.ts) that makes samples of what they find. */
import { mayNameCounter } from "../../knowledge/counter-spellings.js";
import { readKeyValues } from "./key-values.js";
import { readLineProtocol } from "./line-protocol.js";
import { readPerfdata } from "./perfdata.js";
import { readPlainLine } from "./plain-lines.js";
import type { Points } from "./points.js";

type LineReader = (text: string, line: number, points: Points) => boolean;

/** From the unmistakable to the vague; the first that finds a counter takes the line. */
const LINE_READERS: readonly LineReader[] = [readPlainLine, readLineProtocol, readPerfdata, readKeyValues];

/** A line that stands for itself; false when none of the forms fits. */
export function readHistoryLine(text: string, line: number, points: Points): boolean {
  return mayNameCounter(text) && LINE_READERS.some((read) => read(text, line, points));
}
