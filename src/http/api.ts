/**
 * How an operation of the API is declared: once, with the schemas that validate, type and document it, and the scope that it needs.
 */
import { OpenAPIHono, type RouteConfig, type RouteHandler, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Logger } from "pino";
import type { Store } from "../store/store.js";
import type { Scope } from "../store/tokens.js";
import { authorize, type Caller } from "./auth.js";
import type { BodyHash } from "./body.js";
import type { ImportRunner } from "./imports/runner.js";
import type { OutgoingClient } from "./outgoing/outgoing.js";
import { Problem, ProblemError, type ProblemStatus, validationProblem } from "./problem.js";

/** What a handler can reach beside its request. */
export interface Services {
  store: Store;
  log: Logger;
  /** Epoch ms. */
  now: () => number;
  auth: "none" | "token";
  /** Calls servers that callers name. */
  outgoing: OutgoingClient;
  imports: ImportRunner;
}

export interface ApiEnv {
  Variables: { requestId: string; log: Logger; caller: Caller; services: Services; bodyHash?: BodyHash };
}

export type Api = OpenAPIHono<ApiEnv>;

/** An operation: a route of zod-openapi with a mandatory name, texts, tag and scope. `body` is read by the handler (`body.ts`), as a stream. */
export type OperationConfig = Omit<RouteConfig, "request" | "middleware" | "hide"> & {
  operationId: string;
  summary: string;
  description: string;
  tags: [string];
  /** `public`: no token is asked for. */
  scope: Scope | "public";
  request?: Pick<NonNullable<RouteConfig["request"]>, "params" | "query" | "headers">;
  body?: NonNullable<NonNullable<RouteConfig["request"]>["body"]>;
  /** The 4xx that this operation answers beside those that every one can. */
  problems?: ProblemStatus[];
};

/** Keeps the literal types of the configuration for the handler's types. */
export function operation<const Config extends OperationConfig>(config: Config): Config {
  return config;
}

/** A new empty API whose validation faults become problem details. */
export function newApi(): Api {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw validationProblem(result.error, result.target);
    },
  });
}

/** Serves an operation and puts it into the OpenAPI document. */
export function handle<const Config extends OperationConfig>(
  api: Api,
  config: Config,
  handler: RouteHandler<Config, ApiEnv>,
): void {
  const { scope, body, problems = [], ...route } = config;
  const isPublic = scope === "public";
  const statuses = new Set<ProblemStatus>([400, 406, ...(isPublic ? [] : ([401, 403] as const)), ...problems, 429, 503]);
  api.openAPIRegistry.registerPath({
    ...route,
    request: { ...route.request, ...(body === undefined ? {} : { body }) },
    responses: {
      ...route.responses,
      ...Object.fromEntries([...statuses].sort().map((status) => [status, problemResponse(status)])),
    },
    ...(isPublic ? { security: [] } : { security: [{ bearer: [] }] }),
    "x-required-scope": scope,
  } as RouteConfig);
  const path = route.path.replaceAll(/\/\{(.+?)\}/g, "/:$1");
  if (!isPublic) api.on(route.method.toUpperCase(), path, authorize(scope));
  api.openapi({ ...config, hide: true } as Config & { hide: true }, handler as never);
}

const PROBLEM_DESCRIPTIONS: Record<ProblemStatus, string> = {
  400: "The request is malformed; `errors` says where.",
  401: "No valid token was sent.",
  403: "The token lacks the scope.",
  404: "There is no such thing; the hint has near names.",
  405: "The path exists, but not with this method.",
  406: "None of the media types in `Accept` can be given.",
  409: "The request conflicts with one that is under way.",
  412: "`If-Match` names another state than the current one.",
  413: "The body is over the limit.",
  415: "The body's media type or encoding is not read here.",
  422: "Understood, but not what this endpoint reads; the hint says where it belongs. Or `fail=true` and the judgement is not ok.",
  429: "Too many requests; `Retry-After` says when to come back.",
  500: "A fault of the service.",
  503: "The service cannot answer now (full disk, busy, shutting down).",
};

function problemResponse(status: ProblemStatus) {
  return { description: PROBLEM_DESCRIPTIONS[status], content: { "application/problem+json": { schema: Problem } } };
}

/** Path parameter `{instance}`: the caller's own name for a server. */
export const InstanceName = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/,
    "a name has lower-case letters, digits, dots, dashes and underscores, and begins and ends with a letter or digit",
  )
  .openapi("InstanceName", { description: "The caller's own name for a Kamailio server", example: "sip1" });

export const InstanceParams = z.object({ instance: InstanceName.openapi({ param: { name: "instance", in: "path" } }) });

/** Id of a recorded thing. */
export const Id = z.string().min(1).max(64).openapi("Id", { example: "019aaf1e-0b7e-7d0c-8f0a-3f2b8f0f5a11" });

export const InstanceAndIdParams = InstanceParams.extend({ id: Id.openapi({ param: { name: "id", in: "path" } }) });

/** A time on the wire. */
export const Timestamp = z.iso
  .datetime()
  .openapi("Timestamp", { description: "RFC 3339, UTC", example: "2026-11-23T08:15:30.000Z" });

/** Epoch ms as a time on the wire. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** A byte count that JavaScript and every client can hold. */
export const Bytes = z
  .number()
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .openapi("Bytes", { description: "Bytes", example: 67108864 });

/** A size in MB of 1,048,576 bytes, as `-m` and `-M` count; the bound is that of `-m` (16 TB). */
export const SizeMb = z
  .number()
  .int()
  .min(0)
  .max(16_777_216)
  .openapi("SizeMb", { description: "MB of 1,048,576 bytes, as -m and -M count", example: 64 });

/** The 404 that says how to make the instance and which names are near. */
export function instanceNotFound(c: Context<ApiEnv>, name: string, near: string[]): ProblemError {
  return new ProblemError(404, "instance_not_found", {
    detail: `There is no instance "${name}".${near.length > 0 ? ` Near names: ${near.join(", ")}.` : ""}`,
    hint: `Make it with: curl -X PUT ${new URL(c.req.url).origin}/v1/instances/${name} (or post with ?create=true)`,
  });
}
