/** `?at=`: when the posted text was taken. */
import { z } from "@hono/zod-openapi";
import { DAY, timestamp } from "../../kamailio/units.js";
import { ProblemError } from "./problem.js";

/** Clocks differ, but not by a day. */
const MAX_AHEAD = DAY;

export const AtQuery = z.object({
  at: z.iso
    .datetime({ offset: true })
    .optional()
    .openapi({
      param: {
        name: "at",
        in: "query",
        description: "When the text was taken (RFC 3339); now by default. Times in the text win.",
      },
      example: "2026-11-23T08:15:30Z",
    }),
});

/**
 * The given time, or now, in epoch ms.
 *
 * @throws ProblemError 400 when it is more than a day ahead of the server's clock
 */
export function takenAt(at: string | undefined, now: number): number {
  if (at === undefined) return now;
  const time = Date.parse(at);
  if (time > now + MAX_AHEAD)
    throw new ProblemError(400, "time_in_future", {
      detail: `at=${at} is more than a day ahead of this server's clock (${timestamp(now)}).`,
      hint: "Check the clock of the machine that took the text.",
      errors: [{ parameter: "at", message: "more than a day in the future" }],
    });
  return time;
}
