/**
 * Collects pairs that stand on lines of their own: statistics (`shmem:total_size = N`, with `:: ` of sercmd's MI before it, `shmem.total_size: N`),
 * MI's `Name:: value`, YAML members (`total: N`, quoted or not) and XML-RPC members. A name that comes again begins the next answer.
 */
import type { Sink } from "./model.js";
import { MAX_DESC, notKamailio, readStatistics, readStruct } from "./structs.js";

export interface PairReader {
  /** True when the line is a pair. */
  feed(text: string, line: number): boolean;
  /** Reports what was collected. */
  flush(): void;
}

const STATISTIC =
  /^([A-Za-z][A-Za-z0-9_-]{0,63}[:.][^\s=:]{1,128})\s{0,20}(=|::|:)\s{0,20}(-?[0-9][0-9.eE+,'’ \u00a0\u202f]{0,39})$/;
const PROCESS = /^Process::\s{1,4}ID=\d{1,9} PID=(\d{1,10}) Type=(.{0,200})$/;
const XML = /<name>([^<]{1,100})<\/name>|<(?:i4|i8|int|double|string|value)>([^<]{1,100})<\//g;
/** Members of answers that YAML tools print without braces. */
const MEMBERS: ReadonlySet<string> = new Set(
  (
    "total free used real_used max_used fragments entry pid rank total_size total_frags desc name size now up_since uptime current waiting " +
    "total_local replied_locally rpl_received rpl_generated rpl_sent 6xx 5xx 4xx 3xx 2xx created freed delayed_free IDX PID DSC " +
    "slots all min max readers max_connections max_tls_connections opened_connections opened_tls_connections write_queued_bytes " +
    "starting connecting answering ongoing clear_text_write_queued_bytes index status description"
  ).split(" "),
);
/** More than the statistics of every module together. */
const MAX_PAIRS = 20_000;

export function createPairReader(sink: Sink): PairReader {
  let pairs = new Map<string, unknown>();
  let form: "statistic" | "member" = "member";
  let first = 1;
  let xmlName: string | null = null;

  function flush(): void {
    if (pairs.size === 0) return;
    const found = pairs;
    pairs = new Map();
    if (form === "statistic") readStatistics(found, first, sink);
    else readStruct(found, first, null, sink);
  }

  function keep(name: string, value: unknown, line: number, next: typeof form): void {
    if (form !== next || pairs.has(name) || pairs.size >= MAX_PAIRS) flush();
    if (pairs.size === 0) first = line;
    form = next;
    pairs.set(name, value);
  }

  function feedStatistic(text: string, line: number): boolean {
    const match = STATISTIC.exec(text);
    if (match?.[1] === undefined) return false;
    if (match[2] === "::") sink.warn("`group:name:: value` is how OpenSIPS spells statistics: make sure that this is Kamailio's");
    if (match[1].startsWith("pkmem:") && pairs.size === 0) return notKamailio(line, sink);
    keep(match[1], match[3], line, "statistic");
    return true;
  }

  /** `Up time:: 1 [sec]`, `Now:: Mon Nov 23 00:59:45 2026`, `Process::  ID=0 PID=2134 Type=attendant`. */
  function feedMi(text: string, line: number): boolean {
    const uptime = /^Up time:: (\d{1,12}) \[sec\]$/.exec(text);
    const process = PROCESS.exec(text);
    const now = text.startsWith("Now:: ") ? text.slice(6, 60) : null;
    if (uptime) sink.add({ kind: "uptime", label: "uptime", line, seconds: Number(uptime[1]), now: null });
    else if (now !== null) sink.add({ kind: "uptime", label: "uptime", line, seconds: null, now });
    else if (process)
      sink.add({ kind: "process", label: "ps", pid: Number(process[1]), rank: null, desc: (process[2] ?? "").trim() || null });
    else return text.startsWith("Up since:: ");
    return true;
  }

  function feedMember(text: string, line: number): boolean {
    const colon = text.indexOf(":");
    const name = text.slice(0, colon);
    if (colon <= 0 || !MEMBERS.has(name) || (text[colon + 1] ?? " ") !== " ") return false;
    keep(name, text.slice(colon + 1, colon + 1 + MAX_DESC).trim(), line, "member");
    return true;
  }

  function feedXml(text: string, line: number): boolean {
    if (!text.includes("<name>") && !text.includes("<value>") && !text.includes("</struct>")) return false;
    for (const match of text.matchAll(XML)) {
      if (match[1] !== undefined) xmlName = match[1].trim();
      else if (xmlName !== null) {
        keep(xmlName, match[2], line, xmlName.includes(":") ? "statistic" : "member");
        xmlName = null;
      }
    }
    if (text.includes("</struct>")) flush();
    return true;
  }

  return {
    flush,
    feed(raw, line) {
      if (raw.startsWith("<")) return feedXml(raw, line);
      let text = raw.startsWith(":: ") ? raw.slice(3).trim() : raw;
      if (text.startsWith("- ")) {
        flushMembers();
        text = text.slice(2).trim();
      }
      if (text.includes('"') || text.includes("'")) text = text.replace(/["']/g, "").replace(/,$/, "").trim();
      return feedStatistic(text, line) || feedMi(text, line) || feedMember(text, line);
    },
  };

  /** `- ` begins the next element of a YAML list. */
  function flushMembers(): void {
    if (form === "member") flush();
  }
}
