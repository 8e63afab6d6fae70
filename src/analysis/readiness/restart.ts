/** Fixes that cost a restart: an option on the command line, or lines in kamailio.cfg. */
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { editCommandLine, restartCommands } from "../build-plan/service.js";
import type { Fix } from "./check.js";
import type { Situation } from "./situation.js";

/** A restart with more options on the command line, e.g. `-x qm`. */
export function restartWithOptions({ settings }: Situation, options: string): Fix {
  return {
    action: "restart",
    commands: [editCommandLine(settings, `add ${options}`), ...restartCommands(settings)],
    config_lines: [],
    undo: [editCommandLine(settings, `take out ${options}`), ...restartCommands(settings)],
  };
}

/** A restart with lines added to kamailio.cfg, which is checked before. */
export function restartWithLines(s: Situation, lines: string[]): Fix {
  const config = s.settings.config_file.value ?? s.judged?.value.paths.config ?? null;
  const file = config === null ? "" : ` -f ${quoteShellWord(config)}`;
  return {
    action: "restart",
    commands: [`${quoteShellWord(s.binary)} -c${file}`, ...restartCommands(s.settings)],
    config_lines: lines,
    undo: ["# take the lines out of kamailio.cfg again, then:", ...restartCommands(s.settings)],
  };
}
