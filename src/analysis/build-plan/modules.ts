/** Which modules the new build must have: those that are loaded, else those that lie in today's module directory. */
import type { Build } from "../../kamailio/binary/build.js";
import type { EffectiveSettings } from "../../kamailio/settings/settings.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";

export interface ModulePlan {
  /** Names, when they are known by now. */
  names: string[] | null;
  /** What stands between the double quotes of include_modules="...": names, or a command substitution that lists today's directory. */
  include_modules: string;
  /** Where the names come from, in words. */
  source: string;
}

/** Module names as they appear on a command line; anything else is not a module and never reaches a shell. */
const MODULE_NAME = /^[A-Za-z0-9_-]{1,64}$/;
/** More than twice what the largest release has. */
const MODULES_MAX = 700;

/** The modules that debugging itself needs; they are part of every default build since 4.0, so naming them costs nothing. */
const FOR_DEBUGGING = ["ctl", "cfg_rpc", "kex"];

export function modulesToKeep(build: Build | null, settings: EffectiveSettings): ModulePlan {
  const loaded = settings.modules.value;
  if (loaded !== null && loaded.length > 0) {
    const names = [...new Set([...loaded.map(bareName), ...FOR_DEBUGGING])]
      .filter((name) => MODULE_NAME.test(name))
      .slice(0, MODULES_MAX);
    return {
      names,
      include_modules: names.join(" "),
      source: "the modules that are loaded today, and those that debugging needs",
    };
  }
  const folders = build?.paths.modules ?? [];
  if (folders.length > 0) {
    const list = folders.map(quoteShellWord).join(" ");
    return {
      names: null,
      include_modules: `$(ls ${list} | sed -n 's/\\.so$//p' | tr '\\n' ' ')`,
      source: `whatever lies in ${folders.join(", ")} when the command runs: run it on the machine that has today's build`,
    };
  }
  return {
    names: null,
    include_modules: FOR_DEBUGGING.join(" "),
    source:
      "only what debugging needs: neither the loaded modules nor their directory are recorded, add yours (grep loadmodule kamailio.cfg)",
  };
}

function bareName(module: string): string {
  const file = module.slice(module.lastIndexOf("/") + 1);
  return file.endsWith(".so") ? file.slice(0, -".so".length) : file;
}
