/**
 * Says what high memory on a host means for Kamailio: its pools being touched for the first time, malloc outside the pools, page cache,
 * reclaimable slab, or a real shortage.
 *
 * Kamailio takes its pools at start and never more at run time (wiki "OS Memory Reports"); what grows beyond them is system malloc of
 * libraries and embedded languages (field notes R3). Resident memory that rises and then stays is paging in (R4).
 */
import type { GroupFigures, HostMemoryReading } from "../../kamailio/host-memory/reading.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { mb } from "../../kamailio/units.js";
import { allPids } from "../commands/process.js";
import { UNKNOWN_REACH } from "../commands/reach.js";
import { rpc } from "../commands/rpc.js";
import { pidWord, shellText } from "../commands/words.js";
import { arithmeticOf, type Sum } from "./arithmetic.js";
import type { Case, HostMemoryContext } from "./case.js";
import { decide, type HostMemoryVerdict } from "./decide.js";
import { growthBetween, mostGrown } from "./growth.js";
import { hostShares } from "./host-shares.js";
import { type KamailioShare, kamailioShare } from "./kamailio-share.js";

export interface HostMemoryJudgement {
  /** False when something must be done: a real shortage, or memory growing outside the pools. */
  ok: boolean;
  verdict: HostMemoryVerdict;
  summary: string;
  /** Would `free` show it as free after `echo 3 > /proc/sys/vm/drop_caches`? `null`: cannot be told. */
  drop_caches_would_show: boolean | null;
  /** In order. */
  arithmetic: Sum[];
  evidence_for: { rule: string; detail: string }[];
  evidence_against: { rule: string; detail: string }[];
  processes_beyond: KamailioShare["processes_beyond"];
  warnings: string[];
  next: { why: string; command: string }[];
}

export function judgeHostMemory(reading: HostMemoryReading, context: HostMemoryContext): HostMemoryJudgement {
  const host = reading.hosts[reading.hosts.length - 1] ?? null;
  const sizes = {
    shm_size_bytes:
      context.shm_size_bytes ?? reading.processes.find(({ shm_mapping }) => shm_mapping !== null)?.shm_mapping?.size ?? null,
    pkg_size_bytes: context.pkg_size_bytes ?? null,
    processes: context.processes ?? null,
  };
  const judged: Case = {
    host,
    shares: host && hostShares(host),
    groups: reading.groups ?? [],
    kamailio: kamailioShare(reading, sizes),
    growth: growthBetween(reading),
    grown: mostGrown(reading),
    context: { ...context, shm_size_bytes: sizes.shm_size_bytes },
  };
  const { verdict, summary, reasons, drop_caches } = decide(judged);
  return {
    ok: verdict !== "real_shortage" && verdict !== "system_malloc_growth",
    verdict,
    summary,
    drop_caches_would_show: drop_caches,
    arithmetic: arithmeticOf(judged),
    evidence_for: reasons,
    evidence_against: against(judged, verdict),
    processes_beyond: judged.kamailio.processes_beyond,
    warnings: [...reading.warnings, ...warningsOf(judged)],
    next: nextSteps(verdict, judged),
  };
}

function against({ shares, host, kamailio }: Case, verdict: HostMemoryVerdict): HostMemoryJudgement["evidence_against"] {
  const found: HostMemoryJudgement["evidence_against"] = [];
  if (verdict !== "real_shortage" && host && shares)
    found.push({ rule: "no_shortage", detail: `${mb(shares.available)} of ${mb(host.total)} are available` });
  if (verdict !== "system_malloc_growth" && kamailio.beyond_pools === 0)
    found.push({
      rule: "nothing_beyond_the_pools",
      detail: "no process holds more private memory than its pkg pool and libraries explain",
    });
  return found;
}

function warningsOf({ host, kamailio }: Case): string[] {
  const warnings: string[] = [];
  if (host && kamailio.pools_limit !== null && kamailio.pools_limit > host.total)
    warnings.push(
      `the pools may take ${mb(kamailio.pools_limit)} in all, more than the host's ${mb(host.total)}: it works only while they are not used up`,
    );
  if (kamailio.swapped !== null && kamailio.swapped > 0)
    warnings.push(`${mb(kamailio.swapped)} of Kamailio are swapped out: expect slow processing when they are used`);
  return warnings;
}

/** What runs a command inside of a container or a pod; empty on the host itself. */
function runnerIn(group: GroupFigures | undefined): string {
  if (group?.name == null) return "";
  if (group.source === "docker_stats") return `docker exec ${quoteShellWord(group.name)} `;
  return group.source === "kubectl_top" ? `kubectl exec ${quoteShellWord(group.name)} -- ` : "";
}

function nextSteps(
  verdict: HostMemoryVerdict,
  { kamailio, host, groups, grown, context: { reach = UNKNOWN_REACH } }: Case,
): HostMemoryJudgement["next"] {
  const rollups = `for p in ${allPids(reach)}; do echo "==> /proc/$p/smaps_rollup <=="; cat /proc/$p/smaps_rollup; done`;
  const steps: HostMemoryJudgement["next"] = [];
  const pools = ["core.shmmem", "pkg.stats"].map((method) => rpc(reach, method)).join("\n");
  if (verdict === "system_malloc_growth") {
    const pid = shellText(pidWord(kamailio.processes_beyond[0]?.pid ?? grown?.pid ?? null));
    steps.push({ why: "see which mapping grows: [heap] and large anonymous ones are malloc", command: `cat /proc/${pid}/smaps` });
    steps.push({ why: "name the process: its work names the library or script", command: rpc(reach, "core.psx") });
    steps.push({ why: "the pools must be flat meanwhile", command: pools });
  }
  if (verdict === "real_shortage")
    steps.push({ why: "see which programs hold it", command: "ps -eo pid,rss,comm --sort=-rss | head -20" });
  if (verdict === "reclaimable_slab") steps.push({ why: "see which cache it is", command: "slabtop -o -s c | head -20" });
  const inside = runnerIn(groups[0]);
  if (kamailio.method === null || kamailio.method === "rss")
    steps.push({
      why: inside === "" ? "count shared pages once" : "split it: the memory of each process in it, shared pages once",
      command: inside === "" ? rollups : `${inside}sh -c ${quoteShellWord(rollups)}`,
    });
  if (inside !== "")
    steps.push({
      why: "the parts of the whole: anonymous, shared (the shm pool), page cache, and how often the kernel ended a process in it",
      command: `${inside}sh -c 'grep . /sys/fs/cgroup/memory.*'`,
    });
  if (host?.source !== "meminfo")
    steps.push({
      why: host ? "free adds reclaimable slab to buff/cache; meminfo tells them apart" : "the host's side",
      command: "cat /proc/meminfo",
    });
  if (verdict === "pool_paging_in" || verdict === "inconclusive")
    steps.push({ why: "the pools themselves tell whether Kamailio uses more", command: pools });
  return steps;
}
