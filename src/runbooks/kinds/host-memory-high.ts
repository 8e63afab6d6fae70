/** Host memory looks high: pools being touched, malloc outside the pools, page cache, slab that can be reclaimed, or a real shortage. */

import { allPids } from "../../analysis/commands/process.js";
import { HOST_MEMORY_VERDICTS } from "../../analysis/host-memory/decide.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { command, type Ground, inContainer, shellThere, submitPlain } from "../ground.js";
import { CONTAINER, type KindOfRunbook } from "../kind.js";
import { type Finding, freshSince, type StepPlan, satisfied, step } from "../plan.js";
import { recordBuild, recordSettings, recordUsage } from "../steps/records.js";

export const hostMemoryHigh: KindOfRunbook = {
  kind: "host_memory_high",
  title: "The host's memory looks high",
  when_to_use: "free, top or the monitoring shows that memory is used up, and Kamailio's log has no out-of-memory line.",
  parameters: [CONTAINER],
  plan: (g) => ({ title: `Host memory of ${g.facts.instance}`, steps: steps(g) }),
};

type Verdict = NonNullable<Ground["facts"]["host_memory"]>["judgement"]["verdict"];

function steps(g: Ground): StepPlan[] {
  return [
    recordBuild(g),
    recordSettings(g),
    recordUsage(g, {
      id: "pools",
      phase: "triage",
      title: "Read the pools first",
      why: "Kamailio takes -m and -M for each process at its start and never more for its own work: flat pools under rising host memory mean that the growth is elsewhere. Full pools write an error and do not grow.",
      since: freshSince(g),
    }),
    meminfo(g),
    processes(g),
    cache(g),
    slab(g),
    pagingIn(g),
    systemMalloc(g),
    shortage(g),
  ];
}

/** What the judgement says, when it says this. */
function judged(g: Ground, ...verdicts: Verdict[]): Finding | null {
  const found = g.facts.host_memory;
  if (found === null || found.recorded_at < freshSince(g)) return null;
  const { verdict, summary } = found.judgement;
  if (verdicts.includes(verdict)) return satisfied("host_memory", found.id, found.recorded_at, summary);
  if (verdict === "inconclusive") return null;
  return satisfied("host_memory", found.id, found.recorded_at, `It is not this: ${summary}`);
}

/** Those that say what it is. */
const ALL: Verdict[] = HOST_MEMORY_VERDICTS.filter((verdict) => verdict !== "inconclusive");

function meminfo(g: Ground): StepPlan {
  return step({
    id: "meminfo",
    phase: "collect",
    title: "Record what the kernel counts",
    why: "`free` in the narrow sense is nearly always small on a healthy host: caches fill it. MemAvailable is what can still be had. Slab that is SReclaimable is free memory too, although `free` does not show it so.",
    commands: [
      { run_on: "server", text: "cat /proc/meminfo" },
      { run_on: "server", text: "free -m" },
    ],
    expect: "MemAvailable far from 0; Slab and SReclaimable tell the kernel's share.",
    when_ok: "The judgement names what holds it.",
    when_not: "In a container read the limit as well: /sys/fs/cgroup/memory.max and memory.stat.",
    submit: submitPlain(g, "host-memory", "cat /proc/meminfo"),
    // It asks for a record, not for an answer: a reading that tells nothing by itself is one.
    finding: judged(g, ...HOST_MEMORY_VERDICTS),
  });
}

function processes(g: Ground): StepPlan {
  const line = `sudo sh -c ${quoteShellWord(`cat /proc/meminfo; for p in ${allPids(g.reach)}; do cat /proc/$p/status /proc/$p/smaps_rollup; done`)}`;
  return step({
    id: "processes",
    phase: "collect",
    title: "Record Kamailio's share",
    why: "RSS of each process contains all of shm that it has touched: their sum counts the same memory many times. Private memory beyond the pkg pool is malloc of libraries and scripts.",
    commands:
      inContainer(g) === null
        ? [{ run_on: "server", text: line }]
        : [command(g, shellThere(g, `for p in ${allPids(g.reach)}; do cat /proc/$p/status; done`))],
    expect: "RssShmem near -m at the most, RssAnon near -M and some MB for libraries.",
    when_ok: "Post it now, and again an hour later: growth between two readings is the answer.",
    when_not: "smaps_rollup is missing before Linux 4.14: status alone will do.",
    submit: submitPlain(g, "host-memory", line),
    finding: judged(g, ...ALL),
  });
}

function cache(g: Ground): StepPlan {
  return step({
    id: "page_cache",
    phase: "confirm",
    title: "Is it page cache?",
    why: "Files that were read or written (logs, a database, recordings) stay in memory until somebody needs it. That is no leak, and nothing is to be done.",
    commands: [{ run_on: "server", text: "grep -E '^(Cached|Buffers|Dirty|Writeback|Shmem):' /proc/meminfo" }],
    expect: "Cached without Shmem explains most of what is not free. (Shmem in it is Kamailio's shm.)",
    when_ok: "Monitor MemAvailable instead of free.",
    when_not: "See the slab.",
    finding: judged(g, "page_cache"),
  });
}

function slab(g: Ground): StepPlan {
  return step({
    id: "reclaimable_slab",
    phase: "confirm",
    title: "Is it slab that can be reclaimed?",
    why: "Names and inodes of files that were looked at. Gigabytes of it are usual where many files are opened or tested; nearly all is SReclaimable, so it is free in effect.",
    commands: [
      { run_on: "server", text: "grep -E '^(Slab|SReclaimable|SUnreclaim):' /proc/meminfo" },
      { run_on: "server", text: "sudo slabtop -o -s c | head -n 20" },
      { run_on: "server", text: "sudo sh -c 'sync; echo 3 > /proc/sys/vm/drop_caches'   # only to see it; it is no cure" },
      { run_on: "server", text: "free -m" },
    ],
    expect: "After drop_caches, free rises by about SReclaimable and the cache.",
    risk: "load",
    risk_detail:
      "drop_caches throws every cached file and name away: disks work hard for minutes, and a database on the host slows down. Not at the busy hour. The other commands only read.",
    when_ok: "The growth was caching. The cache fills again: leave it.",
    when_not: "SUnreclaim grows: a kernel module. Or it is not the kernel at all: go on.",
    submit: submitPlain(g, "host-memory", "cat /proc/meminfo"),
    finding: judged(g, "reclaimable_slab"),
  });
}

function pagingIn(g: Ground): StepPlan {
  const size = g.facts.settings.shm_size_mb.value;
  return step({
    id: "paging_in",
    phase: "confirm",
    title: "Is it a pool that is touched for the first time?",
    why: `The kernel gives pages when they are first written: RSS climbs after a start until the pools have been touched${size === null ? "" : ` (at most ${size} MB of shm)`}, and then stays. That reads like a leak and is none.`,
    expect: "RSS rises to -m and -M at the most, then is level. shm_force_alloc=yes takes all of it at the start.",
    when_ok: "Nothing to do.",
    when_not: "Beyond the pools: the next step.",
    finding: judged(g, "pool_paging_in", "pools_explain_it"),
  });
}

function systemMalloc(g: Ground): StepPlan {
  const modules = g.facts.settings.modules.value ?? [];
  const suspects = modules.filter((name) =>
    /^(?:app_|python|http_|curl|tls|db_|xml|jansson|json|ldap|perl|lua|rabbitmq|kazoo)/.test(name),
  );
  return step({
    id: "system_malloc",
    phase: "confirm",
    title: "Is it malloc outside the pools?",
    why: `Few parts take memory from the system: embedded languages (Lua, Python, JavaScript, Perl), libcurl, libxml2, database and TLS libraries. ${suspects.length > 0 ? `Loaded here: ${suspects.slice(0, 12).join(", ")}.` : ""} Only there valgrind helps; the pools are invisible to it.`.replace(
      "  ",
      " ",
    ),
    commands: [
      {
        run_on: "server",
        text: `sudo sh -c ${quoteShellWord(`for p in ${allPids(g.reach)}; do echo $p $(grep -h RssAnon /proc/$p/status); done`)} | sort -k3 -n | tail`,
      },
    ],
    expect: "One class of process holds private memory that grows between two readings.",
    when_ok:
      "The class names the code: the route's script in the SIP workers, RPC clients in the jsonrpcs process. Report it with the library's version (openssl version, lua -v).",
    when_not: "No process grows: it is the kernel, or another program.",
    finding: judged(g, "system_malloc_growth"),
  });
}

function shortage(g: Ground): StepPlan {
  return step({
    id: "shortage",
    phase: "mitigate",
    title: "Is it a real shortage?",
    why: "MemAvailable near 0 and swap in use: the kernel will kill somebody, and Kamailio's main process takes all others with it.",
    commands: [
      { run_on: "server", text: "ps -eo pid,rss,args --sort=-rss | head -n 15" },
      { run_on: "server", text: "sudo dmesg | grep -i 'out of memory' | tail" },
    ],
    expect: "The largest processes, and who was killed before.",
    when_ok: "Give the host more, or move the largest elsewhere. -m and -M times the processes must fit beside them (resize).",
    when_not: "Enough is available: nothing to do.",
    finding: judged(g, "real_shortage"),
  });
}
