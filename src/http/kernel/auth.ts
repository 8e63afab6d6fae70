/** Who may call: bearer tokens and their scopes (RFC 6750). With `AUTH=none`, on loopback alone, everyone may do everything. */
import type { MiddlewareHandler } from "hono";
import { SCOPES, type Scope } from "../../store/tokens.js";
import type { ApiEnv, Caller } from "./env.js";
import { ProblemError } from "./problem.js";

const LOCAL_CALLER: Caller = { id: "local", scopes: SCOPES, binding: null };

/** A scope includes those that it cannot do without: who may change may look and send in, and an admin may do all. */
const INCLUDED: Record<Scope, readonly Scope[]> = {
  read: ["read"],
  ingest: ["ingest"],
  write: ["read", "ingest", "write"],
  admin: SCOPES,
};

/** Does the caller hold the scope, itself or through a wider one? */
export function mayDo(caller: Caller, scope: Scope): boolean {
  return caller.scopes.some((held) => INCLUDED[held].includes(scope));
}

/** Finds out who calls, before anything else looks at the request. An unknown token is not told from an expired or revoked one. */
export const authenticate: MiddlewareHandler<ApiEnv> = async function authenticate(c, next) {
  const { auth, store, now } = c.get("services");
  c.set(
    "caller",
    auth === "none"
      ? LOCAL_CALLER
      : await callerOf(c.req.header("Authorization"), (secret) => store.tokens.verify(secret, now())),
  );
  await next();
};

const ANONYMOUS: Caller = { id: "anonymous", scopes: [], binding: null };

async function callerOf(header: string | undefined, verify: (secret: string) => Promise<Caller | null>): Promise<Caller> {
  if (header === undefined || header.slice(0, 7).toLowerCase() !== "bearer ") return ANONYMOUS;
  return (await verify(header.slice(7).trim())) ?? ANONYMOUS;
}

/** Lets only callers with the scope pass. */
export function authorize(scope: Scope): MiddlewareHandler<ApiEnv> {
  return async function authorizeScope(c, next) {
    requireScope(c.get("caller"), scope);
    await next();
  };
}

/**
 * @throws ProblemError 401 for an unknown caller, 403 for a known one without the scope
 */
export function requireScope(caller: Caller, scope: Scope): void {
  if (caller.id === ANONYMOUS.id)
    throw new ProblemError(401, "unauthorized", {
      detail: "This service wants a valid bearer token.",
      hint: 'Send "Authorization: Bearer TOKEN". Whoever runs the service makes one with: kamailio-assistant token create --scope read',
      headers: { "WWW-Authenticate": 'Bearer realm="kamailio-assistant"' },
    });
  if (!mayDo(caller, scope))
    throw new ProblemError(403, "forbidden", {
      detail: `This needs a token with the scope "${scope}".`,
      hint: `Ask for one: kamailio-assistant token create --scope ${scope}`,
      headers: { "WWW-Authenticate": `Bearer realm="kamailio-assistant", error="insufficient_scope", scope="${scope}"` },
    });
}
