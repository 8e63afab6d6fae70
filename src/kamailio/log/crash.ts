/**
 * Crash evidence in a log or a paste: backtraces of gdb, lldb and coredumpctl, reports of AddressSanitizer, LeakSanitizer and valgrind.
 *
 *     #2  0x00000000006d7c95 in qm_debug_check_frag (qm=0x7fb4170e7000, ...) at core/mem/q_malloc.c:140           gdb
 *     #3  0x000000000070997c qm_shm_free (kamailio + 0x30997c)                                                    coredumpctl
 *       frame #4: 0x0000000000708b32 kamailio`qm_free + 6418                                                      lldb
 *     ==52607==ERROR: AddressSanitizer: stack-buffer-overflow on address ...
 *         #0 0xd02d0f in fixup_get_param_type core/sr_module.c:1061
 *
 * A memory manager that ends in abort() or a fault has met damage in its pool; who is named is who freed or asked, seldom who wrote. The
 * sanitizers and valgrind see libc's heap, stacks and globals: each pool is one block to them.
 */

import { moduleLabel } from "../knowledge/sites.js";
import type { LogSite } from "../log-line/line.js";
import type { Pool } from "../pool.js";
import type { IncidentKind } from "./incident.js";
import type { LookAlikeFinding } from "./recognise.js";

/** What crash evidence amounts to. */
export interface CrashFinding {
  kind: IncidentKind;
  class: string;
  pool: Pool | null;
  pid: number | null;
  manager: "qm" | "fm" | "tlsf" | null;
  site: LogSite | null;
  note: string;
  /** The line to quote, and its number. */
  quote: string;
  line: number;
}

interface Frame {
  name: string;
  args: string;
  /** `core/mem/q_malloc.c`; `null` when the frame shows none. */
  file: string | null;
  at: number | null;
  /** `pv` of pv.so. */
  library: string | null;
}

interface Trace {
  frames: Frame[];
  sanitizer: { kind: string; pid: number | null } | null;
  quote: string;
  line: number;
}

/** A stack that is deeper repeats itself. */
const MAX_FRAMES = 64;
const GDB =
  /^[\s>*|]{0,40}#(\d{1,3}) {1,3}(?:0x[0-9a-f]{4,16} (?:in )?)?([\w.]{1,100}) \(([^\n]{0,600}?)\)(?: at ([^\s:]{1,160}):(\d{1,7})| from (\S{1,160}))?\s*$/;
const SANITIZER_FRAME =
  /^[\s>*|]{0,40}#(\d{1,3}) 0x[0-9a-f]{4,16} in ([\w.]{1,100}) (?:([^\s:()]{1,160}):(\d{1,7})|\(([^\s)]{1,160})\))/;
const LLDB = /frame #(\d{1,3}): 0x[0-9a-f]{4,16} ([\w.-]{1,60})`([^\s]{1,100})/;
const SANITIZER = /(?:==(\d{1,10})==)?ERROR: AddressSanitizer: ([\w-]{1,60})/;
const LEAK_SANITIZER = /ERROR: LeakSanitizer|LeakSanitizer: detected memory leaks/;
const VALGRIND = /^==\d{1,10}==\s+(?:definitely lost|still reachable|LEAK SUMMARY)/;

const MANAGER = /^(qm|fm|tlsf)_(?!status|sums|info)[a-z_]{2,40}$/;
/** Functions by which code reaches a manager. */
const WRAPPER = /^(?:_?(?:pkg|shm)_\w{1,40}|_?shm_\w{1,40}|mem_\w{1,30})$/;
/** The interpreter of the configuration: frames of the module that it called stand above it, unless symbols are missing. */
const INTERPRETER = /^(?:do_action|run_actions\w*|run_top_route|rval_\w{1,40})$/;
const ENDINGS =
  /^_?_?(?:abort|raise|_raise|thr_kill|_thr_kill|__assert_fail|pthread_kill\w*|gsignal|\w*kill\w*|GI_raise|GI_abort)$/;

/** Takes lines one by one; gives a finding when a trace or a report is complete. */
export class CrashReader {
  #trace: Trace | null = null;

  /** The end of the trace that is open, if any. */
  end(): CrashFinding | LookAlikeFinding | null {
    const trace = this.#trace;
    this.#trace = null;
    return trace === null ? null : judge(trace);
  }

  take(text: string, line: number): (CrashFinding | LookAlikeFinding)[] {
    const report = readReport(text);
    if (report !== null) return [...this.#closed(), report];
    const sanitizer = SANITIZER.exec(text);
    if (sanitizer) {
      const before = this.#closed();
      const pid = sanitizer[1] === undefined ? null : Number(sanitizer[1]);
      this.#trace = { frames: [], sanitizer: { kind: sanitizer[2] ?? "", pid }, quote: text.trim(), line };
      return before;
    }
    const frame = readFrame(text);
    if (frame === null) return [];
    const before = frame.number === 0 && this.#trace !== null && this.#trace.frames.length > 0 ? this.#closed() : [];
    this.#trace ??= { frames: [], sanitizer: null, quote: text.trim(), line };
    if (this.#trace.frames.length < MAX_FRAMES) this.#trace.frames.push(frame.frame);
    if (
      MANAGER.test(frame.frame.name) &&
      this.#trace.frames.filter(({ name }) => MANAGER.test(name)).length === 1 &&
      !this.#trace.sanitizer
    )
      Object.assign(this.#trace, { quote: text.trim(), line });
    return before;
  }

  #closed(): (CrashFinding | LookAlikeFinding)[] {
    const found = this.end();
    return found === null ? [] : [found];
  }
}

/** Reports that say nothing of the pools. */
function readReport(text: string): LookAlikeFinding | null {
  if (LEAK_SANITIZER.test(text))
    return {
      look_alike: "leak_sanitizer",
      why: "LeakSanitizer counts what was taken from libc's malloc: each of Kamailio's pools is one block to it, so it can neither show nor rule out a leak in shm or pkg; use memory dumps (or a build without PKG_MALLOC for pkg)",
    };
  if (VALGRIND.test(text))
    return {
      look_alike: "valgrind",
      why: "valgrind sees the system's malloc alone: a pool is one block (\"still reachable\" of about the size of -M is the pkg pool), what the configuration's parser (yyparse) holds is taken once at start, and a leak inside the pools does not show; use pkg and shm dumps",
    };
  return null;
}

function readFrame(text: string): { number: number; frame: Frame } | null {
  if (!text.includes("#")) return null;
  const lldb = LLDB.exec(text);
  if (lldb) {
    const library = /^(.{1,50})\.so/.exec(lldb[2] ?? "")?.[1] ?? null;
    return { number: Number(lldb[1]), frame: { name: lldb[3] ?? "", args: "", file: null, at: null, library } };
  }
  const sanitizer = SANITIZER_FRAME.exec(text);
  if (sanitizer) {
    const [, number, name = "", file, at] = sanitizer;
    return {
      number: Number(number),
      frame: { name, args: "", file: file ?? null, at: at === undefined ? null : Number(at), library: null },
    };
  }
  const gdb = GDB.exec(text);
  if (!gdb) return null;
  const [, number, name = "", args = "", file, at, from] = gdb;
  const library = /(?:\/|^)([\w-]{1,60})\.so\b/.exec(from ?? args)?.[1] ?? null;
  return { number: Number(number), frame: { name, args, file: file ?? null, at: at === undefined ? null : Number(at), library } };
}

function judge(trace: Trace): CrashFinding | LookAlikeFinding | null {
  if (trace.sanitizer !== null) return ofSanitizer(trace, trace.sanitizer);
  const { frames } = trace;
  const first = frames.findIndex(({ name }) => MANAGER.test(name));
  // A stack that works (a thread that waits) names managers too; one that ends in abort or in the manager itself does not.
  const ends = frames
    .slice(0, Math.max(first, 0))
    .every(({ name, library }) => ENDINGS.test(name) || name.includes("lldb_unnamed") || library === "libc");
  if (first < 0 || !ends) return null;
  const inside = frames.filter(({ name }) => MANAGER.test(name));
  const manager = (MANAGER.exec(inside[0]?.name ?? "")?.[1] ?? null) as CrashFinding["manager"];
  const pool = poolOf(frames, inside);
  const site = callerOf(frames, inside);
  const aborted = frames.slice(0, first).some(({ name }) => /abort|raise|kill/.test(name));
  const names = inside
    .map(({ name }) => name)
    .slice(0, 3)
    .join(", called from ");
  const by = site === null ? "" : ` for ${site.module === null ? "" : `${site.module}: `}${site.function ?? "?"}()`;
  const what = inside.some(({ name }) => name.includes("debug_check"))
    ? "the check of a debug build found a damaged fragment"
    : inside.some(({ name }) => name.endsWith("_free") || name.includes("_free"))
      ? "the manager found corruption or a double free at a free, or fell over it"
      : "the manager fell over a damaged list of fragments";
  return {
    kind: "broken_fragment",
    class: aborted ? "backtrace_abort" : "backtrace_fault",
    pool,
    pid: null,
    manager,
    site,
    note: `${aborted ? "abort()" : "A fault"} in ${names}${by}: ${what}. The${pool === null ? "" : ` ${pool}`} pool is corrupted; the caller named is who freed or asked, not proof of who wrote. The log line just before the end (CRITICAL: BUG: ...) says what was found and names the other side: post it too.`,
    quote: trace.quote,
    line: trace.line,
  };
}

/** A manager's wrapper for shm, or the block's address: shm is mapped at a page, pkg comes from malloc. */
function poolOf(frames: readonly Frame[], inside: readonly Frame[]): Pool | null {
  if (frames.some(({ name }) => /^(?:qm|fm|tlsf)_shm_|^_?shm_/.test(name))) return "shm";
  if (frames.some(({ name }) => /^_?pkg_/.test(name))) return "pkg";
  const block = inside
    .map(({ args }) => /\b(?:qmp?|block)=(0x[0-9a-f]{6,16})/.exec(args)?.[1])
    .find((address) => address !== undefined);
  if (block === undefined) return null;
  return block.endsWith("000") ? "shm" : block.endsWith("010") ? "pkg" : null;
}

/** Who called the manager: its arguments say it in a debug build, else the frames behind it. */
function callerOf(frames: readonly Frame[], inside: readonly Frame[]): LogSite | null {
  for (const { args } of inside) {
    const text = (name: string) => new RegExp(`\\b${name}=0x[0-9a-f]{1,16}(?: <[^>]{1,60}>)? "([^"]{1,160})"`).exec(args)?.[1];
    const name = text("func");
    if (name === undefined) continue;
    const module = text("mname") ?? null;
    const line = /\bline=(\d{1,7})/.exec(args)?.[1];
    const file = text("file")?.replace(/^[^:]{1,60}: /, "") ?? null;
    return {
      module: module === null ? null : moduleLabel(module),
      file,
      function: name,
      line: line === undefined ? null : Number(line),
    };
  }
  const last = frames.findLastIndex(({ name }) => MANAGER.test(name) || WRAPPER.test(name));
  const behind = frames.slice(last + 1);
  const caller =
    behind.slice(0, 3).find(({ library, name }) => library !== null && !INTERPRETER.test(name)) ??
    behind.find(({ name }) => !INTERPRETER.test(name)) ??
    behind[0];
  if (caller === undefined) return null;
  return { module: caller.library, file: caller.file, function: caller.name, line: caller.at };
}

/** Kinds by AddressSanitizer's words. */
const SANITIZER_KINDS: readonly (readonly [RegExp, IncidentKind])[] = [
  [/underflow/, "underrun"],
  [/overflow|container-overflow/, "overrun"],
  [/double-free/, "double_free"],
  [/use-after|bad-free|not-malloced|wild|SEGV|stack-use/, "bad_pointer"],
];

function ofSanitizer({ frames, quote, line }: Trace, { kind, pid }: { kind: string; pid: number | null }): CrashFinding {
  const frame = frames.find(({ name }) => !/^__(?:interceptor|asan)/.test(name)) ?? frames[0];
  const place =
    frame === undefined
      ? ""
      : ` in ${frame.name}()${frame.file === null ? "" : ` (${frame.file}${frame.at === null ? "" : `:${frame.at}`})`}`;
  return {
    kind: SANITIZER_KINDS.find(([words]) => words.test(kind))?.[1] ?? "broken_fragment",
    class: "address_sanitizer",
    pool: null,
    pid,
    manager: null,
    site: frame === undefined ? null : { module: null, file: frame.file, function: frame.name, line: frame.at },
    note: `AddressSanitizer: ${kind}${place}: code reads or writes memory that is not its own. It watches stacks, globals and libc's heap; each of Kamailio's pools is one block to it, so this is a fault of code and says nothing of the pools' sizes. No setting cures it: report it with this text, or look for a release that mends that function.`,
    quote,
    line,
  };
}
