/** Reads answers without names: `core.ps` (a pid and a description in turn) and `dns.mem_info` (used and limit). */
import { loadNameOfRpc } from "../knowledge/load-counters.js";
import { classOfDescription } from "../process-class.js";
import type { Command } from "./commands.js";
import type { Sink } from "./model.js";
import { MAX_DESC } from "./structs.js";

export interface BareReader {
  /** Another command's answer begins. */
  reset(command: Command | null): void;
  feed(text: string, line: number): boolean;
}

export function createBareReader(sink: Sink): BareReader {
  let command: Command | null = null;
  let place = 0;
  let pid: number | null = null;

  function feedNumber(text: string, line: number): boolean {
    if (!/^\d{1,15}$/.test(text)) return false;
    const name = command?.name.endsWith(".mem_info") === true ? loadNameOfRpc(command.name, String(place++)) : null;
    if (name !== null) sink.add({ kind: "load", label: command?.name ?? "", line, load: new Map([[name, Number(text)]]) });
    pid = text.length <= 10 ? Number(text) : null;
    return true;
  }

  return {
    reset(found) {
      command = found;
      place = 0;
      pid = null;
    },
    feed(text, line) {
      if (feedNumber(text, line)) return true;
      if (pid === null || (command?.name !== "core.ps" && classOfDescription(text) === null)) return false;
      sink.add({ kind: "process", label: "core.ps", pid, rank: null, desc: text.slice(0, MAX_DESC) });
      pid = null;
      return true;
    },
  };
}
