/**
 * Are a log's lines those of one instance? Several on one host write into one journal, and their incidents must not be taken for one server's.
 *
 * Told apart by host, container and the program's name (`-N`, units such as kamailio@edge); where these are equal, by a main process that goes on
 * writing after another one has started: a restart ends it.
 */
import { baseName } from "../knowledge/sites.js";
import type { LogLine } from "../log-line/line.js";

/** Instances that are named. */
const MAX_NAMED = 8;
const MAX_SOURCES = 200;
const MAX_MAINS = 1_000;
const KAMAILIO_PROGRAM = /kamailio|openser|sip-?router|^ser$|ngcp/;

export class Instances {
  readonly #sources = new Set<string>();
  /** Main processes that said how they start, and how many had started before. */
  readonly #mains = new Map<number, number>();
  #together: readonly [number, number] | null = null;

  /** Takes a line of Kamailio's. */
  note({ host, container, program, pid, location, level }: LogLine): void {
    const name = program === null ? "" : baseName(program);
    if (location === null && level === null) return;
    if (name !== "" && !KAMAILIO_PROGRAM.test(name)) return;
    const source = [host, container, name].filter((part) => part !== "").join(" ");
    if (source !== "" && this.#sources.size < MAX_SOURCES) this.#sources.add(source);
    const started = pid === null ? undefined : this.#mains.get(pid);
    if (pid === null || started === undefined || started === this.#mains.size) return;
    const last = [...this.#mains.keys()].at(-1) ?? pid;
    this.#together ??= [pid, last];
  }

  /** Takes the line with which a main process starts. */
  started(line: LogLine): void {
    this.note(line);
    if (line.pid === null || this.#mains.size >= MAX_MAINS) return;
    this.#mains.delete(line.pid);
    this.#mains.set(line.pid, this.#mains.size + 1);
  }

  /** @param incidents does the log show any? */
  warnings(incidents: boolean): string[] {
    const counted = incidents ? ": the incidents are counted over all of them" : "";
    const one = "post the log of one instance (journalctl -u UNIT, or the lines of its pids)";
    if (this.#sources.size > 1) {
      const named = [...this.#sources].slice(0, MAX_NAMED).join(", ");
      const more = this.#sources.size > MAX_NAMED ? ", ..." : "";
      return [`the log holds lines of ${this.#sources.size} instances (${named}${more})${counted}; ${one}`];
    }
    if (this.#together === null) return [];
    const [first, second] = this.#together;
    return [`two main processes (${first} and ${second}) run side by side, so the log is of several instances${counted}; ${one}`];
  }
}
