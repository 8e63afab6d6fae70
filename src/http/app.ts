/** The HTTP application: what happens to every request, and the resources. */
import { randomUUID } from "node:crypto";
import type { Services } from "../service/services.js";
import { StoreError } from "../store/errors.js";
import { serveAnalyses } from "./analyses/analyses.js";
import { serveBuildPlan } from "./build-plan/build-plan.js";
import { serveBuilds } from "./builds/builds.js";
import { serveCapacity } from "./capacity/capacity.js";
import { serveChangeEffects } from "./change-effects/change-effects.js";
import { serveConfigs } from "./configs/configs.js";
import { serveDiagnosis } from "./diagnosis/diagnosis.js";
import { serveDumps } from "./dumps/dumps.js";
import { serveHostMemory } from "./host-memory/host-memory.js";
import { serveImports } from "./imports/imports.js";
import { serveInstances } from "./instances/instances.js";
import { authenticate } from "./kernel/auth.js";
import { idempotency } from "./kernel/idempotency.js";
import { DEFAULT_LIMITS, type Limits } from "./kernel/limits.js";
import { type Api, newApi } from "./kernel/operation.js";
import { keepPagesOut } from "./kernel/origin.js";
import { ProblemError } from "./kernel/problem.js";
import { Router } from "./kernel/router.js";
import { storeProblem } from "./kernel/store-problem.js";
import { closeUnread } from "./kernel/unread.js";
import { serveLogs } from "./logs/logs.js";
import { serveMarks } from "./marks/marks.js";
import { serveReadiness } from "./readiness/readiness.js";
import { serveReport } from "./report/report.js";
import { serveRunbooks } from "./runbooks/runbooks.js";
import { serveSettings } from "./settings/settings.js";
import { serveSizing } from "./sizing/sizing.js";
import { serveDocs } from "./system/docs.js";
import { Metrics, measure, serveHealth } from "./system/health.js";
import { serveTokens } from "./tokens/tokens.js";
import { serveUsage } from "./usage/usage.js";

export interface AppOptions extends Services {
  /** The package's version. */
  version: string;
  /** `ALLOWED_HOSTS`. */
  allowed_hosts?: readonly string[];
  limits?: Limits;
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
export function createApp({ version, isStopping, allowed_hosts = [], limits = DEFAULT_LIMITS, ...services }: AppOptions): Api {
  const api = newApi();
  const metrics = new Metrics();
  const router = new Router();

  api.use(async function requestContext(c, next) {
    const given = c.req.header("X-Request-Id");
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
    c.set("requestId", requestId);
    c.set("services", services);
    c.set("limits", limits);
    c.set("log", services.log.child({ request_id: requestId }));
    // Before the handler: headers of a finished answer cost a copy of it.
    c.header("X-Request-Id", requestId);
    for (const [name, value] of SECURITY_HEADERS) c.header(name, value);
    await next();
  });
  api.use(closeUnread);
  api.use(measure(metrics));
  if (services.auth === "none") api.use(keepPagesOut(allowed_hosts));
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
  serveSizing(api);
  serveCapacity(api);
  serveMarks(api);
  serveChangeEffects(api);
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

function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof StoreError) return storeProblem(error);
  return new ProblemError(500, "internal_error", {
    detail: "The service failed on this request; its log has the details under the request id.",
    hint: "Please report it with the request id.",
    cause: error,
  });
}
