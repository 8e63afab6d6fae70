/**
 * RPC commands as they are typed for one instance: with the tool and the socket that reach it, inside its container, quoted for a POSIX shell.
 * What cannot be asked there becomes a remark that says what to load; nothing is worded that its modules do not answer.
 */
import { moduleOfRpc, releaseHasRpc } from "../../kamailio/knowledge/rpc-commands.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import type { Door, Reach } from "./reach.js";
import { type CommandWord, isRemark, shellText } from "./words.js";

/** Does this release with its modules answer the command? `null`: the release, the modules or the command are not known. */
export function canAsk({ door, modules, version }: Reach, method: string): boolean | null {
  const released = releaseHasRpc(method, version);
  const module = moduleOfRpc(method);
  if (door.kind === "closed" || released === false) return false;
  if (module === null || module === "core") return module === null ? null : modules === null ? null : released;
  if (modules === null) return null;
  return modules.has(module) ? released : false;
}

/** One RPC command line. */
export function rpc(reach: Reach, method: string, ...parameters: CommandWord[]): string {
  const refusal = refused(reach, method);
  if (refusal !== null) return `# ${refusal}`;
  return there(reach, spoken(reach.door, method, parameters));
}

function refused({ door, modules }: Reach, method: string): string | null {
  if (door.kind === "closed")
    return `${method} cannot be asked: ${door.reason}. Write ${door.write} into kamailio.cfg and restart`;
  const module = moduleOfRpc(method);
  if (module === null || module === "core" || modules === null || modules.has(module)) return null;
  return `${method} needs loadmodule "${module}.so" in kamailio.cfg and a restart`;
}

function spoken(door: Door, method: string, parameters: readonly CommandWord[]): string {
  switch (door.kind) {
    case "ctl": {
      // kamcmd takes an argument such as -1 for an option of its own unless `--` stands before it ("Unknown option `-1'", seen on 5.6.3).
      const negative = parameters.some((parameter) => typeof parameter !== "object" && String(parameter).startsWith("-"));
      const socket = door.socket === null ? [] : ["-s", quoteShellWord(door.socket)];
      return [door.tool, ...socket, ...(negative ? ["--"] : []), method, ...parameters.map(shellText)].join(" ");
    }
    case "fifo": {
      const fifo = door.fifo === null ? [] : [`RPCFIFOPATH=${quoteShellWord(door.fifo)}`];
      return [...fifo, "kamctl rpc", method, ...parameters.map(shellText)].join(" ");
    }
    case "http":
      return `curl -sS -H 'Content-Type: application/json' --data-binary ${request(method, parameters)} ${quoteShellWord(door.url)}`;
    case "closed":
      return `# ${door.reason}`;
  }
}

/** The JSON-RPC request as one shell word; what a shell fills in stands between two quoted pieces. */
function request(method: string, parameters: readonly CommandWord[]): string {
  const pieces: (string | { shell: string })[] = [`{"jsonrpc":"2.0","id":1,"method":${JSON.stringify(method)}`];
  if (parameters.length > 0) {
    pieces.push(',"params":[');
    parameters.forEach((parameter, index) => {
      if (index > 0) pieces.push(",");
      pieces.push(typeof parameter === "object" ? parameter : JSON.stringify(parameter));
    });
    pieces.push("]");
  }
  pieces.push("}");
  const words: string[] = [];
  let text = "";
  for (const piece of pieces) {
    if (typeof piece === "string") text += piece;
    else {
      words.push(quoteShellWord(text), piece.shell);
      text = "";
    }
  }
  return [...words, quoteShellWord(text)].join("");
}

/** Sets a core variable at run time; the undo is the same with the old value. */
export function setCore(reach: Reach, name: string, value: CommandWord): string {
  return rpc(reach, "cfg.set_now_int", "core", name, value);
}

/** One simple command (no pipes, no redirections) as it is typed to run where Kamailio runs. */
export function there({ box }: Reach, command: string): string {
  if (box === null || isRemark(command)) return command;
  const bare = command.startsWith("sudo ") ? command.slice("sudo ".length) : command;
  const inside = /^[A-Z]+=/.test(bare) ? `env ${bare}` : bare;
  return box.kind === "docker" ? `docker exec ${box.word.shell} ${inside}` : `kubectl exec ${box.word.shell} -- ${inside}`;
}

/** A line of shell where Kamailio runs. */
export function shellThere(reach: Reach, line: string): string {
  return reach.box === null ? line : there(reach, `sh -c ${quoteShellWord(line)}`);
}

/** The tool's name, for a sentence. */
export function toolName({ door }: Reach): string {
  return door.kind === "ctl"
    ? door.tool
    : door.kind === "fifo"
      ? "kamctl rpc"
      : door.kind === "http"
        ? "jsonrpcs over HTTP"
        : "RPC";
}
