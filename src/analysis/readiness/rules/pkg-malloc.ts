/**
 * Readiness rule: does pkg have a manager of its own? Built with MEMPKG=sys (5.0.3+), or with PKG_MALLOC taken out, pkg is libc's malloc:
 * there is no pkg dump, the variable mem_dump_pkg does not exist, and pkg.stats shows zeros.
 */

import { type Check, nothing } from "../check.js";
import { anotherBinary } from "../costly-fixes.js";
import type { Rule } from "./rule.js";

export const pkgHasItsOwnManager: Rule = (s): Check | null => {
  if (s.judged === null || s.is_kamailio === false || s.pkg_malloc === null) return null;
  const base = { id: "pkg_malloc", title: "Private memory is Kamailio's own pool" };
  const evidence = { kind: "build" as const, id: s.judged.id, quote: s.pkg_malloc ? "PKG_MALLOC" : null };
  if (s.pkg_malloc) return { ...base, status: "pass", detail: "PKG_MALLOC is in the flags.", evidence, fix: nothing() };
  return {
    ...base,
    status: "fail",
    detail:
      "PKG_MALLOC is not in the flags: pkg is libc's malloc. Kamailio cannot dump or count it (pkg.stats shows zeros, mem_dump_pkg does not exist); only tools for libc's malloc see it. A build without MEMPKG=sys (cmake: -DPKG_MALLOC=ON) brings the pool back.",
    evidence,
    fix: anotherBinary(s, "sites"),
  };
};
