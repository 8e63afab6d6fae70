/** The processes of an instance, as commands name them. */
import type { Reach } from "./reach.js";
import { shellThere } from "./rpc.js";
import { placeholder } from "./words.js";

/** For a command that only reads: where nobody said which main process it is, the oldest one of the machine. */
export function mainPidToRead({ main_pid }: Reach): string {
  return main_pid?.shell ?? '"$(pgrep -o -x kamailio)"';
}

/** For a signal: never a guess. */
export function mainPidToSignal({ main_pid }: Reach): string {
  return main_pid?.shell ?? placeholder("MAIN_PID", "pid of the main process").shell;
}

/** The words of a loop over all processes: the main process and its children; every Kamailio of the machine where nobody said which. */
export function allPids({ main_pid }: Reach): string {
  return main_pid === null ? "$(pidof kamailio)" : `${main_pid.shell} $(pgrep -P ${main_pid.shell})`;
}

/** Prints the command line of the main process. */
export function commandLine(reach: Reach): string {
  return shellThere(reach, `tr '\\0' ' ' < /proc/${mainPidToRead(reach)}/cmdline; echo`);
}

/** Sends a signal to the main process. */
export function signalMain(reach: Reach, signal: "USR1" | "TERM"): string {
  return shellThere(reach, `kill -${signal} ${mainPidToSignal(reach)}`);
}
