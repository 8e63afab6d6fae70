/** The service's configuration: environment variables, each also a flag of `serve`, read once into one validated object. */
import ipaddr from "ipaddr.js";
import { z } from "zod";

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const days = (fallback: number) => z.coerce.number().int().min(1).max(36_500).default(fallback);

const list = z
  .string()
  .default("")
  .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ""));

const Environment = z.object({
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  DATABASE_URL: z.string().min(1).default("./data/assistant.db"),
  LOG_LEVEL: z.enum(LOG_LEVELS).default("info"),
  RETENTION_RAW_DAYS: days(14),
  RETENTION_ROLLUP_DAYS: days(730),
  OUTGOING_ALLOW: list,
  ALLOWED_HOSTS: list,
  UPLOAD_IDLE_S: z.coerce.number().min(1).max(3600).default(30),
  UPLOAD_MIN_RATE: z.coerce.number().int().min(0).max(1_000_000).default(200),
  AUTH: z.enum(["none", "token"]).optional(),
});

export interface Config {
  host: string;
  port: number;
  database_url: string;
  log_level: (typeof LOG_LEVELS)[number];
  retention_raw_days: number;
  retention_rollup_days: number;
  /** Hosts, addresses and networks that the service may call although they are private. */
  outgoing_allow: string[];
  /** Names beside loopback that a request's `Host` may carry with `AUTH=none`. */
  allowed_hosts: string[];
  /** Seconds in which a body must go on, and bytes a second that it must have. */
  upload_idle_s: number;
  upload_min_rate: number;
  auth: "none" | "token";
}

/** What is wrong with the configuration, a line each, for the person who starts the service. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** Names of the settings, as environment variables. */
export const CONFIG_NAMES = Object.keys(Environment.shape) as (keyof typeof Environment.shape)[];

/**
 * Reads the configuration. Empty variables count as unset. Without `AUTH`, a loopback address needs no tokens and every other one does.
 *
 * @throws ConfigError naming each bad variable, or `AUTH=none` on an address that others can reach
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(CONFIG_NAMES.map((name) => [name, environment[name] || undefined]));
  const parsed = Environment.safeParse(given);
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("\n"));
  const { HOST: host, AUTH } = parsed.data;
  const auth = AUTH ?? (isLoopback(host) ? "none" : "token");
  if (auth === "none" && !isLoopback(host))
    throw new ConfigError(
      `AUTH: "none" is for loopback addresses only, and HOST is ${host}; set AUTH=token and make a token with: kamailio-assistant token create`,
    );
  return {
    host,
    port: parsed.data.PORT,
    database_url: parsed.data.DATABASE_URL,
    log_level: parsed.data.LOG_LEVEL,
    retention_raw_days: parsed.data.RETENTION_RAW_DAYS,
    retention_rollup_days: parsed.data.RETENTION_ROLLUP_DAYS,
    outgoing_allow: parsed.data.OUTGOING_ALLOW,
    allowed_hosts: parsed.data.ALLOWED_HOSTS,
    upload_idle_s: parsed.data.UPLOAD_IDLE_S,
    upload_min_rate: parsed.data.UPLOAD_MIN_RATE,
    auth,
  };
}

function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === "loopback";
}
