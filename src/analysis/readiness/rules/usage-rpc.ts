/** Readiness rules: can usage be read by RPC, and can the figures be believed? */
import { SHM_STATS_IS_64_BIT } from "../../../kamailio/knowledge/memory-reports.js";
import { factAt, hasRpc, MANAGER_OPTIONS, rowAt, SHMMEM_IS_64_BIT } from "../../../kamailio/knowledge/releases.js";
import { rpc } from "../../commands/rpc.js";
import { askWith, atRuntime, type Check, nothing, releaseEvidence, settingEvidence } from "../check.js";
import { restartWithLines, restartWithOptions } from "../costly-fixes.js";
import type { Rule } from "./rule.js";

/** From here on a signed 32-bit figure in bytes is negative, and at twice this size it wraps to a plausible wrong one. */
const SIGNED_32_BIT_MB = 2048;

/** Up to 5.6 core.shmmem casts to 32 bits after scaling (core_cmd.c:499@3.3.5): in kilobytes it is right up to 4 TB. */
export const shmUsageIsReadable: Rule = (s): Check | null => {
  if (s.is_kamailio === false || s.version === null) return null;
  const base = { id: "usage_shm", title: "The use of shm can be read (core.shmmem)" };
  const wide = factAt(SHMMEM_IS_64_BIT, s.version);
  const size = s.settings.shm_size_mb;
  const evidence = settingEvidence(size) ?? releaseEvidence(rowAt(SHMMEM_IS_64_BIT, s.version)?.source);
  if (s.rpc === false)
    return {
      ...base,
      status: "fail",
      detail: "No RPC transport is loaded.",
      evidence: null,
      fix: restartWithLines(s, ['loadmodule "ctl.so"']),
    };
  const better =
    hasRpc("shm.stats", s.version) === true && s.has("corex") !== false
      ? ` shm.stats (corex) is ${factAt(SHM_STATS_IS_64_BIT, s.version) === false ? "cut likewise" : "not cut"}.`
      : "";
  if (wide === false && size.value !== null && size.value >= SIGNED_32_BIT_MB)
    return {
      ...base,
      status: "warn",
      detail: `core.shmmem of ${s.version.text} cuts each figure to 32 bits: with ${size.value} MB of shm, bytes are negative or wrong. Ask in kilobytes.${better}`,
      evidence,
      fix: atRuntime([rpc(s.reach, "core.shmmem", "kb")]),
    };
  return {
    ...base,
    status: s.rpc === true ? "pass" : "unknown",
    detail:
      wide === false
        ? "core.shmmem prints 32-bit figures in this release: right for this pool, wrong from 2048 MB on."
        : "core.shmmem prints 64-bit figures.",
    evidence,
    fix: s.rpc === true ? nothing() : askWith(rpc(s.reach, "core.shmmem")),
  };
};

/** kex/pkg_stats.c; the event that refreshes it is raised in f_malloc.c and q_malloc.c alone. */
export const pkgUsageIsReadable: Rule = (s): Check | null => {
  if (s.is_kamailio === false || s.version === null || s.pkg_malloc === false) return null;
  const base = { id: "usage_pkg", title: "The use of pkg can be read for each process (pkg.stats)" };
  if (s.pools.pkg.manager === "tlsf")
    return {
      ...base,
      status: "fail",
      detail: "Under tlsf pkg.stats keeps the values of the start for ever: a flat line there says nothing.",
      evidence: s.pools.pkg.evidence,
      fix: factAt(MANAGER_OPTIONS, s.version) === true ? restartWithOptions(s, "-X qm") : nothing(),
    };
  const kex = s.has("kex");
  if (s.rpc === false || kex === false)
    return {
      ...base,
      status: "fail",
      detail: "pkg.stats needs kex and a transport (ctl or jsonrpcs).",
      evidence: null,
      fix: restartWithLines(s, [
        ...(s.rpc === false ? ['loadmodule "ctl.so"'] : []),
        ...(kex === false ? ['loadmodule "kex.so"'] : []),
      ]),
    };
  const known = s.rpc === true && kex === true;
  return {
    ...base,
    status: known ? "pass" : "unknown",
    detail: known
      ? "kex is loaded: pkg.stats has a row for each process. It has no peak; only a dump shows max used."
      : "It needs kex; the loaded modules are not recorded.",
    evidence: null,
    fix: known ? nothing() : askWith(rpc(s.reach, "pkg.stats")),
  };
};
