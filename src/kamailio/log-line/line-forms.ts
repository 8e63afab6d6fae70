/**
 * The forms that are read line by line: journal exports, the CSV of log stores, web pages' markup, the pieces of CRI logs. Which of them a text
 * has is decided by its first bytes.
 */
import { type CsvHeader, readCsvHeader, readCsvRow, rowIsOpen } from "./csv-entries.js";
import { JournalExport, type JournalRecord } from "./journal-export.js";
import { hasMarkup, withoutMarkup } from "./markup.js";
import { hasCriLines, type Pieces } from "./pieces.js";
import { openedEntryLine } from "./tail.js";

/** A CSV row over several lines. */
const MAX_ROW = 65_536;
/** Kamailio's place in the source, or its tag: what a web page must show beside its markup. */
const LOG_SIGN = /\[[\w./-]{1,80}\.[chly]:\d{1,6}\]|(?:kamailio|openser|ser)\[\d{1,10}\]|\b[qf]m_(?:status|sums)\b/;

/** What became of a line. */
export interface FormedLine {
  text: string;
  /** The text is finished, with its line ends; else it is a line as all others, without its line end. */
  finished: boolean;
}

export class LineForms {
  readonly journal = new JournalExport();
  /** Must every line be given to `take`? */
  readonly active: boolean;
  readonly #markup: boolean;
  readonly #cri: boolean;
  readonly #exports: boolean;
  #exporting = false;
  readonly #csv: CsvHeader | null;
  #row = "";
  #rowLines = 0;

  /** @param head the first bytes of the text, as latin1 */
  constructor(
    head: string,
    private readonly pieces: Pieces,
  ) {
    this.#markup = hasMarkup(head) && LOG_SIGN.test(head);
    this.#cri = hasCriLines(head);
    this.#exports = head.startsWith("__CURSOR=") || head.includes("\n__CURSOR=");
    const first = /^\s{0,100}([^\n]{1,4000})/.exec(head)?.[1] ?? "";
    this.#csv = readCsvHeader(first.trimEnd());
    this.active = this.#markup || this.#cri || this.#exports || this.#csv !== null;
  }

  take(line: string): FormedLine {
    if (this.#csv !== null) return finished(this.#csvLine(line, this.#csv));
    if (this.#exports) {
      const exported = this.#journalLine(line);
      if (exported !== null) return finished(exported);
    }
    const whole = this.#cri ? this.pieces.joinLine(line) : line;
    if (whole === null) return finished("\n");
    return { text: this.#markup ? withoutMarkup(whole) : whole, finished: false };
  }

  /** What is still unfinished when the text ends. */
  end(): string {
    const row = this.#row === "" || this.#csv === null ? "" : this.#rowText(this.#csv);
    return row + recordText(this.journal.flush());
  }

  /** `null`: the line belongs to no export. */
  #journalLine(line: string): string | null {
    if (line.startsWith("__CURSOR=")) this.#exporting = true;
    if (!this.#exporting) return null;
    if (JournalExport.fits(line)) return recordText(this.journal.take(line));
    this.#exporting = false;
    return `${recordText(this.journal.flush())}${line}\n`;
  }

  #csvLine(line: string, header: CsvHeader): string {
    this.#row = this.#rowLines === 0 ? line : `${this.#row}\n${line}`;
    this.#rowLines++;
    return rowIsOpen(this.#row) && this.#row.length < MAX_ROW ? "" : this.#rowText(header);
  }

  #rowText(header: CsvHeader): string {
    const entry = readCsvRow(this.#row, header);
    const text = entry === null ? `${this.#row}\n` : openedEntryLine(entry) + "\n".repeat(this.#rowLines);
    this.#row = "";
    this.#rowLines = 0;
    return text;
  }
}

const finished = (text: string): FormedLine => ({ text, finished: true });

/** A record's line, with as many empty ones behind it as the record had lines more. */
const recordText = (record: JournalRecord | null): string =>
  record === null ? "" : (record.entry === null ? "" : openedEntryLine(record.entry)) + "\n".repeat(record.lines);
