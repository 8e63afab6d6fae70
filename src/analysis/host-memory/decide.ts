/** The rules that name what holds the memory, in order of what must be done: the first that holds decides. */
import { MB, mb } from "../../kamailio/units.js";
import { share } from "./arithmetic.js";
import type { Case } from "./case.js";
import { PRIVATE_BASE_BYTES } from "./kamailio-share.js";

export const HOST_MEMORY_VERDICTS = [
  "pool_paging_in",
  "system_malloc_growth",
  "page_cache",
  "reclaimable_slab",
  "pools_explain_it",
  "real_shortage",
  "inconclusive",
] as const;

export type HostMemoryVerdict = (typeof HOST_MEMORY_VERDICTS)[number];

/** Below this share of the total the kernel starts to reclaim hard and the OOM killer comes near. */
const SHORTAGE_SHARE = 0.05;
/** The pool counts as not yet touched while less than this share of it is resident. */
const TOUCHED_SHARE = 0.9;
/** A category explains what is not free when it is at least this share of it. */
const DOMINANT_SHARE = 0.4;
/** Growth between two readings that is worth a name. */
const MIN_GROWTH_BYTES = 16 * MB;

export interface Decision {
  verdict: HostMemoryVerdict;
  summary: string;
  reasons: { rule: string; detail: string }[];
  drop_caches: boolean | null;
}

export function decide(judged: Case): Decision {
  return (
    shortage(judged) ??
    systemMalloc(judged) ??
    swapGone(judged) ??
    groupFull(judged) ??
    grown(judged) ??
    dominant(judged) ??
    pools(judged) ??
    unexplained(judged)
  );
}

function shortage({ host, shares }: Case): Decision | null {
  if (!host || !shares || shares.available >= SHORTAGE_SHARE * host.total) return null;
  const detail = `${mb(shares.available)} of ${mb(host.total)} can still be had without swapping (${shares.available_source})`;
  return {
    verdict: "real_shortage",
    summary: `The host is short of memory: ${detail}. Caches are already counted as available here.`,
    reasons: [
      { rule: "available_below_5_percent", detail },
      ...(shares.swap_used ? [{ rule: "swap_used", detail: `${mb(shares.swap_used)} are swapped out` }] : []),
    ],
    drop_caches: false,
  };
}

/** Swap counts as used up from this share on, and what is left of memory as little below this one. */
const SWAP_USED_SHARE = 0.9;
const LITTLE_SHARE = 0.1;

/** Little is left and the swap is used up: what comes next is the OOM killer. */
function swapGone({ host, shares }: Case): Decision | null {
  const swap = host?.swap_total ?? 0;
  if (!host || !shares || shares.swap_used === null || swap === 0) return null;
  if (shares.swap_used < SWAP_USED_SHARE * swap || shares.available >= LITTLE_SHARE * host.total) return null;
  const detail = `${mb(shares.swap_used)} of ${mb(swap)} of swap are used`;
  return {
    verdict: "real_shortage",
    summary: `The host is short of memory: ${detail}, and ${mb(shares.available)} of ${mb(host.total)} can still be had (${shares.available_source}).`,
    reasons: [{ rule: "swap_used_up", detail }],
    drop_caches: false,
  };
}

/** A container, pod or service that the kernel ended for its limit, or that is about to be. */
function groupFull({ groups }: Case): Decision | null {
  for (const { name, source, used, limit, oom_kills } of groups) {
    const killed = (oom_kills ?? 0) > 0;
    if (!killed && (limit === null || used < (1 - SHORTAGE_SHARE) * limit)) continue;
    const takes = `${name ?? source} takes ${mb(used)}${limit === null ? "" : ` of its limit of ${mb(limit)} (${share(used / limit)})`}`;
    const kills = killed ? `; the kernel ended processes in it ${oom_kills} times` : "";
    return {
      verdict: "real_shortage",
      summary: `${takes}${kills}. At the limit the kernel ends a process, whatever the host has free: the limit must hold -m, -M for each process, and what is beside them.`,
      reasons: [{ rule: killed ? "ended_for_its_limit" : "near_its_limit", detail: `${takes}${kills}` }],
      drop_caches: false,
    };
  }
  return null;
}

function systemMalloc({ host, shares, kamailio, growth, grown: top }: Case): Decision | null {
  const { processes_beyond, beyond_pools } = kamailio;
  const reasons: Decision["reasons"] = [];
  if (top !== null && top.virtual >= MIN_GROWTH_BYTES && top.resident >= MIN_GROWTH_BYTES) {
    const fell =
      growth.free_fell !== null && growth.free_fell > 0 ? `; the host's free memory fell by ${mb(growth.free_fell)}` : "";
    reasons.push({
      rule: "address_space_grew",
      detail: `pid ${top.pid ?? "?"} has ${mb(top.virtual)} more of address space and ${mb(top.resident)} more resident than in the first reading${fell}. The pools are mapped once, at start`,
    });
  }
  if (beyond_pools !== null && beyond_pools > 0) {
    const [largest] = processes_beyond;
    reasons.push({
      rule: "private_memory_beyond_pkg_pool",
      detail: `${processes_beyond.length} process(es) hold ${mb(beyond_pools)} more than ${kamailio.pkg_known ? "their pkg pool" : "any pkg pool that is run"} and ${mb(PRIVATE_BASE_BYTES)} for libraries and stacks; the largest is pid ${largest?.pid ?? "?"} with ${mb(largest?.private_bytes ?? 0)} of its own`,
    });
  }
  if (reasons.length === 0) return null;
  if (growth.anon !== null && growth.anon >= MIN_GROWTH_BYTES)
    reasons.push({ rule: "private_memory_grew", detail: `private memory grew by ${mb(growth.anon)} between the two readings` });
  const swap = host?.swap_total ?? 0;
  if (shares?.swap_used && shares.swap_used >= SWAP_USED_SHARE * swap)
    reasons.push({ rule: "swap_used_up", detail: `${mb(shares.swap_used)} of ${mb(swap)} of swap are used` });
  return {
    verdict: "system_malloc_growth",
    summary: `${mb(Math.max(beyond_pools ?? 0, top?.virtual ?? 0))} lie outside Kamailio's pools: system malloc of a library or an embedded language (Lua, Python, libxml2, libcurl), not shm or pkg. -m and -M do not bound it.`,
    reasons,
    drop_caches: false,
  };
}

/** Two readings: what grew between them is the answer. */
function grown({ growth, context, kamailio }: Case): Decision | null {
  const candidates = [
    { verdict: "reclaimable_slab", bytes: growth.slab_reclaimable, drop: true },
    { verdict: "page_cache", bytes: growth.page_cache, drop: true },
    { verdict: "pool_paging_in", bytes: growth.shm_touched, drop: false },
  ] as const;
  const top = candidates.reduce<(typeof candidates)[number] | null>(
    (best, one) => ((one.bytes ?? 0) > (best?.bytes ?? 0) ? one : best),
    null,
  );
  if (!top || (top.bytes ?? 0) < MIN_GROWTH_BYTES) return null;
  const detail = `${NAMES[top.verdict]} grew by ${mb(top.bytes ?? 0)} between the two readings, more than anything else`;
  const limit =
    top.verdict === "pool_paging_in" && context.shm_size_bytes
      ? ` It ends at the pool's size, ${mb(context.shm_size_bytes)} (now ${mb(kamailio.shm_touched ?? 0)}).`
      : "";
  return {
    verdict: top.verdict,
    summary: `${detail[0]?.toUpperCase()}${detail.slice(1)}.${limit} ${HARMLESS[top.verdict]}`,
    reasons: [{ rule: "grew_most", detail }],
    drop_caches: top.drop,
  };
}

const NAMES = {
  reclaimable_slab: "reclaimable slab",
  page_cache: "the page cache",
  pool_paging_in: "the touched part of the shm pool",
} as const;
const HARMLESS = {
  reclaimable_slab: "The kernel gives it back when programs need memory; it is no leak of Kamailio.",
  page_cache: "The kernel gives it back when programs need memory; it is no leak of Kamailio.",
  pool_paging_in: "A page of the pool becomes resident when it is used for the first time and stays so: that is no leak.",
} as const;

/** One reading: the largest part of what is not free. */
function dominant({ host, shares, kamailio }: Case): Decision | null {
  if (!host || !shares) return null;
  const { reclaimable_slab: slab, page_cache: cache, not_free } = shares;
  const own = kamailio.resident ?? 0;
  const shareOf = (bytes: number) =>
    `${Math.round((100 * bytes) / Math.max(1, not_free))} % of the ${mb(not_free)} that are not free`;
  if (slab !== null && slab >= DOMINANT_SHARE * not_free && slab > own && slab >= (cache ?? 0))
    return {
      verdict: "reclaimable_slab",
      summary: `${mb(slab)} are reclaimable slab (the kernel's own caches of file names and inodes), ${shareOf(slab)}. ${HARMLESS.reclaimable_slab}`,
      reasons: [{ rule: "slab_dominates", detail: `SReclaimable is ${shareOf(slab)}` }],
      drop_caches: true,
    };
  if (cache !== null && cache >= DOMINANT_SHARE * not_free && cache > own)
    return {
      verdict: "page_cache",
      summary: `${mb(cache)} are page cache${host.source === "free" ? " and reclaimable slab" : ""} (contents of files), ${shareOf(cache)}; shared memory is not counted in it. ${HARMLESS.page_cache}`,
      reasons: [{ rule: "page_cache_dominates", detail: `page cache is ${shareOf(cache)}` }],
      drop_caches: true,
    };
  return null;
}

/** Kamailio's own processes, within what -m and -M reserve. */
function pools({ kamailio, context, shares }: Case): Decision | null {
  const { resident, pools_limit, shm_touched } = kamailio;
  if (resident === null || pools_limit === null) return null;
  // Someone else holds most of the host's memory: Kamailio's own share explains nothing.
  if (shares && resident < DOMINANT_SHARE * (shares.not_free - (shares.page_cache ?? 0) - (shares.reclaimable_slab ?? 0)))
    return null;
  const allowed = pools_limit + PRIVATE_BASE_BYTES * kamailio.processes;
  if (resident > allowed) return null;
  const detail = `${mb(resident)} are resident with shared pages counted once; the pools may take ${mb(pools_limit)}`;
  const shm = context.shm_size_bytes ?? 0;
  if (shm_touched !== null && shm_touched < TOUCHED_SHARE * shm && !context.shm_forced)
    return {
      verdict: "pool_paging_in",
      summary: `Kamailio's resident memory is within its pools: ${detail}. Of the shm pool ${mb(shm_touched)} of ${mb(shm)} have been touched so far: it may still rise by ${mb(shm - shm_touched)} without any leak. ${HARMLESS.pool_paging_in}`,
      reasons: [
        { rule: "resident_within_pools", detail },
        { rule: "shm_not_fully_touched", detail: `${mb(shm_touched)} of ${mb(shm)} of the shm pool are resident` },
      ],
      drop_caches: false,
    };
  return {
    verdict: "pools_explain_it",
    summary: `Kamailio's pools explain it: ${detail}. They are reserved at start, and what was touched once stays resident.`,
    reasons: [{ rule: "resident_within_pools", detail }],
    drop_caches: false,
  };
}

function unexplained({ kamailio, shares, groups }: Case): Decision {
  const missing = [
    ...(kamailio.resident === null ? ["the memory of Kamailio's processes"] : []),
    ...(kamailio.resident !== null && kamailio.pools_limit === null
      ? ["the sizes of the pools (-m, -M) and the number of processes"]
      : []),
    ...(shares === null ? ["the host's figures (/proc/meminfo)"] : []),
  ];
  const [group] = groups;
  if (group !== undefined && kamailio.resident === null) {
    const { name, source, used, limit, tasks } = group;
    const of = limit === null ? "" : ` of a limit of ${mb(limit)} (${share(used / limit)})`;
    return {
      verdict: "inconclusive",
      summary: `${name ?? source} takes ${mb(used)}${of}${tasks === null ? "" : ` in ${tasks} processes`}. One figure does not tell the pools from what is outside them: the memory of its processes does.`,
      reasons: [],
      drop_caches: null,
    };
  }
  const summary =
    missing.length > 0
      ? `This does not tell what holds the memory: ${missing.join(", and ")} are missing.`
      : "Neither Kamailio's pools nor the kernel's caches are the larger part of what is used: another program holds it.";
  return { verdict: "inconclusive", summary, reasons: [], drop_caches: null };
}
