/** Makes dumps of the structs of a `mod.stats`, `mod.mem_stats` or `mod.mem_statsx` answer. */
import type { Pool } from "../pool.js";
import { compareSites, type Dump, type Site } from "./dump.js";
import { moduleName } from "./site-table.js";

/** One module's part in one pool, as printed. */
export interface ModuleStruct {
  module: string;
  /** `func(line)` and its value. */
  rows: [string, string][];
  total: string | null;
  closed: boolean;
  lastLine: number;
}

interface Answer {
  /** From the command above the answer, if there was one. */
  pool: Pool | null;
  firstLine: number;
  /** The answer does not come to its end. */
  cut: boolean;
  /** A module that was named last without any struct. */
  moduleWithout: string | null;
}

/** One dump, or two (pkg, then shm) when every module has two structs. */
export function modStatsDump(structs: readonly ModuleStruct[], answer: Answer): Dump[] {
  const perModule = new Map<string, ModuleStruct[]>();
  for (const struct of structs) {
    const known = perModule.get(struct.module);
    if (known) known.push(struct);
    else perModule.set(struct.module, [struct]);
  }
  const most = Math.max(...[...perModule.values()].map((list) => list.length));
  const reasons: string[] = [];
  if (answer.cut) reasons.push("the answer does not come to its end");
  if (answer.moduleWithout !== null) reasons.push(`module ${answer.moduleWithout} is named last, without its numbers`);
  if (most > 2) reasons.push("answers are mixed: a module comes more than twice");
  const dumps: Dump[] = [];
  for (let i = 0; i < Math.min(most, 2); i++) {
    const mine = [...perModule.values()].map((list) => list[i]).filter((struct) => struct !== undefined);
    const short = mine.length < perModule.size ? ["not all modules have a block for both pools"] : [];
    const pool = most === 2 ? (i === 0 ? "pkg" : "shm") : answer.pool;
    dumps.push(dumpOfPool(mine, pool, answer.firstLine, [...reasons, ...short]));
  }
  return dumps;
}

function dumpOfPool(structs: readonly ModuleStruct[], pool: Pool | null, firstLine: number, reasonsBefore: string[]): Dump {
  const reasons = [...reasonsBefore];
  const warnings: string[] = [];
  const sites = new Map<string, Site>();
  let wrapped = 0;
  let unread = 0;
  let counted = false;
  for (const struct of structs) {
    if (!struct.closed || struct.total === null) reasons.push(`the block of module ${struct.module} is cut`);
    let sum = 0;
    let readable = true;
    for (const [key, text] of struct.rows) {
      const value = VALUE.exec(text);
      const name = KEY.exec(key);
      const bytes = value ? Number(value[1]) : Number.NaN;
      if (!value || !name || !Number.isSafeInteger(bytes)) {
        unread++;
        readable = false;
        continue;
      }
      sum += bytes;
      if (bytes < 0) {
        wrapped++;
        warnings.push(`${struct.module}: ${key} is printed as ${text}: it holds more than 2 GiB, so its size is not known`);
        continue;
      }
      if (value[2] !== undefined) counted = true;
      addSite(sites, struct.module, name, bytes, value[2] === undefined ? null : Number(value[2]));
    }
    const total = struct.total === null ? null : Number(struct.total);
    // Sums and rows wrap alike, so they agree modulo 2^32 unless rows are missing.
    if (readable && total !== null && struct.closed && (sum - total) % 2 ** 32 !== 0)
      reasons.push(`the rows of module ${struct.module} sum up to ${sum}, its Total says ${struct.total}`);
  }
  if (wrapped > 0) reasons.push(`${wrapped} sites of more than 2 GiB are left out: this form prints them as negative numbers`);
  if (unread > 0) reasons.push(`${unread} rows could not be read`);
  if (pool === null) warnings.push("nothing in this form names the pool");
  const rows = [...sites.values()].sort(compareSites);
  return {
    pool,
    pid: null,
    process_index: null,
    process: null,
    manager: null,
    form: counted ? "mem_statsx" : "mod_stats",
    taken_at: null,
    heap_size: null,
    used: null,
    real_used: null,
    free: null,
    max_used: null,
    chunks: counted ? rows.reduce((sum, site) => sum + (site.count ?? 0), 0) : null,
    allocated_bytes: wrapped > 0 ? null : rows.reduce((sum, site) => sum + site.bytes, 0),
    free_fragments: null,
    largest_free_fragment: null,
    sites: rows,
    complete: reasons.length === 0,
    incomplete_reason: reasons.length === 0 ? null : reasons.slice(0, 10).join("; "),
    warnings: warnings.slice(0, 20),
    first_line: firstLine,
    last_line: Math.max(firstLine, ...structs.slice(-1).map((struct) => struct.lastLine)),
  };
}

const VALUE = /^(-?\d{1,20})(?: \((\d{1,15})\))?$/;
const KEY = /^(.{1,100})\((\d{1,9})\)$/;

/** Keys repeat, where two files of a module have a function of one name at one line: they cannot be told apart, so they are added. */
function addSite(sites: Map<string, Site>, module: string, name: RegExpExecArray, bytes: number, count: number | null): void {
  const key = `${module}\n${name[0]}`;
  const known = sites.get(key);
  if (known) {
    known.bytes += bytes;
    known.count = known.count === null || count === null ? null : known.count + count;
  } else
    sites.set(key, { module: moduleName(module), file: null, function: name[1] ?? null, line: Number(name[2]), count, bytes });
}
