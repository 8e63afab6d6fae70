/** Readiness rules: what the allocator itself does that changes what the figures mean. */
import { hasReallocAccountingBug, REALLOC_ACCOUNTING_BUG_FIXED_IN } from "../../../kamailio/knowledge/releases.js";
import { setCore } from "../../commands/rpc.js";
import { atRuntime, type Check, type Fix, named, nothing, settingEvidence } from "../check.js";
import { anotherBinary, restartWithLines } from "../costly-fixes.js";
import type { Situation } from "../situation.js";
import type { Ways } from "../ways.js";
import type { Rule } from "./rule.js";

function setOrRestart(s: Situation, ways: Ways, name: string, value: number, before: number): Fix {
  const line = `${name}=${value}`;
  if (ways.set_at_runtime === false) return restartWithLines(s, [line]);
  return atRuntime([setCore(s.reach, name, value)], { config_lines: [line], undo: [setCore(s.reach, name, before)] });
}

/** q_malloc and f_malloc join free neighbours only with mem_join=1 (default since 5.3.0, cfg_core.c:116@5.3.0). */
export const freeNeighboursAreJoined: Rule = (s, ways): Check | null => {
  const setting = s.settings.mem_join;
  const joins = [s.pools.shm.manager, s.pools.pkg.manager].some((manager) => manager === "qm" || manager === "fm");
  if (s.is_kamailio === false || setting.value === null || !joins) return null;
  const on = setting.value !== 0;
  return {
    id: "mem_join",
    status: on ? "pass" : "warn",
    title: "Free neighbours are joined",
    detail: on
      ? `${named("mem_join", setting)}.`
      : `${named("mem_join", setting)}: free fragments stay as small as they are, and large requests fail while much is free. That looks like a leak.`,
    evidence: settingEvidence(setting),
    fix: on ? nothing() : setOrRestart(s, ways, "mem_join", 1, setting.value),
  };
};

/** MEM_JOIN_FREE is printed since 5.7; cmake builds of 6.0.0 to 6.0.3 declare it and never define it (cmake/defs.cmake:82@6.0.0). */
export const joiningIsCompiledIn: Rule = (s): Check | null => {
  if (s.is_kamailio === false || s.judged === null || s.judged.value.memory.join_free !== false) return null;
  return {
    id: "join_free",
    status: "warn",
    title: "Joining free neighbours is compiled in",
    detail:
      "MEM_JOIN_FREE is not in the flags (cmake builds of 6.0.0 to 6.0.3 never define it): free fragments are never joined, whatever mem_join says, and the pools fragment. Build with make, or take 6.0.4.",
    evidence: { kind: "build", id: s.judged.id, quote: null },
    fix: anotherBinary(s, "joined_free"),
  };
};

/** mem_safety: 0 aborts at a double free, 1 logs and goes on (default since 5.1.0, cfg_core.c:116@5.1.0). */
export const doubleFreeIsSurvived: Rule = (s, ways): Check | null => {
  const setting = s.settings.mem_safety;
  if (s.is_kamailio === false || setting.value === null) return null;
  const on = setting.value !== 0;
  return {
    id: "mem_safety",
    status: on ? "pass" : "warn",
    title: "A double free is logged and survived",
    detail: on
      ? `${named("mem_safety", setting)}: it is logged and ignored. An overwritten fragment aborts the process all the same.`
      : `${named("mem_safety", setting)}: it aborts the process, and with it the server. The core that it leaves is what a developer wants; the service is not.`,
    evidence: settingEvidence(setting),
    fix: on ? nothing() : setOrRestart(s, ways, "mem_safety", 1, setting.value),
  };
};

/** q_malloc.c:591@3.3.7, 660@5.6.3; fixed by commit 412dcbfc9e. f_malloc and tlsf never had it. */
export const countersCanBeTrusted: Rule = (s): Check | null => {
  const pools = [s.pools.shm, s.pools.pkg].filter(
    (pool) => pool.manager === "qm" && (pool.pool === "shm" || s.pkg_malloc !== false),
  );
  if (s.is_kamailio === false || pools.length === 0) return null;
  const bug = hasReallocAccountingBug(s.version);
  if (bug === null) return null;
  const base = {
    id: "counters",
    title: "used and real_used show what is really allocated",
    evidence: { kind: "release" as const, id: null, quote: "commit 412dcbfc9e" },
  };
  if (!bug) return { ...base, status: "pass", detail: `q_malloc of ${s.version?.text} keeps its books right.`, fix: nothing() };
  return {
    ...base,
    status: "warn",
    detail: `q_malloc of ${s.version?.text} never takes back what a shrinking realloc frees: used and real_used of ${pools.map((pool) => pool.pool).join(" and ")} rise for good without a leak, and the pool then refuses requests. Rising counters prove a leak only when the sum of the chunks in a dump rises with them. Fixed in ${REALLOC_ACCOUNTING_BUG_FIXED_IN.join(", ")}; f_malloc and tlsf do not have it.`,
    fix: nothing(),
  };
};
