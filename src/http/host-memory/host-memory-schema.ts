/** The judgement on a host's memory on the wire. */
import { z } from "@hono/zod-openapi";
import { HOST_MEMORY_VERDICTS } from "../../analysis/host-memory/decide.js";
import type { HostMemoryJudgement } from "../../analysis/host-memory/host-memory.js";
import { Id, InstanceName, Sentence, Timestamp } from "../kernel/fields.js";

const SignedBytes = z.number().int().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);
const Evidence = z.object({ rule: z.string().max(100), detail: Sentence }).openapi("RuleEvidence");

const HostMemoryFields = z.object({
  ok: z.boolean().openapi({ description: "false: a real shortage, or memory that grows outside Kamailio's pools" }),
  verdict: z.enum(HOST_MEMORY_VERDICTS),
  summary: Sentence,
  drop_caches_would_show: z
    .boolean()
    .nullable()
    .openapi({ description: "Would `free` show it as free after dropping the caches? null: cannot be told" }),
  arithmetic: z
    .array(z.object({ label: z.string().max(200), bytes: SignedBytes, detail: Sentence }).openapi("MemorySum"))
    .max(50)
    .openapi({ description: "In order, so that it can be checked by hand; shared pages are counted once" }),
  evidence_for: z.array(Evidence).max(50),
  evidence_against: z.array(Evidence).max(50),
  processes_beyond: z
    .array(
      z
        .object({
          pid: z.number().int().min(0).max(9_999_999_999).nullable(),
          name: z.string().max(200).nullable(),
          private_bytes: SignedBytes,
          beyond: SignedBytes,
        })
        .openapi("ProcessBeyondPools"),
    )
    .max(50)
    .openapi({ description: "Processes that hold more private memory than their pool and libraries explain" }),
  warnings: z.array(Sentence).max(100),
  next: z.array(z.object({ why: Sentence, command: Sentence }).openapi("HostMemoryStep")).max(20),
});

/** The judgement fits the contract: the compiler says so when one of them changes. */
type Fits = HostMemoryJudgement extends z.input<typeof HostMemoryFields> ? true : never;
export const HOST_MEMORY_FITS_CONTRACT: Fits = true;

export const HostMemorySchema = z
  .object({
    id: Id.openapi({ description: "Of the recorded text" }),
    instance: InstanceName,
    recorded_at: Timestamp,
    last_seen_at: Timestamp,
  })
  .extend(HostMemoryFields.shape)
  .extend({ unknown_lines: z.array(z.string().max(500)).max(50) })
  .openapi("HostMemory");
