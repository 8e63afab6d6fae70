/**
 * How an instance is reached: the tool that its modules allow, the socket that its texts name, the container that it runs in, and what keeps its
 * log. Worked out once from the settings in force; whoever words a command for the instance takes this.
 */
import { CTL_TOOL, factAt } from "../../kamailio/knowledge/releases.js";
import type { EffectiveSettings, EffectiveValue, SettingSource, SettingValues } from "../../kamailio/settings/settings.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { type Version, versionInRange } from "../../kamailio/version.js";
import { placeholder, type ShellWord } from "./words.js";

/** Through what RPC commands go in. */
export type Door =
  /** `kamcmd` (`sercmd` in 3.3); `socket`: what its `-s` takes, `null` for the one that it knows by itself. */
  | { kind: "ctl"; tool: "kamcmd" | "sercmd"; socket: string | null }
  /** `kamctl rpc`; `fifo`: the path, `null` for the one that it knows by itself. */
  | { kind: "fifo"; fifo: string | null }
  | { kind: "http"; url: string }
  /** What stands in the way, and what to write. */
  | { kind: "closed"; reason: string; write: string };

export interface Reach {
  version: Version | null;
  door: Door;
  /** Bare names of the loaded modules; `null`: not recorded. */
  modules: ReadonlySet<string> | null;
  service_manager: SettingValues["service_manager"] | null;
  /** The unit, for systemctl, service and journalctl. */
  service_name: string;
  /** The container or pod that commands run in, as it stands in a command. */
  box: { kind: "docker" | "kubernetes"; word: ShellWord } | null;
  /** 1: the log goes to standard error. */
  log_stderror: number | null;
  /** Where the pid of the main process is found, as it stands in a command; `null`: nobody said. */
  main_pid: ShellWord | null;
}

/** The name that every package gives its service. */
const PACKAGED_SERVICE = "kamailio";
/** jsonrpcs' `transport`; 0 is all of them. */
const TRANSPORT = { http: 1, fifo: 2 } as const;
/** From here on the sockets are made in the run directory (modules/ctl/ctl_defaults.h@4.3.0). */
const SOCKET_IN_RUN_DIR = { since: "4.3.0", until: null };
/** kamctl speaks to the FIFO of jsonrpcs (utils/kamctl@5.0.0). */
const KAMCTL_RPC = { since: "5.0.0", until: null };

/** What is known without any text: `kamcmd` on its own socket. */
export const UNKNOWN_REACH: Reach = {
  version: null,
  door: { kind: "ctl", tool: "kamcmd", socket: null },
  modules: null,
  service_manager: null,
  service_name: PACKAGED_SERVICE,
  box: null,
  log_stderror: null,
  main_pid: null,
};

/** @param container its name, where a caller says it; a recorded one otherwise */
export function reachOf(
  { version, settings }: { version: Version | null; settings: EffectiveSettings },
  container: string | null = null,
): Reach {
  const modules = settings.modules.value === null ? null : new Set(settings.modules.value.map(bareName));
  const manager = settings.service_manager.value;
  return {
    version,
    door: doorOf(version, settings, modules),
    modules,
    service_manager: manager,
    service_name: settings.service_name.value ?? PACKAGED_SERVICE,
    box: manager === "docker" || manager === "kubernetes" ? boxOf(manager, container ?? settings.container.value) : null,
    log_stderror: settings.log_stderror.value,
    main_pid: mainPid(settings),
  };
}

/** `tm.so`, `/usr/lib/.../tm.so` and `tm` name the same module. */
export function bareName(module: string): string {
  const file = module.slice(module.lastIndexOf("/") + 1);
  return file.endsWith(".so") ? file.slice(0, -".so".length) : file;
}

function boxOf(kind: "docker" | "kubernetes", name: string | null): NonNullable<Reach["box"]> {
  const variable = kind === "docker" ? "CONTAINER" : "POD";
  return {
    kind,
    word: name === null ? placeholder(variable, `name of the ${variable.toLowerCase()}`) : { shell: quoteShellWord(name) },
  };
}

function mainPid({ pid_file, service_manager, service_name }: EffectiveSettings): ShellWord | null {
  if (pid_file.value !== null) return { shell: `"$(cat ${quoteShellWord(pid_file.value)})"` };
  if (service_manager.value === "systemd")
    return { shell: `"$(systemctl show -p MainPID --value ${quoteShellWord(service_name.value ?? PACKAGED_SERVICE)})"` };
  return null;
}

function doorOf(version: Version | null, settings: EffectiveSettings, modules: Reach["modules"]): Door {
  const tool = factAt(CTL_TOOL, version) ?? "kamcmd";
  // Who asked kamcmd with -s has ctl, whatever else is recorded.
  if (modules === null || modules.has("ctl")) return { kind: "ctl", tool, socket: ctlSocket(version, settings) };
  if (!modules.has("jsonrpcs"))
    return { kind: "closed", reason: "neither ctl nor jsonrpcs is loaded", write: 'loadmodule "ctl.so"' };
  const transport = settings.jsonrpcs_transport.value ?? 0;
  const uses = (bit: number) => transport === 0 || (transport & bit) !== 0;
  if (uses(TRANSPORT.fifo) && (version === null || versionInRange(version, KAMCTL_RPC)))
    return { kind: "fifo", fifo: fifoPath(settings) };
  const url = settings.jsonrpcs_url.value;
  if (uses(TRANSPORT.http) && url !== null) return { kind: "http", url };
  if (uses(TRANSPORT.http) && modules.has("xhttp")) return { kind: "http", url: "http://127.0.0.1:5060/RPC" };
  return {
    kind: "closed",
    reason: "jsonrpcs answers neither on a FIFO nor over HTTP",
    write: 'loadmodule "ctl.so"',
  };
}

/** Sources that name what this instance was given, not what the package has by default. */
const GIVEN: ReadonlySet<SettingSource> = new Set([
  "running_process",
  "command_line",
  "service_unit",
  "default_file",
  "container",
  "json",
  "config_file",
]);

function givenFolder(setting: EffectiveValue<string>): string | null {
  return setting.value !== null && setting.source !== null && GIVEN.has(setting.source) ? setting.value : null;
}

function ctlSocket(version: Version | null, { ctl_socket: named, run_dir }: EffectiveSettings): string | null {
  const folder = givenFolder(run_dir);
  if (named.value !== null) return inFolder(named.value, folder ?? run_dir.value);
  if (folder === null || (version !== null && !versionInRange(version, SOCKET_IN_RUN_DIR))) return null;
  return `unixs:${joined(folder, "kamailio_ctl")}`;
}

/** A name without a slash is made in the run directory. */
function inFolder(socket: string, folder: string | null): string {
  const match = /^(unix[sd]?:)?([^/:]+)$/.exec(socket);
  return match === null || folder === null ? socket : `${match[1] ?? "unixs:"}${joined(folder, match[2] ?? "")}`;
}

function fifoPath({ jsonrpcs_fifo: named, run_dir }: EffectiveSettings): string | null {
  const folder = givenFolder(run_dir);
  if (named.value === null) return folder === null ? null : joined(folder, "kamailio_rpc.fifo");
  const base = folder ?? run_dir.value;
  return named.value.includes("/") || base === null ? named.value : joined(base, named.value);
}

function joined(folder: string, name: string): string {
  return `${folder.replace(/\/{1,20}$/, "")}/${name}`;
}
