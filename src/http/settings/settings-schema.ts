/** Settings on the wire: what a text showed, and the values in force. */
import { z } from "@hono/zod-openapi";
import { type EffectiveSettings, SETTING_SOURCES, type SettingsReading } from "../../kamailio/settings/settings.js";
import { ManagerSchema } from "../builds/build-schema.js";
import { Bytes, Count, Id, InstanceName, Timestamp } from "../kernel/fields.js";

const SourceSchema = z.enum(SETTING_SOURCES).openapi("SettingSource", { description: "Where a value was seen, strongest first" });
const Quote = z.string().max(4000);
const Text = z.string().max(4096);

const Size = z.number().min(0).max(16_777_216);
/** Whatever a C `int` holds can stand in a kamailio.cfg, and Kamailio takes it. */
const Level = z.number().int().min(-2_147_483_648).max(2_147_483_647);
const ServiceManager = z.enum(["systemd", "sysvinit", "openrc", "docker", "kubernetes", "none"]);

/** The type of each setting's value. */
const VALUES = {
  shm_size_mb: Size,
  pkg_size_mb: Size,
  shm_manager: ManagerSchema,
  pkg_manager: ManagerSchema,
  debug: Level,
  memlog: Level,
  memdbg: Level,
  mem_summary: Level,
  mem_join: Level,
  mem_safety: Level,
  mem_status_mode: Level,
  mem_add_size: Level,
  shm_force_alloc: Level,
  mlock_pages: Level,
  log_stderror: Level,
  fork: Level,
  children: Count,
  socket_workers: Count,
  tcp_children: Count,
  async_workers: Count,
  disable_tcp: Level,
  processes: Count,
  config_file: Text,
  pid_file: Text,
  run_dir: Text,
  user: Text,
  group: Text,
  log_engine: Text,
  binary: Text,
  modules: z.array(z.string().max(200)).max(1000),
  memory_limit_bytes: Bytes,
  oom_killed: Count,
  service_manager: ServiceManager,
  service_name: Text,
  container: Text,
  ctl_socket: Text,
  jsonrpcs_transport: Count,
  jsonrpcs_fifo: Text,
  jsonrpcs_url: Text,
} as const;

function effective<Value extends z.ZodType>(value: Value, name: string) {
  return z
    .object({
      value: z.union([value, z.null()]).openapi({ description: "null: neither a text nor a known release tells" }),
      source: z.union([SourceSchema, z.null()]),
      recorded_at: z
        .union([Timestamp, z.null()])
        .openapi({ description: "When the text that shows it was taken; null for defaults" }),
      evidence_id: z.union([Id, z.null()]).openapi({ description: "The record that shows it" }),
      quote: Quote.nullable().openapi({ description: "The words that show it, or the source line of the default" }),
      note: Quote.optional().openapi({ description: "A rule of the release that decided, or a text that disagrees" }),
    })
    .openapi(name);
}

const EffectiveSize = effective(Size, "EffectiveSize");
const EffectiveManager = effective(ManagerSchema, "EffectiveManager");
const EffectiveLevel = effective(Level, "EffectiveLevel");
const EffectiveCount = effective(Count, "EffectiveCount");
const EffectiveBytes = effective(Bytes, "EffectiveBytes");
const EffectiveText = effective(Text, "EffectiveText");

export const EffectiveSettingsSchema = z
  .object({
    shm_size_mb: EffectiveSize,
    pkg_size_mb: EffectiveSize,
    shm_manager: EffectiveManager,
    pkg_manager: EffectiveManager,
    debug: EffectiveLevel,
    memlog: EffectiveLevel,
    memdbg: EffectiveLevel,
    mem_summary: EffectiveLevel,
    mem_join: EffectiveLevel,
    mem_safety: EffectiveLevel,
    mem_status_mode: EffectiveLevel,
    mem_add_size: EffectiveLevel,
    shm_force_alloc: EffectiveLevel,
    mlock_pages: EffectiveLevel,
    log_stderror: EffectiveLevel,
    fork: EffectiveLevel,
    children: EffectiveCount,
    socket_workers: EffectiveCount,
    tcp_children: EffectiveCount,
    async_workers: EffectiveCount,
    disable_tcp: EffectiveLevel,
    processes: EffectiveCount,
    config_file: EffectiveText,
    pid_file: EffectiveText,
    run_dir: EffectiveText,
    user: EffectiveText,
    group: EffectiveText,
    log_engine: EffectiveText,
    binary: EffectiveText,
    modules: effective(VALUES.modules, "EffectiveModules"),
    memory_limit_bytes: EffectiveBytes,
    oom_killed: EffectiveCount,
    service_manager: effective(ServiceManager, "EffectiveServiceManager"),
    service_name: EffectiveText,
    container: EffectiveText,
    ctl_socket: EffectiveText,
    jsonrpcs_transport: EffectiveCount,
    jsonrpcs_fifo: EffectiveText,
    jsonrpcs_url: EffectiveText,
  })
  .openapi("EffectiveSettings", {
    description:
      "The values in force by Kamailio's own precedence: running process, command line, what starts it, kamailio.cfg, build, release",
  });

/** What can be posted as JSON. `kamailio.cfg` has an endpoint of its own. */
export const SettingsInputSchema = z
  .object(
    Object.fromEntries(Object.entries(VALUES).map(([name, value]) => [name, z.union([value, z.null()]).optional()])) as {
      [Name in keyof typeof VALUES]: z.ZodOptional<z.ZodUnion<[(typeof VALUES)[Name], z.ZodNull]>>;
    },
  )
  .partial()
  .openapi("SettingsInput", { example: { shm_size_mb: 256, pkg_size_mb: 16, children: 8 } });

export const ReadSettingSchema = z
  .object({
    name: z.string().max(100),
    value: z.union([z.string().max(4096), z.number(), z.array(z.string().max(200)).max(1000)]),
    source: SourceSchema,
    quote: Quote,
  })
  .openapi("ReadSetting");

export const SettingsRecordSchema = z
  .object({
    id: Id,
    instance: InstanceName,
    recorded_at: Timestamp,
    last_seen_at: Timestamp,
    forms: z
      .array(z.string().max(100))
      .max(50)
      .openapi({ description: "The forms of text that were recognised", example: ["command_line"] }),
    settings: z.array(ReadSettingSchema).max(100).openapi({ description: "What this text shows" }),
    refused: z
      .array(z.object({ name: z.string().max(100), quote: Quote, reason: Quote }).openapi("RefusedSetting"))
      .max(100)
      .openapi({ description: "Options that the server does not start with" }),
    unknown: z.array(Quote).max(500),
    warnings: z.array(Quote).max(500),
    secrets_removed: z.number().int().min(0).max(1_000_000),
  })
  .openapi("SettingsRecord");

type Fits = EffectiveSettings extends z.input<typeof EffectiveSettingsSchema> ? true : never;
/** The compiler refuses this line when the reader's values and the contract part. */
export const SETTINGS_FIT_CONTRACT: Fits = true;

/** What a text showed, as a list. */
export function readingOnTheWire(
  reading: SettingsReading,
): Pick<z.infer<typeof SettingsRecordSchema>, "forms" | "settings" | "refused" | "unknown" | "warnings" | "secrets_removed"> {
  return {
    forms: reading.forms,
    settings: Object.entries(reading.values).map(([name, { value, source, quote }]) => ({ name, value, source, quote })),
    refused: reading.refused.map(({ name, quote, reason }) => ({ name, quote, reason })),
    unknown: reading.unknown,
    warnings: reading.warnings,
    secrets_removed: reading.secrets_removed,
  };
}
