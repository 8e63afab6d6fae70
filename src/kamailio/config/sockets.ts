/**
 * The items of `listen` and the attributes of `socket = { ... }`: `[proto:]address[:port]`, then `advertise address[:port]`, `name "..."`,
 * `agname "..."`, `virtual` (cfg.y, listen and socket rules).
 */
import type { ConfigPlace, ListenSocket, SocketProtocol } from "./reading.js";
import type { Token } from "./tokens.js";
import { isProtocol } from "./words.js";

/** Words of a list: what is glued, or joined by a colon, is one item; strings lose their quotes. */
export function items(tokens: readonly Token[]): string[] {
  const words: string[] = [];
  let brackets = 0;
  let joins = false;
  for (const token of tokens) {
    const starts = !joins && brackets === 0 && !token.glued && token.text !== ":";
    if (starts || words.length === 0) words.push(token.text);
    else words[words.length - 1] += token.text;
    if (token.kind === "sign" && token.text === "(") brackets++;
    if (token.kind === "sign" && token.text === ")") brackets = Math.max(0, brackets - 1);
    joins = token.kind === "sign" && token.text === ":" && !words.at(-1)?.endsWith("::");
  }
  return words.filter((word) => word !== "" && word !== ";" && word !== ",");
}

/** The sockets of one `listen = ...`. What follows the addresses holds for all of them. */
export function readListen(tokens: readonly Token[], place: ConfigPlace, workers: number): ListenSocket[] {
  const words = items(tokens);
  const first = words.findIndex((word) => isAttribute(word));
  const addresses = first < 0 ? words : words.slice(0, first);
  const attributes = first < 0 ? [] : words.slice(first);
  const shared = {
    advertise: after(attributes, "advertise"),
    name: after(attributes, "name"),
    agname: after(attributes, "agname"),
    virtual: attributes.some((word) => word.toLowerCase() === "virtual"),
    workers,
  };
  return addresses.map((address) => ({ ...place, ...readAddress(address), ...shared }));
}

/** `socket = { bind = udp:...; workers = 4; ... }`. `null` without a bind. */
export function readSocketBlock(tokens: readonly Token[], place: ConfigPlace): ListenSocket | null {
  const values = new Map<string, string>();
  let part: Token[] = [];
  for (const token of tokens) {
    if (token.kind === "sign" && token.text === ";") {
      note(part, values);
      part = [];
    } else {
      part.push(token);
    }
  }
  note(part, values);
  const bind = values.get("bind");
  if (bind === undefined) return null;
  return {
    ...place,
    ...readAddress(bind),
    advertise: values.get("advertise") ?? null,
    name: values.get("name") ?? null,
    agname: values.get("agname") ?? null,
    virtual: ["1", "yes", "on", "true", "enable"].includes(values.get("virtual") ?? ""),
    workers: Number.parseInt(values.get("workers") ?? "0", 10) || 0,
  };
}

function note(part: readonly Token[], values: Map<string, string>): void {
  const [name, equals, ...rest] = part;
  if (name !== undefined && equals?.text === "=") values.set(name.text.toLowerCase(), items(rest).join(" "));
}

function isAttribute(word: string): boolean {
  return ["advertise", "name", "agname", "virtual", "vrf"].includes(word.toLowerCase());
}

function after(words: readonly string[], name: string): string | null {
  const at = words.findIndex((word) => word.toLowerCase() === name);
  return at < 0 ? null : (words[at + 1] ?? null);
}

/** `udp:10.0.0.1:5060`, `[::1]:5060`, `eth0`, `tls:(10.0.0.1, 10.0.0.2):5061`. */
export function readAddress(word: string): { protocol: SocketProtocol | null; address: string; port: number | null } {
  const colon = word.indexOf(":");
  const prefix = colon > 0 ? word.slice(0, colon) : "";
  const protocol = isProtocol(prefix) ? (prefix.toLowerCase() as SocketProtocol) : null;
  const rest = protocol === null ? word : word.slice(colon + 1);
  const close = rest.startsWith("[") ? rest.indexOf("]") : rest.startsWith("(") ? rest.indexOf(")") : -1;
  if (close > 0) return { protocol, address: rest.slice(1, close), port: portOf(rest.slice(close + 1)) };
  const last = rest.lastIndexOf(":");
  if (last >= 0 && rest.indexOf(":") === last) return { protocol, address: rest.slice(0, last), port: portOf(rest.slice(last)) };
  return { protocol, address: rest, port: null };
}

function portOf(text: string): number | null {
  const port = /^:(\d{1,5})$/.exec(text)?.[1];
  return port === undefined ? null : Number(port);
}
