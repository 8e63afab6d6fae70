/**
 * `Idempotency-Key` on POST (draft-ietf-httpapi-idempotency-key-header): a retried request is answered with the first one's answer for 24
 * hours; the same key with another request is 422, one that is still under way 409.
 */
import { createHash } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { MB } from "../../kamailio/units.js";
import { BodyHash, sentBytes } from "./body.js";
import type { ApiEnv } from "./env.js";
import { ProblemError } from "./problem.js";

/** An answer longer than this is not kept: its request is repeated instead, and the records below find what is already there. */
const MAX_KEPT_ANSWER = MB;
const MAX_KEY_LENGTH = 255;
const KEPT_HEADERS = ["Content-Type", "ETag", "Location"];

export const idempotency: MiddlewareHandler<ApiEnv> = async function idempotency(c, next) {
  const key = c.req.header("Idempotency-Key");
  if (c.req.method !== "POST" || key === undefined) return next();
  if (key === "" || key.length > MAX_KEY_LENGTH)
    throw new ProblemError(400, "invalid_idempotency_key", {
      detail: `An Idempotency-Key has 1 to ${MAX_KEY_LENGTH} characters.`,
      hint: "A UUID is a good one.",
    });
  const { store, now } = c.get("services");
  const caller = c.get("caller").id;
  const url = new URL(c.req.url);
  const claim = await store.idempotency.claim(caller, key, `${c.req.method} ${url.pathname}${url.search}`, now());
  if (claim.outcome === "other_request") throw reused();
  if (claim.outcome === "in_progress")
    throw new ProblemError(409, "request_in_progress", {
      detail: "A request with this Idempotency-Key is still under way.",
      hint: "Wait for its answer.",
      headers: { "Retry-After": "1" },
    });
  if (claim.outcome === "replay") {
    if ((await hashOfBody(c)) !== claim.body_hash) throw reused();
    return c.body(claim.answer.body as Uint8Array<ArrayBuffer>, claim.answer.status as 200, {
      ...claim.answer.headers,
      "Idempotency-Replayed": "true",
    });
  }
  const hash = new BodyHash();
  c.set("bodyHash", hash);
  let kept = false;
  try {
    await next();
    kept = await keepAnswer(c, key, hash);
  } finally {
    if (!kept) await store.idempotency.release(caller, key);
  }
};

/** Keeps what may be replayed: an answer to a body that was read whole, and not one that says "try again". */
async function keepAnswer(c: Context<ApiEnv>, key: string, hash: BodyHash): Promise<boolean> {
  const { status } = c.res;
  if (!hash.complete || status >= 500 || status === 409 || status === 429 || status === 401 || status === 403) return false;
  // A new token's secret is in its answer and nowhere else: a retry makes another token.
  if (c.res.headers.get("Cache-Control") === "no-store") return false;
  const body = new Uint8Array(await c.res.clone().arrayBuffer());
  if (body.length > MAX_KEPT_ANSWER) return false;
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = c.res.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  await c.get("services").store.idempotency.keep(c.get("caller").id, key, hash.digest(), { status, headers, body });
  return true;
}

/** Of the bytes as they were sent, packed or not. */
async function hashOfBody(c: Context<ApiEnv>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of sentBytes(c)) hash.update(chunk);
  return hash.digest("base64url");
}

function reused(): ProblemError {
  return new ProblemError(422, "idempotency_key_reused", {
    detail: "This Idempotency-Key came with another request before.",
    hint: "Use a new key for a new request.",
  });
}
