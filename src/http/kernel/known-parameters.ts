/** A query parameter that an operation does not declare is an error: a typo in `contacts=` would give an answer to another question. */
import { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./env.js";
import { nearNames } from "./near-names.js";
import { ProblemError } from "./problem.js";

/** Names that are shown of a request's own; a query of a thousand of them helps nobody. */
const SHOWN = 20;
const SHOWN_LENGTH = 100;

/** @param query the schema of the operation's query parameters; without one it takes none */
export function refuseUnknownParameters(query: unknown): MiddlewareHandler<ApiEnv> {
  const known = new Set(query instanceof z.ZodObject ? Object.keys(query.shape) : []);
  const takes = known.size === 0 ? "It takes no parameters." : `It takes ${[...known].join(", ")}.`;
  return async function refuseUnknown(c, next) {
    const { url } = c.req;
    if (url.includes("?")) {
      const unknown = Object.keys(c.req.query()).filter((name) => !known.has(name));
      if (unknown.length > 0) throw unknownParameters(unknown, known, takes);
    }
    await next();
  };
}

function unknownParameters(names: readonly string[], known: ReadonlySet<string>, takes: string): ProblemError {
  const shown = names.slice(0, SHOWN).map((name) => name.slice(0, SHOWN_LENGTH));
  const [first = ""] = shown;
  const near = nearNames(first, [...known]);
  return new ProblemError(400, "unknown_parameter", {
    detail: `This operation has no parameter ${shown.map((name) => `"${name}"`).join(", ")}.`,
    hint: `${near.length > 0 ? `Did you mean ${near.join(" or ")}? ` : ""}${takes}`,
    errors: shown.map((name) => ({ parameter: name, message: "unknown" })),
  });
}
