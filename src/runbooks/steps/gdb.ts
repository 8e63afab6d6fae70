/** The steps of a gdb walk: see that gdb may attach, write the script for this release, run it, post what it printed. */

import { architectureIs64Bit } from "../../kamailio/knowledge/architectures.js";
import { gdbLayout } from "../../kamailio/knowledge/gdb-layouts.js";
import type { Pool } from "../../kamailio/pool.js";
import { gdbWalkScript } from "../gdb/walk-script.js";
import { address, binary, chunks, containerWord, curl, type Ground, inContainer } from "../ground.js";
import { type StepPlan, step } from "../plan.js";
import type { StepCommand } from "../runbook.js";
import { dumpFinding } from "./dump-evidence.js";
import { pidWord, type Target } from "./processes.js";

/** Fragments a second that gdb's own interpreter walks and prints (measured on 5.6.3 with gdb 13, two busy cores: 50,039 in 30 s). */
const FRAGMENTS_PER_SECOND = 1_500;
/** A worker that stands still for longer than this loses calls: walk a core file instead. */
const LONG_STOP_SECONDS = 5;
/** Far beyond every pool that can be walked in an hour; the walk ends at the last fragment anyway. */
const STOP_BEYOND = 1_000_000;

export interface WalkWish {
  pool: Pool;
  /** The process to attach to. Any process will do for shm. */
  target: Target | null;
  skip: number;
  /** `null`: the whole pool. */
  stop: number | null;
  /** From when on a walk counts (epoch ms). */
  since: number | null;
}

export function gdbSteps(g: Ground, wish: WalkWish): StepPlan[] {
  const { version, debug } = g.situation;
  const manager = g.situation.pools[wish.pool].manager;
  const layout = is64Bit(g) === false ? null : gdbLayout(wish.pool, manager, version, debug);
  if (layout === null) return [cannotWalk(g, wish.pool)];
  const script = `/tmp/kamailio-walk-${wish.pool}.gdb`;
  const output = `/tmp/kamailio-walk-${wish.pool}.txt`;
  const text = gdbWalkScript(layout, { skip: wish.skip, stop: wish.stop ?? STOP_BEYOND });
  const count = chunks(g, wish.pool, wish.target?.pid ?? null);
  const walked = Math.min(count ?? STOP_BEYOND, wish.stop ?? STOP_BEYOND);
  const seconds = count === null && wish.stop === null ? null : Math.max(1, Math.ceil(walked / FRAGMENTS_PER_SECOND));
  const pid = pidWord(wish.target);
  const direct = `sudo gdb -batch -nx -p ${pid} -x ${script} > ${output}`;
  const fromCore = [
    `sudo gcore -o /tmp/kamailio-core ${pid}`,
    `sudo gdb -batch -nx ${binary(g)} /tmp/kamailio-core.${pid} -x ${script} > ${output}`,
  ];
  const long = seconds === null ? wish.pool === "shm" : seconds > LONG_STOP_SECONDS;
  const lines = long ? fromCore : [direct];
  return [
    step({
      id: "gdb_check",
      phase: "collect",
      title: "See that gdb can attach",
      why: "It needs gdb, and root or CAP_SYS_PTRACE; no debug symbols are needed.",
      commands: [
        ...(inContainer(g) === null ? [] : [attachFromHost(g)]),
        host("command -v gdb"),
        host("cat /proc/sys/kernel/yama/ptrace_scope"),
      ],
      expect: "A path, and 0 or 1 (root may attach); with 3 nobody may.",
      when_ok: "Write the script.",
      when_not:
        "Install gdb (apt-get install gdb, dnf install gdb). Where ptrace_scope is 3, only a restart of the machine takes it back.",
    }),
    step({
      id: "gdb_script",
      phase: "collect",
      title: `Write the script for ${version?.text ?? "this release"}`,
      why: `${layout.root} is the global symbol of this release${layout.root === "mem_block" || layout.root === "shm_block" ? "" : " (mem_block of the wiki is gone since 4.4.0)"}, and it is there without debug symbols. Offsets are those of ${layout.manager === "qm" ? "q_malloc" : "f_malloc"} ${debug ? "with" : "without"} debugging.`,
      commands: [host(`cat > ${script} <<'END_OF_SCRIPT'\n${text}END_OF_SCRIPT`)],
      expect: `${script} is written. It passes over the first ${wish.skip} fragments and stops after ${wish.stop ?? "the last one"}.`,
      undo: [`rm ${script}`],
      when_ok: "Run it.",
      when_not: "Write it where you may.",
    }),
    step({
      id: "gdb_walk",
      phase: "collect",
      title: `Walk the ${wish.pool} pool`,
      why: `It prints each allocated chunk${debug ? " with its site" : " (this build keeps no sites: sizes alone, which still show whether `used` is inflated by the accounting bug)"}, and the sum can be held against \`used\`.`,
      commands: lines.map(host),
      expect: "`manager: ...`, a line a chunk, `fragments walked: N`. It never calls into the process.",
      risk: "load",
      risk_detail: risk(wish.pool, seconds, long),
      undo: long ? [`sudo rm /tmp/kamailio-core.${pid}`] : [],
      when_ok: "The sites are recorded. Sum below `used` under q_malloc: the accounting bug, not a leak.",
      when_not: 'If gdb stops with "Cannot access memory", the pool changed under it: run it again, or on a core.',
      submit: curl(g, `--data-binary @${output} ${address(g, "dumps")}`),
      finding: wish.since === null ? null : dumpFinding(g, wish, wish.since),
    }),
  ];
}

function host(text: string): StepCommand {
  return { run_on: "server", text };
}

function attachFromHost(g: Ground): StepCommand {
  return inContainer(g) === "docker"
    ? {
        run_on: "container_host",
        text: `# gdb attaches from the host, with the pid of the host:\ndocker top ${containerWord(g)} -eo pid,args`,
      }
    : {
        run_on: "kubectl",
        text: `# gdb attaches from the node or from a debug container with SYS_PTRACE:\nkubectl debug -it ${containerWord(g)} --profile=sysadmin --image=debian:stable -- bash`,
      };
}

function risk(pool: Pool, seconds: number | null, long: boolean): string {
  const others =
    pool === "shm" ? " If it stands inside an allocation, it holds the shm lock and all processes wait with it." : "";
  if (long)
    return `gcore stops the process while it writes all of shm and pkg to /tmp (as many MB as -m and -M together: see that they fit); the walk itself${seconds === null ? "" : `, about ${seconds} s,`} then stops nobody.${others}`;
  const time = seconds === null ? "a pkg pool has some thousand fragments, so a few seconds" : `about ${seconds} s`;
  return `The process stands still while gdb walks: ${time}.${others}`;
}

/** 64-bit offsets alone are known. `null`: the architecture is not recorded. */
function is64Bit(g: Ground): boolean | null {
  const { architecture } = g.situation;
  return architecture === null ? null : architectureIs64Bit(architecture);
}

function cannotWalk(g: Ground, pool: Pool): StepPlan {
  const { version, debug, architecture } = g.situation;
  const manager = g.situation.pools[pool].manager;
  const reason =
    version === null
      ? "the release is not recorded, and the offsets differ by release: post `kamailio -I` first"
      : manager === "tlsf"
        ? "tlsf cannot be walked by a script: its blocks are chained by bits in their sizes. Ask for its sums instead (mem_summary 12), or start with -x qm -X qm"
        : manager === null
          ? "the manager of this pool is not known: post the command line and `kamailio -I` first"
          : debug === null
            ? "it is not known whether the build keeps sites, and the offsets differ with it: post `kamailio -I` first"
            : is64Bit(g) === false
              ? `the offsets are known for 64-bit machines; this is ${architecture}`
              : "f_malloc of this release does not mark which fragments are free: ask for its sums instead";
  return step({
    id: "gdb_walk",
    phase: "collect",
    title: `Walk the ${pool} pool`,
    why: `Not possible here: ${reason}.`,
    expect: "Nothing to run.",
    when_ok: "Use collect_dump instead.",
    when_not: "Use collect_dump instead.",
  });
}
