/**
 * The journal's export format (`journalctl -o export`): records of `FIELD=value` lines, an empty line after each.
 *
 * A value with a line break is written as its field's name alone, eight bytes of length (little endian), the value, a line break;
 * kamailio's free list entries are such. Only the fields that tell an entry are kept; SYSLOG_RAW repeats the message.
 */
import { MB } from "../units.js";
import type { Entry } from "./entry.js";
import { readRecord } from "./record.js";

/** Longest value that is kept; longer ones are passed over. */
const MAX_VALUE = MB;
const LENGTH_BYTES = 8;
const NEWLINE = 10;
const FIELD = /^[A-Z_][A-Z0-9_]{0,63}$/;
const KEPT: ReadonlySet<string> = new Set([
  "MESSAGE",
  "SYSLOG_PID",
  "_PID",
  "SYSLOG_IDENTIFIER",
  "_COMM",
  "_SOURCE_REALTIME_TIMESTAMP",
  "__REALTIME_TIMESTAMP",
  "_HOSTNAME",
]);

/** A record that is complete, and the lines of the text that it took. */
export interface JournalRecord {
  entry: Entry | null;
  lines: number;
}

export class JournalExport {
  /** The next bytes are a length and a value, not a line. */
  binary = false;
  readonly warnings: string[] = [];
  private fields: Record<string, string> = {};
  private lines = 0;
  private binaryField = "";
  private head: number[] = [];
  private left = 0;
  private value: Buffer[] = [];

  /** Does this line belong to an export? Each has a field's name, or ends a record. */
  static fits(line: string): boolean {
    return line === "" || FIELD.test(line.split("=", 1)[0] ?? "");
  }

  /** Takes a line; gives the record that it closes. */
  take(line: string): JournalRecord | null {
    this.lines++;
    if (line === "") return this.flush();
    const equals = line.indexOf("=");
    if (equals > 0) this.set(line.slice(0, equals), line.slice(equals + 1));
    else {
      this.binary = true;
      this.binaryField = line;
      this.head = [];
      this.left = 0;
      this.value = [];
    }
    return null;
  }

  /** Takes bytes of a length and value. Returns where the text goes on. */
  takeBinary(bytes: Buffer, from: number): number {
    let at = from;
    while (this.head.length < LENGTH_BYTES && at < bytes.length) {
      this.head.push(bytes[at++] ?? 0);
      if (this.head.length === LENGTH_BYTES) this.left = this.valueLength() + 1;
    }
    if (this.head.length === LENGTH_BYTES) {
      if (this.left > MAX_VALUE) {
        this.warnings.push("a journal field's length is not credible: the record was left out");
        this.binary = false;
      } else at = this.takeValue(bytes, at);
    }
    for (let i = from; i < at; i++) if (bytes[i] === NEWLINE) this.lines++;
    return at;
  }

  private takeValue(bytes: Buffer, from: number): number {
    const to = Math.min(from + this.left, bytes.length);
    this.value.push(Buffer.from(bytes.subarray(from, to)));
    this.left -= to - from;
    if (this.left > 0) return to;
    this.binary = false;
    const value = Buffer.concat(this.value);
    this.set(this.binaryField, value.toString("utf8", 0, value.length - 1));
    this.value = [];
    return to;
  }

  /** The record that is being read, as far as it came. */
  flush(): JournalRecord | null {
    const { fields, lines } = this;
    if (lines === 0) return null;
    this.fields = {};
    this.lines = 0;
    return { entry: readRecord(fields), lines };
  }

  private set(field: string, value: string): void {
    if (KEPT.has(field)) this.fields[field] ??= value;
  }

  private valueLength(): number {
    return this.head.reduceRight((length, byte) => length * 256 + byte, 0);
  }
}
