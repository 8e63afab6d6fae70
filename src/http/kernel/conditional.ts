/** Conditional requests (RFC 9110, 13): `If-None-Match` answers 304, `If-Match` guards a change. */
import type { Context } from "hono";
import type { ApiEnv } from "./env.js";
import { ProblemError } from "./problem.js";

/** Does the header list the tag? Weak comparison, as for `If-None-Match`. */
function lists(header: string, etag: string): boolean {
  return header.split(",").some((part) => {
    const tag = part.trim();
    return tag === "*" || tag === etag || tag === `W/${etag}`;
  });
}

/** Sets the tag; true when the caller has this state already and should be answered 304. */
export function isNotModified(c: Context<ApiEnv>, etag: string): boolean {
  c.header("ETag", etag);
  const header = c.req.header("If-None-Match");
  return header !== undefined && lists(header, etag);
}

/** The condition that `If-Match` (or `If-None-Match: *`, "only if it is new") puts on a change; `null` without one. */
export function changeCondition<State>(
  c: Context<ApiEnv>,
  etagOf: (state: State) => string,
): ((current: State | null) => boolean) | null {
  const ifMatch = c.req.header("If-Match");
  const onlyNew = c.req.header("If-None-Match")?.trim() === "*";
  if (ifMatch === undefined && !onlyNew) return null;
  return (current) => {
    if (onlyNew && current !== null) return false;
    if (ifMatch === undefined) return true;
    return current !== null && lists(ifMatch, etagOf(current));
  };
}

/** The 412 for a condition that did not hold. */
export function preconditionFailed(): ProblemError {
  return new ProblemError(412, "precondition_failed", {
    detail: "The resource is not in the state that the request names.",
    hint: "GET it again and use its ETag in If-Match.",
  });
}

/** What was asked for by id and is not there. */
export function notFound(what: string, id: string, hint: string): ProblemError {
  return new ProblemError(404, `${what.replaceAll(" ", "_")}_not_found`, { detail: `There is no ${what} "${id}" here.`, hint });
}
