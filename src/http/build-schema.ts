/** A build on the wire. */
import { z } from "@hono/zod-openapi";
import type { Build } from "../kamailio/build/build.js";
import { Id, InstanceName, SizeMb, Timestamp } from "./api.js";

const Text = z.string().max(2000);
const Count = z.number().int().min(0).max(2_147_483_647);
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
  default_pkg_size_mb: z.union([SizeMb, z.null()]),
  default_shm_size_mb: z.union([SizeMb, z.null()]),
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

export const RunningProcessSchema = z
  .object({
    same: z
      .boolean()
      .nullable()
      .openapi({ description: "Does the running process come from the recorded binary? null: the texts cannot tell" }),
    build_id: Id,
    differences: z.array(z.string().max(1000)).max(100),
  })
  .openapi("RunningProcessComparison");

export const BuildSchema = z
  .object({ id: Id, instance: InstanceName, recorded_at: Timestamp, last_seen_at: Timestamp })
  .extend(BuildFields.shape)
  .openapi("Build");
