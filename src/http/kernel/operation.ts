/**
 * How an operation of the API is declared: once, with the schemas that validate, type and document it, and the scope that it needs.
 */
import { OpenAPIHono, type RouteConfig, type RouteHandler } from "@hono/zod-openapi";
import type { Scope } from "../../store/tokens.js";
import { authorize } from "./auth.js";
import { withinBinding } from "./binding.js";
import type { ApiEnv } from "./env.js";
import { refuseUnknownParameters } from "./known-parameters.js";
import { Problem, type ProblemStatus, validationProblem } from "./problem.js";

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
  const statuses = new Set<ProblemStatus>([
    400,
    406,
    ...(isPublic ? [] : ([401, 403] as const)),
    ...(body === undefined ? [] : ([408, 413, 415] as const)),
    // An Idempotency-Key that is in use, or came with another request.
    ...(route.method === "post" ? ([409, 422] as const) : []),
    ...problems,
    421,
    429,
    500,
    503,
  ]);
  api.openAPIRegistry.registerPath({
    ...route,
    request: { ...route.request, ...(body === undefined ? {} : { body }) },
    responses: {
      ...route.responses,
      ...Object.fromEntries([...statuses].sort().map((status) => [status, problemResponse(status, route.responses[status])])),
    },
    ...(isPublic ? { security: [] } : { security: [{ bearer: [] }] }),
    "x-required-scope": scope,
  } as RouteConfig);
  const path = route.path.replaceAll(/\/\{(.+?)\}/g, "/:$1");
  if (!isPublic) api.on(route.method.toUpperCase(), path, authorize(scope));
  if (route.path.includes("/{instance}")) api.on(route.method.toUpperCase(), path, withinBinding);
  api.on(route.method.toUpperCase(), path, refuseUnknownParameters(route.request?.query));
  api.openapi({ ...config, hide: true } as Config & { hide: true }, handler as never);
}

const PROBLEM_DESCRIPTIONS: Record<ProblemStatus, string> = {
  400: "The request is malformed; `errors` says where.",
  401: "No valid token was sent.",
  403: "The token lacks the scope.",
  404: "There is no such thing; the hint has near names.",
  405: "The path exists, but not with this method.",
  406: "None of the media types in `Accept` can be given.",
  408: "The body came too slowly; nothing of it was kept.",
  409: "The request conflicts with one that is under way.",
  412: "`If-Match` names another state than the current one.",
  413: "The body is over the limit.",
  415: "The body's media type or encoding is not read here.",
  421: "With AUTH=none: the request names a host that is neither loopback nor in ALLOWED_HOSTS.",
  422: "Understood, but not what this endpoint reads; the hint says where it belongs. Or `fail=true` and the judgement is not ok.",
  429: "Too many requests; `Retry-After` says when to come back.",
  500: "A fault of the service.",
  503: "The service cannot answer now (full disk, busy, shutting down).",
};

/** @param declared what the operation itself answers under this status: a judgement that is not ok is 422, too */
function problemResponse(status: ProblemStatus, declared: RouteConfig["responses"][string] | undefined) {
  const content = declared !== undefined && "content" in declared ? declared.content : {};
  return {
    description: PROBLEM_DESCRIPTIONS[status],
    content: { ...content, "application/problem+json": { schema: Problem } },
  };
}
