/** Query parameters that say which part of the history is meant. */
import { z } from "@hono/zod-openapi";
import type { Selection } from "../../service/curves/collect-curves.js";
import { ProblemError } from "../kernel/problem.js";
import { PoolSchema } from "./usage-schema.js";

const Time = z.iso.datetime({ offset: true });

export const StretchQuery = z.object({
  pool: PoolSchema.optional().openapi({ param: { name: "pool", in: "query", description: "Both and the load without it" } }),
  pid: z.coerce
    .number()
    .int()
    .min(1)
    .max(4_294_967_295)
    .optional()
    .openapi({ param: { name: "pid", in: "query", description: "One process; its pkg pool" }, example: 3931 }),
  from: Time.optional().openapi({
    param: { name: "from", in: "query", description: "RFC 3339, included; the beginning of the history without it" },
    example: "2026-11-23T00:00:00Z",
  }),
  to: Time.optional().openapi({
    param: { name: "to", in: "query", description: "RFC 3339, included; the end of the history without it" },
    example: "2026-11-24T00:00:00Z",
  }),
});

export interface Stretch extends Selection {
  /** Epoch ms. */
  from: number | null;
  to: number | null;
}

/** @throws ProblemError 400 for parameters that contradict each other */
export function stretchOf({ pool, pid, from, to }: z.output<typeof StretchQuery>): Stretch {
  if (pid !== undefined && pool === "shm")
    throw contradiction("pid", "the shm pool belongs to no process: leave out pid, or ask for pool=pkg");
  const stretch = {
    pool: pool ?? (pid === undefined ? null : ("pkg" as const)),
    pid: pid ?? null,
    from: from === undefined ? null : Date.parse(from),
    to: to === undefined ? null : Date.parse(to),
  };
  if (stretch.from !== null && stretch.to !== null && stretch.from > stretch.to)
    throw contradiction("from", "from is later than to");
  return stretch;
}

function contradiction(parameter: string, message: string): ProblemError {
  return new ProblemError(400, "invalid_parameter", {
    detail: `A parameter does not fit. ${parameter}: ${message}`,
    hint: "See /docs for what this operation takes.",
    errors: [{ parameter, message }],
  });
}
