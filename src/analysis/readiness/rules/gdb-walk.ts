/**
 * Readiness rule: can gdb walk a pool of a running process (or of a core)? The root symbol is in the dynamic symbol table even of a stripped
 * binary and the offsets are known, so no debug symbols are needed: `mem_block` up to 4.3, `_pkg_root` and `_shm_root` since 4.4.0
 * (mem/pkg.c:30@4.4.0); a walk that names `mem_block` fails there with "No symbol".
 */
import { factAt, GDB_ROOT, rowAt } from "../../../kamailio/knowledge/releases.js";
import { quoteShellWord } from "../../../kamailio/shell-words.js";
import { gdbWalk } from "../capabilities.js";
import { askWith, atRuntime, type Check, type CheckStatus, nothing, releaseEvidence } from "../check.js";
import type { Situation } from "../situation.js";
import type { Rule } from "./rule.js";

export const gdbCanWalk: Rule = (s): Check | null => {
  if (s.is_kamailio === false || s.version === null) return null;
  const walk = gdbWalk(s);
  const status: CheckStatus = walk === null ? "unknown" : walk ? "pass" : "warn";
  const fix =
    walk === true
      ? atRuntime(["command -v gdb", "cat /proc/sys/kernel/yama/ptrace_scope"])
      : walk === null
        ? askWith(...whatTells(s))
        : nothing();
  return {
    id: "gdb_walk",
    status,
    title: "gdb can walk the fragments of a pool and name their sites",
    detail: walk === true ? how(s) : why(s),
    evidence: releaseEvidence(rowAt(GDB_ROOT, s.version)?.source),
    fix,
  };
};

function symbols(s: Situation): string {
  return factAt(GDB_ROOT, s.version) === "mem_block"
    ? "mem_block (pkg) and shm_block (shm)"
    : "_pkg_root and _shm_root, not mem_block";
}

function how(s: Situation): string {
  return `The root symbols of ${s.version?.text} are ${symbols(s)}; debug symbols are not needed. It needs gdb and root (in a container: CAP_SYS_PTRACE), and stops the process while it walks: fractions of a second, more for a large pool.`;
}

function why(s: Situation): string {
  if (s.debug === false) return "Without debugging a walk would show sizes and no sites.";
  if (s.debug === null) return "It is not known whether the chunks carry their sites.";
  if (s.pools.shm.manager !== "qm" && s.pools.pkg.manager !== "qm")
    return "The walk follows q_malloc's fragments; another manager runs.";
  return `The offsets are known for 64-bit machines${s.architecture === null ? "; the architecture is not recorded" : `; this is ${s.architecture}, where the walk needs debug symbols`}. The root symbols are ${symbols(s)}.`;
}

function whatTells(s: Situation): string[] {
  return s.architecture === null ? ["uname -m"] : [`${quoteShellWord(s.binary)} -I`];
}
