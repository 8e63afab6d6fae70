/**
 * `shm.report` (corex 5.6.0+): the counters of a qm pool with the largest and smallest fragments. It lists no sites.
 *
 * f_malloc and tlsf answer a fault; q_malloc without debugging answers zeros only.
 */
import type { Dump } from "./dump.js";

const COUNTERS = ["total_size", "free_size_s", "used_size_s", "real_used_s", "max_used_s"] as const;
/** The last field that is printed. */
const LAST = "min_used_frag_line";

/** Reads the fields of one struct; null when it is no shm.report. `closed`: its closing brace was seen. */
export function readShmReport(
  fields: ReadonlyMap<string, string>,
  closed: boolean,
  firstLine: number,
  lastLine: number,
): Dump | null {
  if (!fields.has("used_size_s") || !fields.has("total_size")) return null;
  const warnings: string[] = [];
  const number = (name: string): number | null => {
    const text = fields.get(name);
    if (text === undefined) return null;
    const value = /^\d{1,20}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value)) return value;
    warnings.push(`${name} is no size: ${text.slice(0, 40)}`);
    return null;
  };
  const empty = number("total_size") === 0;
  if (empty) warnings.push("all numbers are zero: q_malloc without memory debugging fills no report");
  const [heap, free, used, realUsed, maxUsed] = COUNTERS.map((name) => (empty ? null : number(name)));
  const whole = closed && fields.has(LAST) && COUNTERS.every((name) => fields.has(name));
  return {
    pool: "shm",
    pid: null,
    process_index: null,
    process: null,
    manager: "qm",
    form: "report",
    taken_at: null,
    heap_size: heap ?? null,
    used: used ?? null,
    real_used: realUsed ?? null,
    free: free ?? null,
    max_used: maxUsed ?? null,
    chunks: empty ? null : number("used_frags"),
    allocated_bytes: null,
    free_fragments: empty ? null : number("free_frags"),
    largest_free_fragment: empty ? null : number("max_free_frag_size"),
    sites: [],
    complete: whole && !empty,
    incomplete_reason: empty ? "the report is empty" : whole ? null : "the report does not come to its end",
    warnings,
    first_line: firstLine,
    last_line: lastLine,
  };
}
