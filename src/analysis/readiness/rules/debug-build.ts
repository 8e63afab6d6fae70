/**
 * Readiness rule: do the allocators keep file, function and line of each chunk?
 *
 * Up to 4.3 `DBG_QM_MALLOC` (q_malloc) or `DBG_F_MALLOC` (f_malloc) prove it; from 4.4.0 on `DBG_SR_MEMORY` does, for every manager.
 * `kamailio -I | grep DBG_QM_MALLOC`, the classic test, is wrong from 4.4.0 to 6.0.7: those never print it (ver_defs.h:174,346@4.4.0);
 * 6.1.0 prints it again (src/core/ver.c:22@6.1.0).
 */
import { DEBUG_EVIDENCE, DEBUG_FLAGS_PRINTED, rowAt } from "../../../kamailio/knowledge/releases.js";
import { quoteShellWord } from "../../../kamailio/shell-words.js";
import { setCore } from "../../commands/rpc.js";
import { askWith, type Evidence, type Fix, nothing } from "../check.js";
import { anotherBinary } from "../costly-fixes.js";
import type { Situation } from "../situation.js";
import type { Rule } from "./rule.js";

export const debugIsCompiledIn: Rule = (s) => {
  if (s.judged === null || s.version === null || s.is_kamailio === false) return null;
  const base = { id: "debug_build", title: "The allocators keep module, file, function and line of each chunk" };
  const words = rowAt(DEBUG_FLAGS_PRINTED, s.version);
  const evidence = evidenceOf(s, words?.value ?? []);
  if (s.debug === true) {
    const flag = s.judged.value.memory.debug_flag ?? s.build?.value.memory.debug_flag;
    const proof = flag === null || flag === undefined ? "Its text says so" : `${flag} is in its flags`;
    return { ...base, status: "pass", detail: `${proof}. ${grepTrap(s)}`.trim(), evidence, fix: nothing() };
  }
  if (s.debug === false)
    return { ...base, status: "fail", detail: missing(s, words?.value ?? []), evidence, fix: anotherBinary(s, "sites") };
  return { ...base, status: "unknown", detail: undecided(s), evidence, fix: undecidedFix(s) };
};

function evidenceOf(s: Situation, words: readonly string[]): Evidence | null {
  if (s.judged === null) return null;
  const flags = s.judged.value.flags;
  const about = flags?.filter((flag) => words.includes(flag) || MEMORY_FLAG.test(flag)) ?? [];
  return { kind: "build", id: s.judged.id, quote: flags === null ? null : about.join(", ") };
}

/** The words about memory in the flags. */
const MEMORY_FLAG = /^(?:DBG_[A-Z_]{1,40}|[A-Z]{1,8}_MALLOC|MEM_JOIN_FREE|SHM_M[A-Z]{1,8})$/;

function grepTrap(s: Situation): string {
  const printed = rowAt(DEBUG_FLAGS_PRINTED, s.version)?.value;
  return printed === undefined || printed.includes("DBG_QM_MALLOC")
    ? ""
    : `Do not grep for DBG_QM_MALLOC: ${s.version?.text ?? "this release"} never prints it, with or without debugging.`;
}

function missing(s: Situation, words: readonly string[]): string {
  const evidence = rowAt(DEBUG_EVIDENCE, s.version)?.value;
  const wanted = evidence?.compiled_in === true ? words.join(" nor ") : (evidence?.qm ?? "DBG_SR_MEMORY");
  const found = evidence?.compiled_in === true ? `Neither ${wanted} is` : `${wanted} is not`;
  if (s.running !== null && s.build?.value.memory.debug === true)
    return `${found} in the flags of the running process, but it is in the binary on disk: a restart is enough. ${grepTrap(s)}`.trim();
  return `${found} in the flags: dumps cannot say who allocated. It is fixed when compiling, for core and all modules together. ${grepTrap(s)}`.trim();
}

function undecided(s: Situation): string {
  if (s.judged?.value.flags === null)
    return "The recorded text does not show the compile flags (or elides some), so it cannot tell.";
  return `The flags of ${s.version?.text} name no allocator: that is q_malloc without debugging, or tlsf with or without. A dump tells by its first words (qm_status or tlsf_status, with "was alloc'd from" when debugging is in).`;
}

function undecidedFix(s: Situation): Fix {
  if (s.judged?.value.flags === null) return askWith(`${quoteShellWord(s.binary)} -I`);
  return askWith(setCore(s.reach, "mem_dump_shm", 1));
}
