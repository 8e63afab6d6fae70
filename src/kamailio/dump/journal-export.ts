/**
 * The journal's export format (`journalctl -o export`): records of `FIELD=value` lines, an empty line after each.
 *
 * A value with a line break is written as its field's name alone, eight bytes of length (little endian), the value, a line break;
 * kamailio's free list entries are such. Only MESSAGE, the pid, the time and the host are kept; SYSLOG_RAW repeats the message.
 */
import { MB } from "../units.js";
import { journalTime } from "./log-origin.js";

export interface JournalMessage {
  text: string;
  pid: number | null;
  time: string | null;
  source: string;
}

/** Longest value that is kept; longer ones are passed over. */
const MAX_VALUE = MB;
const LENGTH_BYTES = 8;
const FIELD = /^[A-Z_][A-Z0-9_]{0,63}$/;

export class JournalExport {
  /** The next bytes are a length and a value, not a line. */
  binary = false;
  readonly warnings: string[] = [];
  private active = false;
  private fields = new Map<string, string>();
  private binaryField = "";
  private head: number[] = [];
  private left = 0;
  private value: Buffer[] = [];

  /** Is this line a part of an export? It begins with a cursor; from then on everything is, until a line does not fit. */
  takes(line: string): boolean {
    if (line.startsWith("__CURSOR=")) this.active = true;
    else if (this.active && line !== "" && !FIELD.test(line.split("=", 1)[0] ?? "")) this.active = false;
    return this.active;
  }

  /** Takes a line; gives the message when it closes a record. */
  take(line: string): JournalMessage[] {
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
    return [];
  }

  /** Takes bytes of a length and value. Returns where the text goes on, and the line breaks in the bytes taken. */
  takeBinary(bytes: Buffer, from: number): { next: number; lines: number } {
    let at = from;
    while (this.head.length < LENGTH_BYTES && at < bytes.length) {
      this.head.push(bytes[at++] ?? 0);
      if (this.head.length === LENGTH_BYTES) this.left = this.valueLength() + 1;
    }
    if (this.head.length < LENGTH_BYTES) return { next: at, lines: breaks(bytes, from, at) };
    if (this.left > MAX_VALUE) {
      this.warnings.push("a journal field's length is not credible: the record was left out");
      this.binary = false;
      return { next: at, lines: breaks(bytes, from, at) };
    }
    const taken = Math.min(this.left, bytes.length - at);
    this.value.push(Buffer.from(bytes.subarray(at, at + taken)));
    this.left -= taken;
    at += taken;
    if (this.left === 0) {
      this.binary = false;
      const value = Buffer.concat(this.value);
      this.set(this.binaryField, value.toString("latin1", 0, value.length - 1));
      this.value = [];
    }
    return { next: at, lines: breaks(bytes, from, at) };
  }

  /** The record that is being read, as far as it came. */
  flush(): JournalMessage[] {
    const text = this.fields.get("MESSAGE");
    const pid = this.fields.get("SYSLOG_PID") ?? this.fields.get("_PID");
    const message = {
      text: text ?? "",
      pid: pid !== undefined && /^\d{1,10}$/.test(pid) ? Number(pid) : null,
      time: journalTime(this.fields.get("__REALTIME_TIMESTAMP")),
      source: this.fields.get("_HOSTNAME") ?? "",
    };
    this.fields.clear();
    return text === undefined ? [] : [message];
  }

  private set(field: string, value: string): void {
    if (KEPT.has(field)) this.fields.set(field, value);
  }

  private valueLength(): number {
    return this.head.reduceRight((length, byte) => length * 256 + byte, 0);
  }
}

const KEPT: ReadonlySet<string> = new Set(["MESSAGE", "SYSLOG_PID", "_PID", "__REALTIME_TIMESTAMP", "_HOSTNAME"]);

function breaks(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (bytes[i] === 10) count++;
  return count;
}
