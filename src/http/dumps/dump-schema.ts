/** Memory dumps on the wire. */
import { z } from "@hono/zod-openapi";
import type { DumpForm } from "../../kamailio/dump/dump.js";
import { timestamp } from "../../kamailio/units.js";
import type { StoredDump } from "../../store/dumps.js";
import { ManagerSchema } from "../builds/build-schema.js";
import { Bytes, BytesOrNull, Id, InstanceName, Sentence, Timestamp } from "../kernel/fields.js";
import { pageOf } from "../kernel/page.js";
import { IncidentSchema } from "../logs/incident-schema.js";
import { PoolSchema } from "../usage/usage-schema.js";
import { SiteSchema } from "./site-schema.js";

export const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Line = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const Pid = z.number().int().min(0).max(9_999_999_999);

const FORMS = [
  "status",
  "short_status",
  "summary",
  "free_list",
  "matrix",
  "rprint",
  "report",
  "mod_stats",
  "mem_statsx",
  "gdb_walk",
] as const satisfies readonly DumpForm[];

export const DumpSchema = z
  .object({
    id: Id,
    instance: InstanceName,
    pool: z.union([PoolSchema, z.null()]).openapi({ description: "null: nothing in the text names it" }),
    pid: Pid.nullable(),
    process_index: z
      .number()
      .int()
      .min(0)
      .max(99_999)
      .nullable()
      .openapi({ description: "Kamailio's index of the process, from the log" }),
    process: z.string().max(500).nullable().openapi({
      description: "The process's description, from the usage samples that show the pid",
      example: "udp receiver child=0 sock=192.0.2.1:5060",
    }),
    manager: z.union([ManagerSchema, z.null()]),
    form: z.enum(FORMS).openapi("DumpForm", {
      description:
        "status: a list of chunks; short_status: its header alone; summary: sums by site; free_list (fm) and matrix (tlsf) list no allocated chunks; rprint: the file of shm.rprint; report: shm.report; mod_stats and mem_statsx: the RPC answers; gdb_walk",
    }),
    taken_at: Timestamp,
    taken_at_source: z
      .enum(["log", "at", "clock"])
      .openapi({ description: "log: the text's own time stamp; at: the query parameter; clock: when it came in" }),
    recorded_at: Timestamp,
    last_seen_at: Timestamp.openapi({ description: "When the same dump was last posted" }),
    heap_size: BytesOrNull,
    used: BytesOrNull,
    real_used: BytesOrNull,
    free: BytesOrNull,
    max_used: BytesOrNull,
    chunks: Count.nullable().openapi({ description: "Allocated chunks; null when the form does not list them" }),
    allocated_bytes: BytesOrNull.openapi({ description: "Sum of the listed chunks" }),
    free_fragments: Count.nullable(),
    largest_free_fragment: BytesOrNull.openapi({ description: "A size that the pool can surely still give in one piece" }),
    sites: Count.openapi({ description: "How many allocation sites; .../sites lists them" }),
    complete: z.boolean().openapi({ description: "false: lines are missing, and all figures are lower bounds" }),
    incomplete_reason: Sentence.nullable(),
    warnings: z.array(Sentence).max(100),
    first_line: Line.openapi({ description: "Line of the posted text where the dump begins" }),
    last_line: Line,
  })
  .openapi("Dump");

export const DumpPageSchema = pageOf(DumpSchema, "DumpPage");

export const DumpWithSitesSchema = DumpSchema.extend({
  top_sites: z.array(SiteSchema).max(100).openapi({ description: "The sites that hold the most bytes" }),
}).openapi("DumpWithSites");

export const DumpUploadSchema = z
  .object({
    dumps: z.array(DumpSchema).max(5000).openapi({ description: "In the order of the text" }),
    incidents: z.array(IncidentSchema).max(1000).openapi({ description: "What the same text proves beside its dumps" }),
    duplicates: Count.openapi({ description: "Dumps that were recorded before; they are listed with the id that they have" }),
    warnings: z.array(Sentence).max(200),
    lines: Count,
    bytes: Bytes.openapi({ description: "Size of the text after unpacking" }),
  })
  .openapi("DumpUpload");

export function dumpOnTheWire(dump: StoredDump): z.infer<typeof DumpSchema> {
  const { id, instance, pool, pid, process_index, process, manager, form, taken_at, taken_at_source, ...rest } = dump;
  return {
    id,
    instance,
    pool,
    pid,
    process_index,
    process,
    manager,
    form,
    taken_at: timestamp(taken_at),
    taken_at_source,
    ...rest,
    recorded_at: timestamp(dump.recorded_at),
    last_seen_at: timestamp(dump.last_seen_at),
  };
}
