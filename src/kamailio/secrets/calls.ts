/** Secrets that only their place gives away: an argument of a function of kamailio.cfg, a key in a transformation, a parameter of an RPC. */
import { SECRET_ARGUMENTS, SECRET_RPC_PARAMETERS } from "../knowledge/secret-arguments.js";
import { type Cut, endOfQuoted } from "./cuts.js";
import { argumentsAt } from "./kamailio-lines.js";
import { holdsNoSecret } from "./names.js";

const CALL = new RegExp(`\\b(${[...SECRET_ARGUMENTS.keys()].join("|")})\\s{0,4}\\(`, "g");
/** `redis_cmd("srv", "AUTH password", "r")`, `"AUTH user password"`. */
const REDIS_AUTH = /(["'])AUTH\s{1,4}(?:[^\s"']{1,200}\s{1,4})?([^\s"']{1,200})\1/g;
/** `{s.hmac.KEY}` and its kin with a hash before the key. */
const HMAC = /\{s\.hmac\w{0,10}[.,]([^{}]{1,200})\}/g;
/** `$ap` is what the caller sent as password. */
const COMPARED = /\$ap\s{0,8}[=!]=\s{0,8}(["'])/g;

/** `pv_www_authenticate("$td", "password", "0")`: what is a literal, not a variable. */
export function cutsInCalls(line: string): Cut[] {
  const cuts: Cut[] = [];
  for (const match of line.matchAll(CALL)) {
    const position = SECRET_ARGUMENTS.get(match[1] ?? "") ?? 0;
    const argument = argumentsAt(line, match.index + match[0].length, position)?.[position - 1];
    if (argument?.quoted) add(cuts, line, argument.cut);
  }
  for (const match of line.matchAll(REDIS_AUTH)) {
    const end = match.index + match[0].length - 1;
    add(cuts, line, { start: end - (match[2]?.length ?? 0), end });
  }
  for (const match of line.matchAll(HMAC)) {
    const end = match.index + match[0].length - 1;
    const key = /[^.,]*$/.exec(match[1] ?? "")?.[0] ?? "";
    add(cuts, line, { start: end - key.length, end });
  }
  for (const match of line.matchAll(COMPARED)) {
    const start = match.index + match[0].length;
    const end = endOfQuoted(line, start, match[1] ?? "");
    if (end !== -1) add(cuts, line, { start, end });
  }
  return cuts;
}

/** `kamcmd uac.reg_add UUID ... PASSWORD HA1 ...`; `.` stands for an empty parameter. */
export function cutsInRpcCommands(line: string): Cut[] {
  const cuts: Cut[] = [];
  for (const [command, positions] of SECRET_RPC_PARAMETERS) {
    const at = line.indexOf(`${command} `);
    if (at === -1) continue;
    const words = [...line.slice(at + command.length, at + command.length + 2000).matchAll(/\S+/g)];
    for (const position of positions) {
      const word = words[position - 1];
      if (word === undefined || word[0] === ".") continue;
      const start = at + command.length + word.index;
      add(cuts, line, { start, end: start + word[0].length });
    }
  }
  return cuts;
}

function add(cuts: Cut[], line: string, cut: Cut): void {
  if (!holdsNoSecret(line.slice(cut.start, cut.end))) cuts.push(cut);
}
