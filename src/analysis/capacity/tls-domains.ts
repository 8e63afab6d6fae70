/** The TLS domains of a configuration: each takes an SSL_CTX of shm in every process. */
import type { ConfigPlace } from "../../kamailio/config/reading.js";
import type { ConfigFacts } from "../config-review/facts.js";

export interface TlsDomains {
  count: number;
  where: ConfigPlace | null;
  /** What keeps it from being known. */
  unknown: string[];
}

/** The default server and client domains are there with or without a file. */
const DEFAULTS = 2;
const DOMAIN = /^[ \t]*\[[ \t]*(server|client)[ \t]*:[ \t]*([^\]\r\n]{1,200})\]/gim;
/** A file of more is no tls.cfg. */
const MOST_DOMAINS = 100_000;

export function tlsDomains(facts: ConfigFacts): TlsDomains {
  const where = facts.parameter("tls", "config");
  const path = facts.text("tls", "config");
  if (path === null) return { count: DEFAULTS, where: null, unknown: [] };
  const text = fileNamed(facts.reading.texts, path);
  if (text === null)
    return {
      count: DEFAULTS,
      where,
      unknown: [`${path} is not recorded: post it with kamailio.cfg, its TLS domains take shm in every process`],
    };
  let named = 0;
  let defaults = 0;
  for (const [, , name = ""] of text.matchAll(DOMAIN)) {
    if (name.trim().toLowerCase() === "default") defaults++;
    else named++;
    if (named >= MOST_DOMAINS) break;
  }
  return { count: named + Math.max(DEFAULTS, Math.min(defaults, DEFAULTS)), where, unknown: [] };
}

/** A file by its path, or by its last part where only that was given. */
function fileNamed(texts: Readonly<Record<string, string>>, path: string): string | null {
  if (Object.hasOwn(texts, path)) return texts[path] ?? null;
  const last = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  const name = Object.keys(texts).find((one) => last(one) === last(path));
  return name === undefined ? null : (texts[name] ?? null);
}
