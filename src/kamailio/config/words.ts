/** Words of kamailio.cfg that mean something by themselves, and so are never replaced by a define of the same name. */
import { coreParameter } from "../knowledge/core-parameters.js";

export type StatementWord = "loadmodule" | "loadpath" | "modparam" | "cfgengine" | "route" | "flags" | "socket" | "coreparam";

const STATEMENTS: Record<string, StatementWord> = {
  loadmodule: "loadmodule",
  loadmodulex: "loadmodule",
  loadpath: "loadpath",
  mpath: "loadpath",
  modparam: "modparam",
  modparamx: "modparam",
  cfgengine: "cfgengine",
  route: "route",
  request_route: "route",
  failure_route: "route",
  reply_route: "route",
  onreply_route: "route",
  branch_route: "route",
  onsend_route: "route",
  event_route: "route",
  flags: "flags",
  bool: "flags",
  avpflags: "flags",
  coreparam: "coreparam",
};

const ON = new Set(["yes", "true", "on", "enable"]);
const OFF = new Set(["no", "false", "off", "disable"]);
const PROTOCOLS = new Set(["udp", "UDP", "tcp", "TCP", "tls", "TLS", "sctp", "SCTP", "ws", "WS", "wss", "WSS"]);
/** Words of the routes; the outer layer only needs to know that a define does not replace them. */
const SCRIPT_WORDS = new Set(
  (
    "forward drop exit return break log error setflag resetflag isflagset exec force_rport add_rport if else switch case default while " +
    "method uri status src_ip src_port dst_ip dst_port proto af myself and or not mod strlen defined selval eq ieq ne ine prefix strip " +
    "advertise ADVERTISE virtual name NAME agname AGNAME vrf VRF description descr desc bind workers kemi"
  ).split(" "),
);

/** What statement a word starts; `null` for the name of a parameter or anything else. */
export function statementWord(word: string): StatementWord | null {
  return Object.hasOwn(STATEMENTS, word) ? (STATEMENTS[word] ?? null) : null;
}

/** The value of a number, and of yes/no and their kin; `null` for another word. */
export function numberOf(word: string): number | null {
  if (ON.has(word)) return 1;
  if (OFF.has(word)) return 0;
  if (/^(?:0|[1-9]\d{0,18})$/.test(word)) return Number(word);
  if (/^0x[0-9a-fA-F]{1,16}$/.test(word)) return Number.parseInt(word.slice(2), 16);
  if (/^0[0-7]{1,20}$/.test(word)) return Number.parseInt(word, 8);
  if (/^[01]{1,64}b$/.test(word)) return Number.parseInt(word.slice(0, -1), 2);
  return null;
}

export function isProtocol(word: string): boolean {
  return PROTOCOLS.has(word);
}

/** True for a word that the lexer knows; a define of that name is never looked up. */
export function isReserved(word: string): boolean {
  return statementWord(word) !== null || PROTOCOLS.has(word) || SCRIPT_WORDS.has(word) || coreParameter(word) !== null;
}
