/** Corruption: memory that was overwritten, freed twice or freed wrongly. The core and the two call sites are what can be had; more memory is not. */
import { CORRUPTION_KINDS } from "../../kamailio/log/incident.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { binary, call, command, type Ground, inContainer, placeholder, setCoreLine } from "../ground.js";
import { CONTAINER, type KindOfRunbook } from "../kind.js";
import { type Finding, type StepPlan, satisfied, step } from "../plan.js";
import { knownIssue } from "../steps/known-issues.js";
import { recordBuild, recordConfig, recordLog, recordService, recordSettings, report } from "../steps/records.js";
import { callsLost, restartLines } from "../steps/restart.js";
import { needSites } from "../steps/sites.js";

export const corruption: KindOfRunbook = {
  kind: "corruption",
  title: "Corrupted memory",
  when_to_use:
    'The log says "freeing already freed", "bad pointer", "beginning/end overwritten", asks for an absurd size, or a process dies with signal 6 or 11.',
  parameters: [CONTAINER],
  plan: (g) => ({ title: `Corrupted memory on ${g.facts.instance}`, steps: steps(g) }),
};

function steps(g: Ground): StepPlan[] {
  return [
    recordLog(g, incidentFinding(g)),
    afterExhaustion(g),
    recordBuild(g),
    recordSettings(g),
    recordService(g),
    recordConfig(g, "Which modules and routes ran."),
    knownIssue(g, null),
    keepCores(g),
    readCore(g),
    ...needSites(g),
    safety(g),
    minimise(g),
    upgrade(g),
    report(g),
  ];
}

function incidentFinding(g: Ground): Finding | null {
  const found = g.facts.incidents.find(({ incident }) => CORRUPTION_KINDS.has(incident.kind) || incident.kind === "child_died");
  if (found === undefined) return null;
  const { incident, id, ended_at } = found;
  const bytes = incident.overwritten === null ? "" : ` The bytes over it read "${incident.overwritten.ascii}".`;
  return satisfied("incident", id, ended_at, `${incident.kind}: ${incident.quote.slice(0, 300)}.${bytes}`);
}

/** A crash just after an allocation failed is a return value that nobody checked. */
const JUST_AFTER_MS = 120_000;

function afterExhaustion(g: Ground): StepPlan {
  const crash = g.facts.incidents.find(({ incident }) => CORRUPTION_KINDS.has(incident.kind) || incident.kind === "child_died");
  const before =
    crash === undefined
      ? undefined
      : g.facts.incidents.find(
          ({ began_at, incident }) =>
            incident.kind === "exhaustion" && began_at <= crash.began_at && crash.began_at - began_at < JUST_AFTER_MS,
        );
  return step({
    id: "after_exhaustion",
    phase: "triage",
    title: "See whether memory ran out just before",
    why: "A crash right after an out-of-memory line is mostly an allocation whose failure nobody checked: then the cause is the exhaustion, not an overrun.",
    expect:
      before === undefined
        ? "No exhaustion is recorded in the two minutes before."
        : `Memory ran out just before: ${before.incident.quote.slice(0, 200)}`,
    when_ok: "Nothing ran out: look for who wrote where it must not.",
    when_not: "Make the runbook out_of_memory; report the missing check as well.",
    finding:
      before === undefined ? null : satisfied("incident", before.id, before.ended_at, "Make the runbook out_of_memory first."),
  });
}

function keepCores(g: Ground): StepPlan {
  const systemd = g.facts.settings.service_manager.value === "systemd";
  const container = inContainer(g);
  const dropIn = quoteShellWord(`/etc/systemd/system/${g.reach.service_name}.service.d`);
  return step({
    id: "keep_cores",
    phase: "collect",
    title: "Keep the core of the next crash",
    why: "Only the stack of the process that noticed says which message and which module. A core holds all of shm and pkg: as many MB as -m and -M, and what callers said is in it.",
    commands:
      container !== null
        ? [
            {
              run_on: "container_host",
              text: "# start the container with --ulimit core=-1; /proc/sys/kernel/core_pattern of the host decides where cores go",
            },
          ]
        : [
            { run_on: "server", text: "cat /proc/sys/kernel/core_pattern" },
            ...(systemd
              ? [
                  {
                    run_on: "server" as const,
                    text: `sudo mkdir -p ${dropIn} && printf '[Service]\\nLimitCORE=infinity\\n' | sudo tee ${dropIn}/core.conf && sudo systemctl daemon-reload`,
                  },
                ]
              : [{ run_on: "server" as const, text: "# where it is started: ulimit -c unlimited" }]),
            { run_on: "server", text: "# kamailio.cfg: disable_core_dump=no" },
            ...restartLines(g),
          ],
    expect: "The next `child process N exited by a signal` line says `core was generated`.",
    risk: "restart",
    risk_detail: `${callsLost()} Cores fill the disk: one is enough.`,
    undo: systemd && container === null ? [`sudo rm ${dropIn}/core.conf && sudo systemctl daemon-reload`] : [],
    when_ok: "Read the core.",
    when_not: "A process that drops root leaves no core unless fs.suid_dumpable is 1 or 2.",
  });
}

function readCore(g: Ground): StepPlan {
  const core = placeholder("CORE", "path of the core file");
  const other = g.facts.incidents.find(({ incident }) => incident.overwritten !== null)?.incident;
  const look = other === undefined ? "" : ` -ex 'x/64xb '${placeholder("ADDRESS", "address of the fragment, from the log line")}`;
  return step({
    id: "read_core",
    phase: "collect",
    title: "Read the stack, the locals, the bytes",
    why: "The check runs when the fragment or its neighbour is next used, so the stack shows who noticed. Who wrote is told by `Fragment marked by`, by the bytes that lie over the mark, and by the fragment before it.",
    commands: [
      { run_on: "server", text: `sudo gdb -batch -nx -ex 'bt full' -ex 'info locals' -ex 'list'${look} ${binary(g)} ${core}` },
    ],
    expect:
      "A backtrace with function names; with the debug symbol package also lines and values. Start mark f0f0f0f0, end marks c0c0c0c0 and abcdefed.",
    when_ok: "Put the output into the issue: it is the first thing that is asked for.",
    when_not:
      "Only question marks: install the package of debug symbols of this very build (kamailio-dbg, kamailio-dbgsym, kamailio-debuginfo).",
  });
}

function safety(g: Ground): StepPlan {
  const { mem_safety: setting } = g.facts.settings;
  const can = g.ways.set_at_runtime !== false;
  return step({
    id: "mem_safety",
    phase: "mitigate",
    title: "Choose: go on, or stop at the first fault",
    why: `mem_safety=1 (default since 5.1) logs a double free or a bad pointer and goes on; 0 aborts, which leaves a core at the first fault. An overwritten fragment always aborts.${setting.value === null ? "" : ` Now ${setting.value}.`}`,
    commands: can
      ? [command(g, call(g, "cfg.get", "core", "mem_safety")), command(g, setCoreLine(g, "mem_safety", 1))]
      : [{ run_on: "server", text: "# kamailio.cfg: mem_safety=1, then restart" }],
    expect: "In production 1; on a test system 0 with cores kept.",
    undo: can && setting.value !== null && setting.value !== 1 ? [setCoreLine(g, "mem_safety", setting.value)] : [],
    when_ok: "The service stays up while you look.",
    when_not: "It still dies: the fragment is overwritten, not freed twice.",
    finding:
      setting.value === 1
        ? satisfied(
            "settings",
            setting.evidence_id,
            setting.recorded_at === null ? null : Date.parse(setting.recorded_at),
            "mem_safety is 1.",
          )
        : null,
  });
}

function minimise(g: Ground): StepPlan {
  const debug = g.situation.debug;
  return step({
    id: "minimise",
    phase: "confirm",
    title: "Make it happen on purpose",
    why: `Take the traffic away piece by piece on a test system: one route, one module, one message in sipp. ${debug === false ? "Without debugging nothing checks the marks: make the runbook enable_debugging on the test system first." : "q_malloc with debugging checks the marks of each fragment that is used; f_malloc has none."} valgrind cannot look into the pools.`,
    expect: "One message, or one sequence, that ends in the same line.",
    when_ok: "A minimal configuration and a sipp scenario get a patch within days.",
    when_not: "Collect three cores: what is common to them is the next best.",
  });
}

function upgrade(g: Ground): StepPlan {
  const best = g.facts.known_issues.find(({ kind, certainty }) => kind === "corruption" && certainty !== "release_only");
  return step({
    id: "upgrade",
    phase: "fix",
    title: best?.upgrade_to == null ? "Run the newest release of your series" : `Upgrade to ${best.upgrade_to}`,
    why: "Most faults of this kind are fixed in a minor release already. Raising -m or -M cures none of them.",
    expect: "No such line for as long as it took to happen three times before.",
    when_ok: "Done.",
    when_not: "Open an issue with the report.",
  });
}
