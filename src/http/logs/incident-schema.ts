/** Incidents on the wire. */
import { z } from "@hono/zod-openapi";
import { INCIDENT_KINDS } from "../../kamailio/log/incident.js";
import { timestamp } from "../../kamailio/units.js";
import type { StoredIncident } from "../../store/incidents.js";
import { ManagerSchema } from "../builds/build-schema.js";
import { BytesOrNull, Count, Id, InstanceName, Sentence, Timestamp } from "../kernel/fields.js";
import { PoolSchema } from "../usage/usage-schema.js";

const Name = z.string().max(500).nullable();

export const IncidentKindSchema = z.enum(INCIDENT_KINDS).openapi("IncidentKind");

const LogSiteSchema = z
  .object({ module: Name, file: Name, function: Name, line: z.number().int().min(0).max(9_999_999).nullable() })
  .openapi("LogSite", { description: "A place in Kamailio's source" });

const OverwrittenSchema = z
  .object({
    where: z.enum(["beginning", "end", "previous_end"]),
    words: z.array(z.string().max(100)).max(10),
    expected: z.array(z.string().max(100)).max(10),
    changed_bytes: Count,
    bytes: z.string().max(200).openapi({ description: "The changed bytes in the order of memory, hexadecimal" }),
    ascii: z.string().max(100).openapi({ description: "The same as text" }),
  })
  .openapi("Overwritten", { description: "What a check mark was found to hold instead of its own value" });

export const IncidentSchema = z
  .object({
    id: Id,
    instance: InstanceName,
    kind: IncidentKindSchema,
    class: z.string().max(100).openapi({ description: "The message that was recognised" }),
    severity: z.enum(["info", "warning", "error", "critical"]),
    pool: z.union([PoolSchema, z.null()]).openapi({ description: "null: the log does not say which" }),
    pool_source: z.enum(["text", "block_address", "site"]).nullable().openapi({ description: "How the pool is known" }),
    manager: z.union([ManagerSchema, z.null()]),
    site: z
      .union([LogSiteSchema, z.null()])
      .openapi({ description: "Who asked for or freed the memory; not who used up the pool" }),
    other_site: z.union([LogSiteSchema, z.null()]).openapi({ description: "Of a double free, who freed first" }),
    size: BytesOrNull.openapi({ description: "The largest size that was asked for in one piece" }),
    smallest_size: BytesOrNull,
    count: Count.openapi({ description: "Failures, not lines. A log that is posted twice counts once" }),
    lines: Count,
    count_is_lower_bound: z
      .boolean()
      .openapi({ description: "The logs say that messages were dropped, or they overlap in part" }),
    pids: z.array(z.number().int().min(0).max(9_999_999_999)).max(32),
    pid_count: Count,
    first_at: z.union([Timestamp, z.null()]).openapi({ description: "null: the log shows no times" }),
    last_at: z.union([Timestamp, z.null()]),
    first_line: Count.openapi({ description: "Line of the posted text" }),
    last_line: Count,
    quote: z.string().max(500).openapi({ description: "The first line, without its secrets" }),
    overwritten: z.union([OverwrittenSchema, z.null()]),
    action: z.enum(["aborting", "ignoring"]).nullable().openapi({ description: "What Kamailio did about it" }),
    signal: z.union([
      z
        .object({
          number: z.number().int().min(0).max(9999),
          name: z.string().max(50),
          core_dumped: z.boolean().nullable(),
          main_exited: z.boolean(),
          preceded_by: z.array(IncidentKindSchema).max(20),
        })
        .openapi("IncidentSignal"),
      z.null(),
    ]),
    tls: z.union([
      z
        .object({
          threshold: z.union([z.literal(1), z.literal(2), z.null()]),
          threshold_bytes: BytesOrNull,
          lowest_free_bytes: BytesOrNull,
          processes: Count.nullable(),
        })
        .openapi("IncidentTls"),
      z.null(),
    ]),
    explanation: Sentence,
    recorded_at: Timestamp,
    last_seen_at: Timestamp.openapi({ description: "When a posted log last reported it" }),
  })
  .openapi("Incident");

export function incidentOnTheWire({
  id,
  instance,
  recorded_at,
  last_seen_at,
  incident,
}: StoredIncident): z.infer<typeof IncidentSchema> {
  return { id, instance, ...incident, recorded_at: timestamp(recorded_at), last_seen_at: timestamp(last_seen_at) };
}
