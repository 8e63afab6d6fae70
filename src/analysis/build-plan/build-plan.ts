/**
 * The build plan: the commands that build this Kamailio again with memory debugging, in the build system of its era, with today's modules;
 * how to see that it worked and how to go back; or why no rebuild is needed. Pure text; every path is quoted.
 *
 * The new build goes under its own prefix beside the old one: a module is refused by a core with other flags ("module compile flags mismatch",
 * src/core/sr_module.c:376@5.6.3), so core and modules must change together, and going back is to start the old binary.
 */
import type { Build } from "../../kamailio/binary/build.js";
import {
  DEBUG_EVIDENCE,
  DEBUG_FLAGS_PRINTED,
  DEFAULT_MANAGER,
  factAt,
  VERSION_OPTION,
} from "../../kamailio/knowledge/releases.js";
import type { Manager } from "../../kamailio/pool.js";
import type { EffectiveSettings } from "../../kamailio/settings/settings.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { compareVersions, readVersion, type Version } from "../../kamailio/version.js";
import { reachOf } from "../commands/reach.js";
import { editCommandLine, restartCommands } from "../commands/service.js";
import { type BuildTool, buildToolOf, compilation } from "./configure.js";
import { costOfDebugging, type PoolCost } from "./cost.js";
import { type ModulePlan, modulesToKeep } from "./modules.js";
import { packageCommands } from "./packages.js";

export type BuildPlanStepId =
  | "packages_debian"
  | "packages_redhat"
  | "source"
  | "configure"
  | "build"
  | "install"
  | "verify"
  | "switch"
  | "check";

export interface BuildPlanStep {
  id: BuildPlanStepId;
  title: string;
  commands: string[];
  /** What a good outcome looks like; `null` when there is nothing to look at. */
  expect: string | null;
}

export interface BuildPlan {
  /** Must Kamailio be built again to see allocation sites? `null`: cannot be told. */
  needed: boolean | null;
  reason: string;
  tool: BuildTool | null;
  modules: ModulePlan;
  steps: BuildPlanStep[];
  /** The way back. */
  roll_back: string[];
  /** What debugging will cost a pool, 64-bit; empty when it is on already or cannot be told. */
  cost: PoolCost[];
  notes: string[];
}

/**
 * What the new build is for: allocation sites, a list of chunks (another compiled-in manager), or joined free
 * fragments. The commands are the same; what makes them necessary differs.
 */
export type BuildPurpose = "sites" | "chunk_list" | "joined_free";

export interface BuildPlanInput {
  build: Build | null;
  /** "sites" when not said. */
  purpose?: BuildPurpose;
  settings: EffectiveSettings;
  /** The version, when the build's own text does not show it. */
  version?: Version | null;
  /** Does the binary keep allocation sites? By default what the build says. */
  debug?: boolean | null;
  chunks?: { shm?: number | null; pkg?: number | null };
}

const REPOSITORY = "https://github.com/kamailio/kamailio.git";

export function buildPlan(input: BuildPlanInput): BuildPlan {
  const { build, settings } = input;
  const version = build?.version ?? input.version ?? null;
  const debug = input.debug === undefined ? (build?.memory.debug ?? null) : input.debug;
  const modules = modulesToKeep(build, settings);
  const tool = build === null || version === null || build.product === "opensips" ? null : buildToolOf(build, version);
  const verdict = isNeeded(build, version, debug, input.purpose ?? "sites");
  if (build === null || version === null || tool === null || verdict.needed === false)
    return { ...verdict, tool: null, modules, steps: [], roll_back: [], cost: [], notes: [] };

  const reach = reachOf({ version, settings });
  const prefix = `/opt/kamailio-${fileName(version.text)}-memdbg`;
  const compiled = compilation(tool, version, prefix, modules.include_modules);
  const packages = packageCommands(modules.names, tool === "cmake");
  const binary = `${prefix}/sbin/kamailio`;
  const steps: BuildPlanStep[] = [
    step("packages_debian", "Install what the build needs (Debian, Ubuntu)", packages.debian),
    step("packages_redhat", "Install what the build needs (Red Hat, Rocky, Fedora)", packages.redhat),
    step("source", "Get the source of the very release that runs", sourceCommands(build, version)),
    step("configure", "Configure with memory debugging and today's modules", compiled.configure),
    step("build", "Build core and modules", compiled.build),
    step("install", "Install beside the old build", compiled.install),
    verifyStep(version, binary),
    checkStep(settings, build, binary),
    step("switch", "Start the new binary", [
      editCommandLine(reach, `${binary} instead of ${settings.binary.value ?? "the old binary"}${managerHint(version)}`),
      ...restartCommands(reach),
    ]),
  ];
  return {
    ...verdict,
    tool,
    modules,
    steps,
    roll_back: [
      editCommandLine(reach, `${settings.binary.value ?? "the old binary"} instead of ${binary}`),
      ...restartCommands(reach),
      `sudo rm -r ${prefix}   # when it is no longer wanted`,
    ],
    cost: debug === true ? [] : costs(input, version),
    notes: [...compiled.notes, ...notes(build, tool)],
  };
}

/** The commands of the plan in one list, without the packages: what a check shows as its fix. */
export function rebuildCommands(plan: BuildPlan): string[] {
  const shown: BuildPlanStepId[] = ["source", "configure", "build", "install", "verify", "check", "switch"];
  return plan.steps.filter((one) => shown.includes(one.id)).flatMap((one) => one.commands);
}

type Verdict = Pick<BuildPlan, "needed" | "reason">;

function isNeeded(build: Build | null, version: Version | null, debug: boolean | null, purpose: BuildPurpose): Verdict {
  if (build === null) return { needed: null, reason: "No build is recorded: post what `kamailio -I` prints." };
  if (build.product === "opensips")
    return {
      needed: null,
      reason:
        "This is OpenSIPS, not Kamailio: since 3.0 its debugging allocator is chosen with -a Q_MALLOC_DBG, if it was compiled in.",
    };
  if (version === null)
    return { needed: null, reason: "The version is not known, so neither is the build system: post what `kamailio -I` prints." };
  if (debug === null)
    return {
      needed: null,
      reason: `The text does not tell whether ${version.text} keeps allocation sites: post the whole output of \`kamailio -I\`.`,
    };
  if (!debug)
    return {
      needed: true,
      reason: `${version.text} was built without memory debugging: its allocators keep neither file nor function nor line.`,
    };
  return defectOf(build, version, purpose) ?? enough(build, version);
}

/** What else than missing sites makes a rebuild necessary. */
function defectOf(build: Build, version: Version, purpose: BuildPurpose): Verdict | null {
  if (build.flags !== null && !build.flags.includes("PKG_MALLOC"))
    return {
      needed: true,
      reason: `${version.text} was built with libc's malloc for pkg (MEMPKG=sys): Kamailio cannot show that memory.`,
    };
  if (purpose === "joined_free" && build.memory.join_free === false)
    return { needed: true, reason: `${version.text} was built without MEM_JOIN_FREE: free fragments are never joined.` };
  if (purpose === "chunk_list" && factAt(DEBUG_EVIDENCE, version)?.compiled_in === true && build.memory.default_manager !== "qm")
    return {
      needed: true,
      reason: `${version.text} was built with a manager that lists no chunks, and the manager is chosen when compiling.`,
    };
  return null;
}

function enough(build: Build, version: Version): Verdict {
  const flag = build.memory.debug_flag;
  return {
    needed: false,
    reason: `You do not need to rebuild: ${version.text} was built with memory debugging${flag === null ? "" : ` (${flag} is in its flags)`}.`,
  };
}

function step(id: BuildPlanStepId, title: string, commands: string[], expect: string | null = null): BuildPlanStep {
  return { id, title, commands, expect };
}

/** Characters that a file name of ours may have. */
function fileName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]/g, "_").slice(0, 60);
}

function sourceCommands(build: Build, version: Version): string[] {
  const folder = `kamailio-${fileName(version.text)}`;
  if (isOlderThanTags(version))
    return [`# get the source that today's binary was built from: the repository has no tag for ${fileName(version.text)}`];
  const isRelease = version.patch !== null && (version.suffix === null || version.suffix.startsWith("rc"));
  // A tag is named by numbers alone; cmake builds of 6.0.0 to 6.0.3 print "-rc0" for the release itself.
  if (isRelease)
    return [
      `git clone --depth 1 --branch ${version.major}.${version.minor}.${version.patch} ${REPOSITORY} ${folder}`,
      `cd ${folder}`,
    ];
  const revision =
    build.source_revision !== null && /^[0-9a-f]{6,40}$/.test(build.source_revision) ? build.source_revision : "master";
  return [`git clone ${REPOSITORY} ${folder}`, `cd ${folder}`, `git checkout ${revision}`];
}

/** The oldest release tags are 3.3.5, 4.0.4 and what followed. */
const FIRST_TAG = readVersion("3.3.5");

function isOlderThanTags(version: Version): boolean {
  return FIRST_TAG !== null && compareVersions(version, FIRST_TAG) < 0;
}

function verifyStep(version: Version, binary: string): BuildPlanStep {
  const word = proof(version);
  return step(
    "verify",
    "See that debugging is in the new binary",
    [`${binary} -I | grep -ow ${word}`, `${binary} ${factAt(VERSION_OPTION, version) ?? "-v"}`],
    `${word} is printed once. ${grepTrap(version)}`.trim(),
  );
}

/** The word that proves debugging in this release's flags, for a q_malloc build. */
function proof(version: Version): string {
  return factAt(DEBUG_EVIDENCE, version)?.qm ?? "DBG_SR_MEMORY";
}

function grepTrap(version: Version): string {
  const printed = factAt(DEBUG_FLAGS_PRINTED, version);
  if (printed === null || printed.includes("DBG_QM_MALLOC")) return "";
  return "DBG_QM_MALLOC is never printed by this release, with or without debugging.";
}

function checkStep(settings: EffectiveSettings, build: Build, binary: string): BuildPlanStep {
  const config = settings.config_file.value ?? build.paths.config;
  const file = config === null ? "" : ` -f ${quoteShellWord(config)}`;
  const mpath = config === null ? [] : [`grep -n 'mpath\\|loadmodule.*/' ${quoteShellWord(config)}`];
  return step(
    "check",
    "Check the configuration with the new binary",
    [...mpath, `${binary} -c${file}`],
    "The configuration is accepted. An mpath or a path in loadmodule that points to the old modules must point to the new ones: a module built with other flags is refused.",
  );
}

/** In 4.4 debugging is of little use without q_malloc: f_malloc, its default, lists no chunks. */
function managerHint(version: Version): string {
  return factAt(DEFAULT_MANAGER, version) === "fm" ? ", and add -x qm" : "";
}

/** The managers that the debug build will run: q_malloc where it is compiled in by choice, today's where the command line chooses. */
function costs(input: BuildPlanInput, version: Version): PoolCost[] {
  const compiledIn = factAt(DEBUG_EVIDENCE, version)?.compiled_in === true;
  const manager = (today: Manager | null): Manager | null =>
    compiledIn ? "qm" : (today ?? input.build?.memory.default_manager ?? factAt(DEFAULT_MANAGER, version));
  return [
    costOfDebugging("shm", manager(input.settings.shm_manager.value), version, input.chunks?.shm ?? null),
    costOfDebugging("pkg", manager(input.settings.pkg_manager.value), version, input.chunks?.pkg ?? null),
  ].filter((cost) => cost !== null);
}

function notes(build: Build, tool: BuildTool): string[] {
  const lines: string[] = [];
  if (build.compiler !== null)
    lines.push(
      `Today's build says it was made with ${build.compiler} (releases up to 5.0 print gcc 12.2.0 as 2.2.0): an old release may not build with a much newer compiler.`,
    );
  if (tool !== "cmake" && build.operating_system === "Linux")
    lines.push("Today's build was made with cmake, which does not join free fragments in 6.0.0 to 6.0.3: build with make.");
  if (build.memory.debug === false)
    lines.push("Debugging costs memory for each chunk and each process: raise -m and -M first, as `cost` says.");
  return lines;
}
