/** Which representation a caller wants: JSON, Markdown or plain text, by `?format=` or `Accept` (RFC 9110, 12.5.1). */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { parseAccept } from "hono/utils/accept";
import type { ApiEnv } from "./env.js";
import { ProblemError } from "./problem.js";

export const MEDIA_TYPES = {
  json: "application/json",
  markdown: "text/markdown",
  text: "text/plain",
  html: "text/html",
  csv: "text/csv",
  ndjson: "application/x-ndjson",
} as const;

export type Format = keyof typeof MEDIA_TYPES;

/** Query parameter `format`: stronger than `Accept`. */
export const FormatQuery = z
  .enum(["json", "markdown", "text"])
  .optional()
  .openapi({
    param: { name: "format", in: "query", description: "The representation; stronger than the Accept header" },
    example: "markdown",
  });

/**
 * The wanted one of the formats that a resource has, the first when the caller has no preference.
 *
 * @throws ProblemError 406 when none of them is accepted
 */
export function preferredFormat<Offered extends Format>(
  c: Context<ApiEnv>,
  offered: readonly [Offered, ...Offered[]],
  asked?: Offered,
): Offered {
  if (asked !== undefined) return asked;
  const header = c.req.header("Accept");
  if (header === undefined || header.trim() === "") return offered[0];
  const wanted = parseAccept(header.slice(0, 1000)).filter(({ q }) => q > 0);
  for (const { type } of wanted.sort((a, b) => b.q - a.q)) {
    const match = offered.find((format) => accepts(type.toLowerCase(), MEDIA_TYPES[format]));
    if (match !== undefined) return match;
  }
  throw new ProblemError(406, "not_acceptable", {
    detail: `None of the media types in Accept can be given: ${header.slice(0, 200)}`,
    hint: `This resource comes as ${offered.map((format) => MEDIA_TYPES[format]).join(", ")}.`,
  });
}

function accepts(range: string, mediaType: string): boolean {
  if (range === "*/*" || range === mediaType) return true;
  return range.endsWith("/*") && mediaType.startsWith(range.slice(0, -1));
}
