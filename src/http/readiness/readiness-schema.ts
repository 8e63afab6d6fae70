/** Readiness on the wire. */
import { z } from "@hono/zod-openapi";
import type { Readiness } from "../../analysis/readiness/readiness.js";
import { ManagerSchema } from "../builds/build-schema.js";
import { Id, InstanceName, Sentence } from "../kernel/fields.js";
import { KnownIssues } from "../known-issues/known-issue-schema.js";

const Capability = z.boolean().nullable();

export const FixSchema = z
  .object({
    action: z.enum(["rebuild", "restart", "runtime", "none"]).openapi({ description: "What it costs" }),
    commands: z
      .array(Sentence)
      .max(100)
      .openapi({ description: "Shell commands, in order; of a check that is unknown, those that would tell" }),
    config_lines: z.array(Sentence).max(100),
    undo: z.array(Sentence).max(100),
  })
  .openapi("Fix");

export const CheckSchema = z
  .object({
    id: z.string().max(100).openapi({ example: "shutdown_dump_visible" }),
    status: z.enum(["pass", "fail", "warn", "unknown"]),
    title: Sentence,
    detail: Sentence,
    evidence: z.union([
      z
        .object({
          kind: z.enum(["build", "settings", "config", "release", "runtime"]),
          id: z.union([Id, z.null()]),
          quote: Sentence.nullable(),
        })
        .openapi("ReadinessEvidence"),
      z.null(),
    ]),
    fix: FixSchema,
  })
  .openapi("ReadinessCheck");

const ReadinessFields = z.object({
  ok: z.boolean(),
  level: z.enum(["ready", "restart_needed", "rebuild_needed", "unknown"]),
  summary: Sentence,
  judged: z
    .object({
      instance: InstanceName,
      build_id: z.union([Id, z.null()]),
      running_build_id: z.union([Id, z.null()]),
      version: z.string().max(200).nullable(),
      managers: z
        .object({ shm: z.union([ManagerSchema, z.null()]), pkg: z.union([ManagerSchema, z.null()]) })
        .openapi("JudgedManagers"),
    })
    .openapi("JudgedInstance"),
  capabilities: z
    .object({
      allocation_sites: Capability.openapi({ description: "The managers keep file, function and line, and can say them" }),
      dump_to_log_shm: Capability,
      dump_to_log_pkg: Capability,
      site_statistics_rpc: Capability,
      usage_rpc_shm: Capability,
      usage_rpc_pkg: Capability,
      gdb_walk: Capability,
    })
    .openapi("ReadinessCapabilities", { description: "null: the recorded texts cannot tell" }),
  checks: z.array(CheckSchema).max(100),
});

export const ReadinessSchema = ReadinessFields.extend({ known_issues: KnownIssues }).openapi("Readiness");

type Fits = Readiness extends z.input<typeof ReadinessFields> ? true : never;
/** The compiler refuses this line when the judgement and the contract part. */
export const READINESS_FITS_CONTRACT: Fits = true;
