/**
 * Keeps web pages away from a service without tokens (`AUTH=none`). A browser on the same machine reaches the loopback address, so any page
 * that its user looks at could drive the service; with DNS rebinding (a name of the attacker's that comes to mean 127.0.0.1) it could also read
 * the answers.
 *
 * - A request must name a loopback host or one of `ALLOWED_HOSTS`: 421 (RFC 9110, 15.5.20). That ends rebinding.
 * - A request that changes something must not come from another site's page (Fetch Metadata, RFC 6454): 403. Programs send neither header.
 *
 * With tokens none of this is needed: a browser does not send a bearer token by itself.
 */

import type { MiddlewareHandler } from "hono";
import ipaddr from "ipaddr.js";
import type { ApiEnv } from "./env.js";
import { ProblemError } from "./problem.js";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** `name`, `name:port`, `[address]:port`; anything else is no host. */
const HOST = /^(\[[0-9a-f:.]{2,45}\]|[^\s:@/[\]]{1,253})(?::\d{1,5})?$/i;

/** @param allowed names that a request's `Host` may carry beside loopback; a port in them is not looked at */
export function keepPagesOut(allowed: readonly string[]): MiddlewareHandler<ApiEnv> {
  const names = new Set(allowed.map((name) => hostName(name) ?? name.toLowerCase()));
  return async function keepPagesOutOfService(c, next) {
    const host = c.req.header("Host") ?? new URL(c.req.url).host;
    const name = hostName(host);
    if (name === null || !(isLoopbackName(name) || names.has(name)))
      throw new ProblemError(421, "host_not_allowed", {
        detail: `A service without tokens answers to loopback names alone, and this request is for "${host.slice(0, 200)}".`,
        hint: "Call it as http://127.0.0.1 or http://localhost. Whoever runs it behind a proxy names its host in ALLOWED_HOSTS, or uses AUTH=token.",
      });
    if (!SAFE_METHODS.has(c.req.method) && isFromAnotherSite(c.req.header("Sec-Fetch-Site"), c.req.header("Origin"), host, names))
      throw new ProblemError(403, "cross_site", {
        detail: "A page of another site may not change anything here.",
        hint: "Send it with curl or from a program, or run the service with AUTH=token.",
      });
    await next();
  };
}

/** The name or address in a `Host` header, in lower case, without port, brackets and final dot; `null` when it is none. */
function hostName(host: string): string | null {
  const name = HOST.exec(host.trim())?.[1];
  return name === undefined
    ? null
    : name
        .toLowerCase()
        .replace(/^\[|\]$/g, "")
        .replace(/\.$/, "");
}

/** RFC 6761, 6.3: `localhost` and the names under it are loopback wherever they are resolved. */
function isLoopbackName(name: string): boolean {
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return ipaddr.isValid(name) && ipaddr.process(name).range() === "loopback";
}

/** A page of another port of this machine is another origin, too. `Origin: null` is a page that hides where it comes from. */
function isFromAnotherSite(
  site: string | undefined,
  origin: string | undefined,
  host: string,
  allowed: ReadonlySet<string>,
): boolean {
  if (site?.trim().toLowerCase() === "cross-site") return true;
  if (origin === undefined) return false;
  if (!URL.canParse(origin)) return true;
  const from = new URL(origin).host;
  return withoutDefaultPort(from) !== withoutDefaultPort(host.trim().toLowerCase()) && !allowed.has(hostName(from) ?? "");
}

function withoutDefaultPort(host: string): string {
  return host.replace(/:(?:80|443)$/, "");
}
