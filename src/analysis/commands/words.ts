/** Words of a command: plain ones, which are quoted, and those that a shell fills in. */
import { quoteShellWord } from "../../kamailio/shell-words.js";

/** Stands in a command as it is written: a variable, a substitution, a word that is quoted already. */
export interface ShellWord {
  shell: string;
}

export type CommandWord = string | number | ShellWord;

/** A word that a person must fill in; the shell stops with `meaning` when it is not set. */
export function placeholder(variable: string, meaning: string): ShellWord {
  return { shell: `"\${${variable}:?${meaning}}"` };
}

export function shellText(word: CommandWord): string {
  return typeof word === "object" ? word.shell : quoteShellWord(String(word));
}

/** The pid of a process, or the variable that a person sets. */
export function pidWord(pid: number | null, meaning = "pid of the process"): CommandWord {
  return pid ?? placeholder("PID", meaning);
}

/** A remark in place of a command: nothing to run, nothing to pipe. */
export function isRemark(line: string): boolean {
  return line.startsWith("#");
}
