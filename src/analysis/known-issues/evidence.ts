/** What dumps, growing sites and incidents show that a known issue can be recognised by. */
import type { Dump, Site } from "../../kamailio/dump/dump.js";
import { baseName, moduleLabel, siteKnowledge } from "../../kamailio/knowledge/sites.js";
import { CORRUPTION_KINDS, type LogIncident } from "../../kamailio/log/incident.js";
import type { LogSite } from "../../kamailio/log-line/line.js";
import type { Pool } from "../../kamailio/pool.js";
import { compareDumps } from "../dump-comparison/dump-comparison.js";

/** `strong`: what stays is shown to grow or to be too much; `weak`: it grew, which load may explain as well. */
export type Strength = "strong" | "weak";

/** An allocation site that holds more and more, or a place that a corruption message names. */
export interface PlaceSignal {
  pool: Pool | null;
  module: string | null;
  file: string | null;
  function: string;
  strength: Strength;
  /** In words, with numbers. */
  detail: string;
}

/** A process handles one message at a time: more chunks of one message's site than this in its private pool are left over. */
const MANY_FOR_ONE_MESSAGE = 100;
/** Dumps of one pool that are compared; the newest are taken. Enough to see a steady growth, and bounded. */
const MAX_COMPARED = 12;
/**
 * Bytes by which `used` must exceed the chunks that q_malloc lists. In complete dumps of all releases the two agree to the byte, so anything
 * is a sign; a page keeps out a chunk that came or went while the lines were written.
 */
const PHANTOM_BYTES = 4096;
/** Longest quote of a log line, characters. */
const MAX_QUOTE = 160;

/** Sites that grow by what the caller found, or by the dumps themselves; the strongest first, each once for each way to see it. */
export function growingSites(dumps: readonly Dump[], growing: readonly Site[]): PlaceSignal[] {
  return [
    ...growing.flatMap((site) =>
      signal(site, null, followsLoad(site, null) ? "weak" : "strong", `${place(site)} grows: ${amount(site.count, site.bytes)}`),
    ),
    ...series(dumps).flatMap(fromSeries),
    ...eachOnce(dumps.flatMap(leftovers)),
  ].sort((a, b) => Number(a.strength === "weak") - Number(b.strength === "weak"));
}

/** Places that corruption messages name: who freed or checked, and who allocated or freed before. */
export function corruptedPlaces(incidents: readonly LogIncident[]): PlaceSignal[] {
  return incidents
    .filter(({ kind }) => CORRUPTION_KINDS.has(kind))
    .flatMap((incident) =>
      [incident.site, incident.other_site].flatMap((site) =>
        site === null ? [] : signal(site, incident.pool, "strong", `the log names ${place(site)}: ${quoteOf(incident)}`),
      ),
    );
}

/** The first dump whose counter `used` is above the sum of its chunks: memory that nobody holds. `null` when none shows it. */
export function phantomUsage(dumps: readonly Dump[]): { pool: Pool | null; detail: string } | null {
  for (const { manager, complete, used, allocated_bytes, pool, form } of dumps) {
    if (manager !== "qm" || !complete || used === null || allocated_bytes === null) continue;
    if (form !== "status" && form !== "summary") continue;
    if (used - allocated_bytes >= PHANTOM_BYTES)
      return {
        pool,
        detail: `${pool ?? "a"} dump: used says ${used} bytes, the chunks add up to ${allocated_bytes}: ${used - allocated_bytes} bytes that nobody holds`,
      };
  }
  return null;
}

/** A log line as a quote. */
export function quoteOf(incident: LogIncident): string {
  const quote = incident.quote.length > MAX_QUOTE ? `${incident.quote.slice(0, MAX_QUOTE)}...` : incident.quote;
  return `"${quote}"`;
}

/** Is this the place? A part that one side does not know does not speak against it. */
export function samePlace(
  at: { module: string | null; file: string | null; function: string },
  known: { module: string | null; file: string | null; function: string },
): boolean {
  if (at.function !== known.function) return false;
  if (at.file !== null && known.file !== null && baseName(at.file) !== known.file) return false;
  return at.module === null || known.module === null || moduleKey(at.module) === moduleKey(known.module);
}

/** `<core>` is `core`; `jsonrpc-c` became `jsonrpcc` with 5.0. */
export function moduleKey(module: string): string {
  return moduleLabel(module).replaceAll("-", "");
}

/** Dumps with sites, a list for each pool and process, oldest first. */
function series(dumps: readonly Dump[]): Dump[][] {
  const lists = new Map<string, Dump[]>();
  for (const dump of dumps) {
    if (dump.sites.length === 0) continue;
    const key = dump.pool === "pkg" ? `pkg|${dump.pid ?? dump.process ?? ""}` : `${dump.pool}`;
    const list = lists.get(key);
    if (list) list.push(dump);
    else lists.set(key, [dump]);
  }
  return [...lists.values()].filter((list) => list.length > 1).map((list) => inOrder(list).slice(-MAX_COMPARED));
}

function inOrder(list: readonly Dump[]): Dump[] {
  const time = ({ taken_at }: Dump) => (taken_at === null ? Number.NaN : Date.parse(taken_at));
  return list.some((dump) => Number.isNaN(time(dump))) ? [...list] : [...list].sort((a, b) => time(a) - time(b));
}

function fromSeries(list: readonly Dump[]): PlaceSignal[] {
  const { suspects, pool, dumps } = compareDumps(list);
  return suspects.flatMap((suspect) =>
    signal(
      suspect,
      pool,
      suspect.confidence === "high" || (suspect.confidence === "medium" && !followsLoad(suspect, pool)) ? "strong" : "weak",
      `${place(suspect)} grew over ${dumps} dumps: ${amount(suspect.count_delta, suspect.bytes_delta)} more`,
    ),
  );
}

/** Objects of calls, registrations and connections, and loaded data: more of them may be more load. */
function followsLoad(site: { module: string | null; file: string | null; function: string | null }, pool: Pool | null): boolean {
  const lifetime = siteKnowledge({ ...site, pool })?.lifetime;
  return lifetime !== undefined && lifetime !== "per_message" && lifetime !== "per_rpc" && lifetime !== "startup";
}

/** One dump alone proves little, except of what should be gone when a message is done. */
function leftovers(dump: Dump): Leftover[] {
  // Sums that were pasted without their heading name no pool: their sites do.
  if (dump.pool === "shm") return [];
  const places = new Map<string, Leftover>();
  for (const { module, file, function: name, count, bytes } of dump.sites) {
    if (name === null || count === null) continue;
    const key = `${module}|${file}|${name}`;
    const sum = places.get(key);
    if (sum) {
      sum.count += count;
      sum.bytes += bytes;
    } else places.set(key, { key, module, file, function: name, count, bytes });
  }
  return [...places.values()].filter((left) => {
    if (left.count <= MANY_FOR_ONE_MESSAGE) return false;
    const known = siteKnowledge({ ...left, pool: "pkg" });
    const lifetime = dump.pool === null && known?.pool !== "pkg" ? undefined : known?.lifetime;
    return lifetime === "per_message" || lifetime === "per_rpc";
  });
}

interface Leftover {
  key: string;
  module: string | null;
  file: string | null;
  function: string;
  count: number;
  bytes: number;
}

/** The same place in several dumps is said once, with the most that it held. */
function eachOnce(left: readonly Leftover[]): PlaceSignal[] {
  const most = new Map<string, Leftover>();
  for (const one of left) if (one.count > (most.get(one.key)?.count ?? 0)) most.set(one.key, one);
  return [...most.values()].flatMap((one) =>
    signal(
      one,
      "pkg",
      "strong",
      `${place(one)} holds ${amount(one.count, one.bytes)} in one process, which works on one message at a time`,
    ),
  );
}

function signal(
  { module, file, function: name }: { module: string | null; file: string | null; function: string | null },
  pool: Pool | null,
  strength: Strength,
  detail: string,
): PlaceSignal[] {
  return name === null ? [] : [{ pool, module, file, function: name, strength, detail }];
}

const place = ({ module, function: name }: LogSite | { module: string | null; function: string | null }) =>
  `${module === null ? "" : `${moduleLabel(module)}: `}${name ?? "?"}()`;
const amount = (count: number | null, bytes: number) => (count === null ? `${bytes} bytes` : `${count} chunks, ${bytes} bytes`);
