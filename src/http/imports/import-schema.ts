/** An import of usage history on the wire. */
import { z } from "@hono/zod-openapi";
import { timestamp } from "../../kamailio/units.js";
import { chunksLeft, pointsIn } from "../../service/imports/chunks.js";
import type { ImportState, KeptProblem, UsageImport } from "../../service/imports/import-state.js";
import { MOST_TARGETS } from "../../service/imports/targets.js";
import { Count, Id, InstanceName, Timestamp } from "../kernel/fields.js";
import { Problem, ProblemError } from "../kernel/problem.js";

const StepSeconds = z.number().int().min(1).max(86_400).openapi({ description: "Seconds between two samples", example: 60 });
const Url = z.string().min(1).max(2000).openapi({ example: "http://prometheus.example:9090" });

const LabelSetSchema = z
  .record(
    z
      .string()
      .max(256)
      .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "a label's name has letters, digits and underscores"),
    z.string().max(1024),
  )
  .openapi("LabelSet", { description: "Labels of Prometheus", example: { instance: "10.0.0.1:9494", job: "kamailio" } });

const MOST_MATCHERS = 20;
const MOST_HEADERS = 10;

/** Headers that frame a request: not the caller's to set (RFC 9110, RFC 9112). */
const FRAMING_HEADERS = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "keep-alive",
  "te",
  "trailer",
  "upgrade",
  "expect",
  "accept-encoding",
]);

const Headers = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "this is no name of a header")
      .refine((name) => !FRAMING_HEADERS.has(name.toLowerCase()), "this header is the service's own to set"),
    z
      .string()
      .max(8_192)
      .regex(/^[\x20-\x7e]*$/, "a header's value is printable ASCII"),
  )
  .refine((headers) => Object.keys(headers).length <= MOST_HEADERS, `at most ${MOST_HEADERS} headers`);

export const ImportCreateSchema = z
  .object({
    source: z
      .enum(["prometheus"])
      .openapi({ description: "Prometheus, or what has its HTTP API: VictoriaMetrics, Thanos, Mimir" }),
    url: Url.refine(isPlainUrl, "an http(s) URL without user name, query and fragment; credentials go into headers").openapi({
      description: "The base address, with the path before /api/v1 where there is one",
    }),
    from: z.iso
      .datetime({ offset: true })
      .optional()
      .openapi({ description: "RFC 3339; without it, as far back as history is kept" }),
    to: z.iso.datetime({ offset: true }).optional().openapi({ description: "RFC 3339; now without it" }),
    step: z
      .union([
        StepSeconds,
        z
          .string()
          .regex(/^[1-9]\d{0,5}[smhd]$/, "such as 30s, 1m or 1h")
          .openapi({ example: "30s" }),
      ])
      .optional()
      .openapi({ description: "Seconds, or 30s, 1m, 1h; without it, as often as Prometheus asked the server" }),
    match: LabelSetSchema.refine((match) => Object.keys(match).length <= MOST_MATCHERS, `at most ${MOST_MATCHERS} labels`)
      .refine((match) => !("__name__" in match), "the names of the metrics are found by themselves")
      .optional()
      .openapi({ description: "Labels that the one server has; needed where Prometheus has several Kamailio servers" }),
    headers: Headers.optional().openapi({
      description:
        "Sent with every query, such as Authorization or X-Scope-OrgID. Secret: kept in memory for the run, never stored, logged or shown.",
      example: { Authorization: "Bearer kp8..." },
    }),
  })
  .strict()
  .openapi("UsageImportCreate", {
    example: { source: "prometheus", url: "http://prometheus.example:9090", match: { instance: "10.0.0.1:9494" } },
  });

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const isHttp = url.protocol === "http:" || url.protocol === "https:";
  return isHttp && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

const ProgressSchema = z
  .object({
    done_chunks: Count,
    total_chunks: Count.nullable().openapi({
      description: "As far as one knows: chunks follow the size of the server's answers",
    }),
    from: z.union([Timestamp, z.null()]).openapi({ description: "The first point in time" }),
    to: z.union([Timestamp, z.null()]).openapi({ description: "The last point in time" }),
    at: z.union([Timestamp, z.null()]).openapi({ description: "What is before this has been taken in" }),
    points: Count.nullable().openapi({ description: "Points in time of the whole import" }),
    step_seconds: StepSeconds.nullable(),
  })
  .openapi("UsageImportProgress");

const LeftOutSchema = z
  .object({
    reason: z.string().max(4000),
    hint: z.string().max(4000).nullable(),
    count: Count.openapi({ description: "How often" }),
    first_at: Timestamp,
  })
  .openapi("UsageImportLeftOut");

export const ImportSchema = z
  .object({
    id: Id,
    instance: InstanceName,
    status: z
      .enum(["queued", "running", "done", "failed", "cancelled"])
      .openapi({ description: "`failed`: POST the same import again, it goes on where it stopped" }),
    source: z.enum(["prometheus"]),
    url: Url,
    match: LabelSetSchema,
    with_credentials: z.boolean().openapi({ description: "Headers came with it; they are not shown" }),
    targets: z
      .array(LabelSetSchema)
      .max(MOST_TARGETS)
      .openapi({ description: "The label sets that are imported; with the error `several_targets`, those to choose from" }),
    progress: ProgressSchema,
    accepted: z
      .object({
        samples: Count.openapi({ description: "Moments that brought something new" }),
        shm: Count.openapi({ description: "Readings of the shared pool in them" }),
        pkg: Count.openapi({ description: "Rows of processes in them" }),
        load: Count.openapi({ description: "Load counters in them" }),
      })
      .openapi("UsageImportAccepted"),
    duplicates: Count.openapi({ description: "Moments that were known already" }),
    left_out: z.array(LeftOutSchema).max(100),
    warnings: z.array(z.string().max(4000)).max(100),
    error: z.union([Problem, z.null()]),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .openapi("UsageImport");

/** An import as it is answered. */
export function onTheWire({ state, request, ...stored }: UsageImport): z.infer<typeof ImportSchema> {
  return {
    id: stored.id,
    instance: stored.instance,
    status: stored.status,
    source: request.source,
    url: request.url,
    match: Object.fromEntries(request.match),
    with_credentials: stored.with_credentials,
    targets: state.targets,
    progress: progressOf(state),
    accepted: state.accepted,
    duplicates: state.duplicates,
    left_out: state.left_out.map((entry) => ({ ...entry, first_at: timestamp(entry.first_at) })),
    warnings: state.warnings,
    error: stored.status === "failed" && state.error !== null ? keptProblem(state.error, state.request_id) : null,
    created_at: timestamp(stored.created_at),
    updated_at: timestamp(stored.updated_at),
  };
}

function progressOf({ plan, next_at, chunk_points, done_chunks }: ImportState): z.infer<typeof ProgressSchema> {
  const from = plan?.intervals[0]?.[0] ?? null;
  const to = plan?.intervals.at(-1)?.[1] ?? null;
  return {
    done_chunks,
    total_chunks: plan === null ? null : done_chunks + chunksLeft(plan, next_at, chunk_points),
    from: from === null ? null : timestamp(from),
    to: to === null ? null : timestamp(to),
    at: next_at === null ? null : timestamp(Math.min(next_at, to ?? next_at)),
    points: plan === null ? null : pointsIn(plan),
    step_seconds: plan === null ? null : plan.step / 1000,
  };
}

/** The problem that ended an import, as it is on the wire. */
function keptProblem({ status, code, detail, hint }: KeptProblem, requestId: string) {
  return new ProblemError(status, code, { detail, hint }).toProblem(requestId);
}
