/** Fixes that cost a restart, an option on the command line or lines in kamailio.cfg, and those that cost a rebuild. */
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { type BuildPurpose, buildPlan, rebuildCommands } from "../build-plan/build-plan.js";
import { editCommandLine, restartCommands } from "../commands/service.js";
import { askWith, type Fix } from "./check.js";
import type { Situation } from "./situation.js";

/** A restart with more options on the command line, e.g. `-x qm`. */
export function restartWithOptions({ reach }: Situation, options: string): Fix {
  return {
    action: "restart",
    commands: [editCommandLine(reach, `add ${options}`), ...restartCommands(reach)],
    config_lines: [],
    undo: [editCommandLine(reach, `take out ${options}`), ...restartCommands(reach)],
  };
}

/** A restart with lines added to kamailio.cfg, which is checked before. */
export function restartWithLines(s: Situation, lines: string[]): Fix {
  const config = s.settings.config_file.value ?? s.judged?.value.paths.config ?? null;
  const file = config === null ? "" : ` -f ${quoteShellWord(config)}`;
  return {
    action: "restart",
    commands: [`${quoteShellWord(s.binary)} -c${file}`, ...restartCommands(s.reach)],
    config_lines: lines,
    undo: ["# take the lines out of kamailio.cfg again, then:", ...restartCommands(s.reach)],
  };
}

/**
 * Another binary: the one on disk, when it has what the running process lacks (a restart), else a new build. Where neither can be told, the
 * command that would tell.
 */
export function anotherBinary(s: Situation, purpose: BuildPurpose): Fix {
  const onDisk = s.build ?? s.judged;
  const plan = buildPlan({
    build: onDisk?.value ?? null,
    version: s.version,
    debug: onDisk === s.judged ? s.debug : (onDisk?.value.memory.debug ?? s.debug),
    settings: s.settings,
    purpose,
    chunks: s.runtime.chunks ?? {},
  });
  if (plan.needed === false) return { action: "restart", commands: restartCommands(s.reach), config_lines: [], undo: [] };
  if (plan.steps.length === 0) return askWith(`${quoteShellWord(s.binary)} -I`);
  return { action: "rebuild", commands: rebuildCommands(plan), config_lines: [], undo: plan.roll_back };
}
