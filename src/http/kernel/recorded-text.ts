/** Texts that an operator posts about an instance: what every resource made of them shares. */
import { createHash } from "node:crypto";
import type { Context } from "hono";
import { type Endpoint, recognise, wrongEndpointHint } from "../../kamailio/recognise.js";
import { timestamp } from "../../kamailio/units.js";
import type { StoredRecord } from "../../store/records.js";
import type { ApiEnv } from "./env.js";
import { nestedTooDeep, ProblemError } from "./problem.js";

/** What is on the wire of every record. */
export function recordFields(record: StoredRecord<unknown>): {
  id: string;
  instance: string;
  recorded_at: string;
  last_seen_at: string;
} {
  return {
    id: record.id,
    instance: record.instance,
    recorded_at: timestamp(record.recorded_at),
    last_seen_at: timestamp(record.last_seen_at),
  };
}

/** A record changes only in when it was last seen. */
export function recordEtag(record: StoredRecord<unknown>): string {
  return `"${record.id}-${record.last_seen_at.toString(36)}"`;
}

/** Texts with equal values are equal. */
export function contentHash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url");
}

/** Answers a stored text as it came. */
export function textAnswer(c: Context<ApiEnv>, text: string) {
  return c.text(text, 200, { "Content-Type": "text/plain; charset=utf-8", "Content-Disposition": "inline" });
}

/** The 422 for a text that this endpoint does not read: what it looks like, and where it belongs. */
export function notWhatIsReadHere(text: string, endpoint: Endpoint, wanted: string): ProblemError {
  const found = recognise(text);
  if (found.kind === "empty")
    return new ProblemError(422, "empty_body", { detail: "The body is empty.", hint: wrongEndpointHint(found, endpoint) });
  if (found.kind === "nested") return nestedTooDeep();
  if (found.endpoints.includes(endpoint))
    return new ProblemError(422, "not_read_here", {
      detail: `This looks like ${found.title}, but nothing of it could be read.`,
      hint: found.unread_hint,
    });
  return new ProblemError(422, "not_read_here", {
    detail: `There is no ${wanted.replace(/^an? /, "")} in this text; it looks like ${found.title}.`,
    hint: wrongEndpointHint(found, endpoint),
  });
}
