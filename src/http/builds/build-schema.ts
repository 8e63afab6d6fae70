/** A build on the wire. */
import { z } from "@hono/zod-openapi";
import type { Build } from "../../kamailio/binary/build.js";
import { Count, Id, InstanceName, Sentence, Timestamp } from "../kernel/fields.js";

const Text = z.string().max(2000);
const VersionPart = z.number().int().min(0).max(9999);

export const ManagerSchema = z
  .enum(["qm", "fm", "tlsf"])
  .openapi("Manager", { description: "q_malloc, f_malloc or tlsf_malloc" });

export const VersionSchema = z
  .object({
    text: z.string().max(200),
    major: VersionPart.nullable(),
    minor: VersionPart.nullable(),
    patch: VersionPart.nullable(),
    suffix: z.string().max(200).nullable(),
  })
  .openapi("Version", { example: { text: "5.6.3", major: 5, minor: 6, patch: 3, suffix: null } });

const BuildMemorySchema = z
  .object({
    managers: z.array(ManagerSchema).max(3).openapi({ description: "The managers that are compiled in" }),
    default_manager: z.union([ManagerSchema, z.null()]).openapi({ description: "The one that runs without -x and -X" }),
    debug: z.boolean().nullable().openapi({ description: "Do the managers keep file, function and line of each chunk?" }),
    debug_flag: z.string().max(100).nullable().openapi({ description: "The word that proves it", example: "DBG_SR_MEMORY" }),
    join_free: z.boolean().nullable(),
  })
  .openapi("BuildMemory");

const BuildLimitsSchema = z
  .object({
    buf_size: Count.nullable(),
    max_uri_size: Count.nullable(),
    max_recv_buffer_size: Count.nullable(),
    max_send_buffer_size: Count.nullable(),
    max_listen: Count.nullable(),
    adaptive_wait_loops: Count.nullable(),
  })
  .openapi("BuildLimits");

export const BuildFields = z.object({
  product: z
    .enum(["kamailio", "ser", "sip-router", "opensips", "openser", "other"])
    .openapi({ description: "Whose binary it is; OpenSIPS and SER print look-alikes" }),
  version: z.union([VersionSchema, z.null()]),
  architecture: Text.nullable().openapi({ example: "x86_64" }),
  operating_system: Text.nullable().openapi({ example: "linux" }),
  flags: z
    .array(z.string().max(200))
    .max(500)
    .nullable()
    .openapi({ example: ["USE_TCP", "PKG_MALLOC", "DBG_SR_MEMORY"] }),
  memory: BuildMemorySchema,
  default_pkg_size_mb: Count.nullable(),
  default_shm_size_mb: Count.nullable(),
  limits: BuildLimitsSchema,
  compiler: Text.nullable().openapi({ example: "gcc 12.2.0" }),
  compiled_at: Text.nullable().openapi({ description: "As it was printed" }),
  source_revision: Text.nullable(),
  source_dirty: z.boolean().nullable(),
  paths: z
    .object({ config: Text.nullable(), modules: z.array(Text).max(50).nullable(), run_dir: Text.nullable() })
    .openapi("BuildPaths"),
  tcp_poll_methods: z.array(z.string().max(100)).max(50).nullable(),
  build_variables: z
    .object({ MEMMNG: z.number().int().min(0).max(2).nullable(), MEMDBG: z.number().int().min(0).max(1).nullable() })
    .openapi("BuildVariables", { description: "Inferred from the flags; null where the text cannot tell" }),
  from_running_process: z
    .boolean()
    .openapi({ description: "Printed by the running process (core.info, core.flags), not by the binary on disk" }),
  unknown_lines: z.array(Text).max(500),
});

/** The reader's value fits the contract: the compiler says so when one of them changes. */
type Same = Build extends z.input<typeof BuildFields> ? true : never;
export const BUILD_FITS_CONTRACT: Same = true;

export const BuildSchema = z
  .object({ id: Id, instance: InstanceName, recorded_at: Timestamp, last_seen_at: Timestamp })
  .extend(BuildFields.shape)
  .openapi("Build");

const SameBinaryFields = z.object({
  same: z.boolean().nullable().openapi({ description: "Do both texts describe one binary? null: they share too little to tell" }),
  differences: z.array(Sentence).max(100),
});

const RunningProcessSchema = z
  .object({ build_id: Id.openapi({ description: "The build that it was compared with" }) })
  .extend(SameBinaryFields.shape)
  .openapi("RunningProcessComparison");

export const RecordedBuildSchema = BuildSchema.extend({
  warnings: z.array(Sentence).max(100),
  running_process: z
    .union([RunningProcessSchema, z.null()])
    .openapi({ description: "Is the running process this binary? null: only one of the two was recorded" }),
  also_recorded: z.array(Id).max(100).openapi({ description: "Other builds that the text held" }),
}).openapi("RecordedBuild");

const FlagChangeSchema = z
  .object({ flag: z.string().max(200), meaning: Sentence.nullable(), source: Sentence.nullable() })
  .openapi("FlagChange");

const FieldValue = z.union([z.string().max(2000), z.number(), z.boolean()]);

const ReleaseChangeSchema = z
  .object({ id: z.string().max(100), title: Sentence, from: Sentence, to: Sentence, meaning: Sentence, source: Sentence })
  .openapi("ReleaseChange");

export const BuildComparisonSchema = z
  .object({ from_id: Id, to_id: Id })
  .extend(SameBinaryFields.shape)
  .extend({
    direction: z.enum(["upgrade", "downgrade", "same_version"]).nullable(),
    flags_gained: z
      .array(FlagChangeSchema)
      .max(500)
      .nullable()
      .openapi({ description: "null: one of the flag lists is not complete" }),
    flags_lost: z.array(FlagChangeSchema).max(500).nullable(),
    changes: z
      .array(
        z
          .object({ field: z.string().max(200), from: FieldValue, to: FieldValue, meaning: Sentence.nullable() })
          .openapi("BuildFieldChange"),
      )
      .max(200),
    release_changes: z.array(ReleaseChangeSchema).max(200),
  })
  .openapi("BuildComparison");
