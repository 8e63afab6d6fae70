/** The HTTP application: what happens to every request, and the resources. */
import { randomUUID } from "node:crypto";
import { serveAnalyses } from "./analyses.js";
import { type Api, newApi, type Services } from "./api.js";
import { authenticate } from "./auth.js";
import { serveBuildPlan } from "./build-plan.js";
import { serveBuilds } from "./builds.js";
import { serveConfigs } from "./configs.js";
import { serveDiagnosis } from "./diagnosis.js";
import { serveDocs } from "./docs.js";
import { serveDumps } from "./dumps/dumps.js";
import { Metrics, measure, serveHealth } from "./health.js";
import { serveHostMemory } from "./host-memory.js";
import { idempotency } from "./idempotency.js";
import { serveImports } from "./imports/imports.js";
import { serveInstances } from "./instances.js";
import { serveLogs } from "./logs.js";
import { ProblemError } from "./problem.js";
import { serveReadiness } from "./readiness.js";
import { serveReport } from "./report.js";
import { Router } from "./router.js";
import { serveRunbooks } from "./runbooks.js";
import { serveSettings } from "./settings.js";
import { serveTokens } from "./tokens.js";
import { serveUsage } from "./usage/usage.js";

export interface AppOptions extends Services {
  /** The package's version. */
  version: string;
  isStopping: () => boolean;
}

/** Answers are data and pages of this service alone: nothing guesses their type, frames them, or learns their address. */
const SECURITY_HEADERS = [
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Referrer-Policy", "no-referrer"],
] as const;

const REQUEST_ID = /^[\w.:@/+=-]{1,200}$/;

/** Everything that the service answers. */
export function createApp({ version, isStopping, ...services }: AppOptions): Api {
  const api = newApi();
  const metrics = new Metrics();
  const router = new Router();

  api.use(async function requestContext(c, next) {
    const given = c.req.header("X-Request-Id");
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
    c.set("requestId", requestId);
    c.set("services", services);
    c.set("log", services.log.child({ request_id: requestId }));
    // Before the handler: headers of a finished answer cost a copy of it.
    c.header("X-Request-Id", requestId);
    for (const [name, value] of SECURITY_HEADERS) c.header(name, value);
    await next();
  });
  api.use(measure(metrics));
  api.use(authenticate);
  api.use(idempotency);

  serveHealth(api, metrics, isStopping);
  serveDocs(api, version);
  serveInstances(api);
  serveBuilds(api);
  serveSettings(api);
  serveDumps(api);
  serveLogs(api);
  serveHostMemory(api);
  serveConfigs(api);
  serveReadiness(api);
  serveDiagnosis(api);
  serveReport(api);
  serveBuildPlan(api);
  serveUsage(api);
  serveImports(api);
  serveRunbooks(api);
  serveAnalyses(api);
  serveTokens(api);
  router.learn(api.routes);

  api.notFound((c) => router.missing(c.req.method, c.req.path).answer(c));
  api.onError((error, c) => {
    const problem = asProblem(error);
    if (problem.status >= 500) c.get("log").error({ err: error, path: c.req.path, code: problem.code }, "request failed");
    return problem.answer(c);
  });
  return api;
}

/** SQLite's ways to say that it cannot write now; the caller can do nothing but wait, the operator something. */
const STORE_TROUBLE: Record<string, { code: string; detail: string; hint: string }> = {
  SQLITE_FULL: {
    code: "disk_full",
    detail: "The service's disk is full; nothing was stored.",
    hint: "Free some space on the service's disk and send it again.",
  },
  SQLITE_BUSY: { code: "store_busy", detail: "The database is busy; nothing was stored.", hint: "Send it again in a moment." },
  SQLITE_IOERR: {
    code: "store_unavailable",
    detail: "The database cannot be written; nothing was stored.",
    hint: "The service's log says why.",
  },
  SQLITE_READONLY: {
    code: "store_unavailable",
    detail: "The database cannot be written; nothing was stored.",
    hint: "Check the owner and the mode of the service's database file.",
  },
};

function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const trouble = Object.entries(STORE_TROUBLE).find(([prefix]) => code.startsWith(prefix))?.[1];
  if (trouble !== undefined)
    return new ProblemError(503, trouble.code, { ...trouble, headers: { "Retry-After": "10" }, cause: error });
  return new ProblemError(500, "internal_error", {
    detail: "The service failed on this request; its log has the details under the request id.",
    hint: "Please report it with the request id.",
    cause: error,
  });
}
