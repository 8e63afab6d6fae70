/** Pre-upgrade check: what another release changes for memory, whether the pools have room for it, and the proof before and after. */
import { releaseChanges } from "../../kamailio/knowledge/release-changes.js";
import { factAt, QM_OVERHEAD, VERSION_OPTION } from "../../kamailio/knowledge/releases.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { mb } from "../../kamailio/units.js";
import { readVersion, type Version } from "../../kamailio/version.js";
import {
  address,
  binary,
  chunks,
  command,
  configFile,
  curl,
  type Ground,
  placeholder,
  submitPlain,
  text,
  there,
} from "../ground.js";
import { CONTAINER, type KindOfRunbook } from "../kind.js";
import { words } from "../parameters.js";
import { doneAt, type Finding, failed, freshSince, type StepPlan, satisfied, step } from "../plan.js";
import { dumpStep } from "../steps/dumps.js";
import { targetProcess } from "../steps/processes.js";
import { recordBuild, recordConfig, recordService, recordSettings, recordUsage } from "../steps/records.js";
import { callsLost, restartLines } from "../steps/restart.js";

export const preUpgradeCheck: KindOfRunbook = {
  kind: "pre_upgrade_check",
  title: "Check before an upgrade",
  when_to_use:
    "Another release is to go in: to be sure that it fits into the pools, that the commands still work, and that a regression is seen.",
  parameters: [words("to_version", "The release that will go in: 5.8.8", 60), CONTAINER],
  plan: (g) => {
    const to = readVersion(text(g, "to_version") ?? "");
    return {
      title: `Before the upgrade of ${g.facts.instance}${to === null ? "" : ` to ${to.text}`}`,
      steps: steps(g, to).filter((one) => one !== null),
    };
  },
};

function steps(g: Ground, to: Version | null): (StepPlan | null)[] {
  const upgraded = doneAt(g, "upgrade");
  return [
    recordBuild(g),
    recordSettings(g),
    recordService(g),
    recordConfig(g, "The new binary must accept it, and parameters may have gone."),
    recordUsage(g, {
      id: "before",
      phase: "collect",
      title: "Record the level before",
      why: "Without it nobody can say later that the new release takes more. A week that holds the busy hour is best.",
      since: freshSince(g),
    }),
    dumpStep(g, {
      id: "dump_before",
      phase: "collect",
      title: "Dump shm before",
      why: "The same configuration, release against release, site by site: the strongest proof of a regression.",
      pool: "shm",
      target: targetProcess(g),
      form: "sums",
      since: freshSince(g),
      before: upgraded,
    }),
    changes(g, to),
    room(g, to),
    knownIssues(g, to),
    configCheck(g),
    upgrade(g, to),
    verify(g, to, upgraded),
    recordUsage(g, {
      id: "after",
      phase: "verify",
      title: "Record the level after, at the same hour",
      why: "Counters begin anew; compare troughs with troughs.",
      since: upgraded,
    }),
    dumpStep(g, {
      id: "dump_after",
      phase: "verify",
      title: "Dump shm after a like time",
      why: "Lines move between releases: the comparison matches sites by module and function.",
      pool: "shm",
      target: targetProcess(g),
      form: "sums",
      since: upgraded,
    }),
  ];
}

function changes(g: Ground, to: Version | null): StepPlan {
  const from = g.situation.version;
  const list = from === null || to === null ? [] : releaseChanges(from, to);
  return step({
    id: "changes",
    phase: "triage",
    title: "Know what changes for memory",
    why:
      list.length > 0
        ? list.map(({ title, from: old, to: now, meaning }) => `${title}: ${old} becomes ${now}. ${meaning}`).join(" ")
        : to === null
          ? "Which release will go in was not said: make the runbook again with to_version."
          : from === null
            ? "Today's release is not recorded: post `kamailio -I`."
            : `Nothing that is known about memory differs between ${from.text} and ${to.text}.`,
    expect: "Scripts and monitoring that use old names or fields are changed with the release.",
    when_ok: "Go on.",
    when_not: "Take the changes one at a time on a test system.",
    finding:
      from === null || to === null
        ? null
        : satisfied("release", null, null, `${list.length} changes from ${from.text} to ${to.text}.`),
  });
}

/** Chunks get larger headers from release to release. */
function room(g: Ground, to: Version | null): StepPlan | null {
  const debug = g.situation.debug;
  const old = factAt(QM_OVERHEAD, g.situation.version);
  const now = factAt(QM_OVERHEAD, to);
  if (old === null || now === null || debug === null || g.situation.pools.shm.manager !== "qm") return null;
  const each = debug ? now.debug_fragment - old.debug_fragment : now.release_fragment - old.release_fragment;
  const block = debug ? now.debug_block - old.debug_block : now.release_block - old.release_block;
  const count = chunks(g, "shm");
  const more = count === null ? null : each * count + block;
  return step({
    id: "room",
    phase: "confirm",
    title: "See that the pools have room for it",
    why: `q_malloc of the new release takes ${each} bytes more for each chunk and ${block} once a pool${count === null ? "" : `: about ${mb(more ?? 0)} for the ${count} chunks of shm`}. Modules grow as well: keep a fifth free.`,
    commands: [{ run_on: "anywhere", text: curl(g, `-H 'Accept: text/plain' ${address(g, "sizing")}`) }],
    expect: "The peaks fit with that added.",
    when_ok: "Keep -m and -M.",
    when_not: "Raise them in the same restart (resize).",
  });
}

function knownIssues(g: Ground, to: Version | null): StepPlan {
  const here = g.facts.known_issues.filter(({ certainty }) => certainty !== "release_only");
  const fixed = here.filter(({ upgrade_to }) => upgrade_to !== null);
  return step({
    id: "known_issues",
    phase: "triage",
    title: "See that it fixes what you have",
    why:
      here.length === 0
        ? "No known bug was seen on this instance."
        : here.map(({ title, fixed_in }) => `${title}: fixed in ${fixed_in.join(", ") || "no release yet"}.`).join(" "),
    expect:
      fixed.length === 0
        ? `The last minor release of ${to === null ? "the series" : `${to.major}.${to.minor}`} is the one to take.`
        : `At least ${fixed.map(({ upgrade_to }) => upgrade_to).join(", ")}.`,
    when_ok: "Take it.",
    when_not: "Take a newer minor release.",
  });
}

function configCheck(g: Ground): StepPlan {
  const file = configFile(g);
  const config = file === null ? "" : ` -f ${quoteShellWord(file)}`;
  return step({
    id: "config_check",
    phase: "confirm",
    title: "Check the configuration with the new binary",
    why: "On a test system or from a second prefix. -c allocates pkg and shm of the given sizes, so it tests those as well. 5.8 and newer refuse -m 0 and -M 0.",
    commands: [{ run_on: "build_host", text: `${placeholder("NEW", "path of the new kamailio")} -c${config}` }],
    expect: "`config file ok, exiting...`, and no warning about unknown parameters.",
    when_ok: "Upgrade.",
    when_not: "Change the lines that it names. A module of another build is refused: mpath must lead to the new ones.",
  });
}

function upgrade(g: Ground, to: Version | null): StepPlan {
  const old = g.situation.version?.text ?? "the old version";
  return step({
    id: "upgrade",
    phase: "fix",
    title: "Upgrade one server, and mark this step done",
    why: "One of a pair first; the other shows what is normal.",
    commands: [
      { run_on: "server", text: "apt-cache policy kamailio 2>/dev/null || dnf list --showduplicates kamailio" },
      {
        run_on: "server",
        text: `# install ${to?.text ?? "the new release"} of kamailio and all of its module packages together`,
      },
      ...restartLines(g),
    ],
    expect: "The service starts with the new version.",
    risk: "restart",
    risk_detail: callsLost(),
    undo: [
      `# install ${old} of kamailio and all of its module packages again (apt-get install kamailio=VERSION, dnf downgrade)`,
      ...restartLines(g).map((line) => line.text),
    ],
    when_ok: "Verify.",
    when_not: "Go back: the old packages and the same configuration.",
  });
}

function verify(g: Ground, to: Version | null, upgraded: number | null): StepPlan {
  const option = factAt(VERSION_OPTION, g.situation.version) ?? "-I";
  const line = there(g, `${binary(g)} -I`);
  return step({
    id: "verify",
    phase: "verify",
    title: "See that the new one runs, built as before",
    why: "A distribution's build and your own may differ in debugging and in the manager: then levels cannot be compared.",
    commands: [command(g, there(g, `${binary(g)} ${option}`)), command(g, line)],
    expect: `${to?.text ?? "The new version"}, with the same memory flags.`,
    when_ok: "Compare the builds: GET .../builds/{id}/comparison.",
    when_not: "Still the old version: another binary is in the unit.",
    submit: submitPlain(g, "builds", line),
    finding: upgraded === null ? null : versionFinding(g, to),
  });
}

function versionFinding(g: Ground, to: Version | null): Finding | null {
  const record = g.facts.build;
  if (record === null || to === null || Date.parse(record.recorded_at) <= g.created_at) return null;
  const text = record.value.version?.text ?? "unknown";
  return text === to.text || text.startsWith(`${to.text}-`)
    ? satisfied("build", record.id, Date.parse(record.recorded_at), `It is ${text}.`)
    : failed("build", record.id, Date.parse(record.recorded_at), `It is ${text}, not ${to.text}.`);
}
