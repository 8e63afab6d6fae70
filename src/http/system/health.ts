/** Health for load balancers and supervisors, and the service's own metrics for Prometheus. */
import { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import type { ApiEnv } from "../kernel/env.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { ProblemError } from "../kernel/problem.js";

const StatusSchema = z.object({ status: z.enum(["ok"]) }).openapi("HealthStatus");

const getHealth = operation({
  operationId: "getHealth",
  method: "get",
  path: "/healthz",
  tags: ["Service"],
  summary: "Is the process alive?",
  description: "Answers without looking at anything else.",
  scope: "public",
  responses: { 200: { description: "It is", content: { "application/json": { schema: StatusSchema } } } },
});

const getReadiness = operation({
  operationId: "getServiceReadiness",
  method: "get",
  path: "/readyz",
  tags: ["Service"],
  summary: "Can it serve?",
  description: "The database can be written and the service is not stopping; else 503 with the reason in `code`.",
  scope: "public",
  responses: { 200: { description: "It can", content: { "application/json": { schema: StatusSchema } } } },
});

const getMetrics = operation({
  operationId: "getMetrics",
  method: "get",
  path: "/metrics",
  tags: ["Service"],
  summary: "The service's own metrics",
  description: "Prometheus text format. About this service, not about the Kamailio instances.",
  scope: "read",
  responses: { 200: { description: "The metrics", content: { "text/plain": { schema: z.string() } } } },
});

/** Seconds. An upload of a large dump takes minutes, most answers milliseconds. */
const DURATION_BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 60, 600];

/** Counts and times requests by operation; one a service. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = new Counter({
    name: "kamailio_assistant_http_requests_total",
    help: "Requests by route and status",
    labelNames: ["method", "route", "status"],
    registers: [this.registry],
  });
  readonly #duration = new Histogram({
    name: "kamailio_assistant_http_request_duration_seconds",
    help: "Time to the answer's head",
    labelNames: ["method", "route"],
    buckets: DURATION_BUCKETS,
    registers: [this.registry],
  });

  #hasDefaults = false;

  /** In Prometheus' text format. What Node says of itself is gathered from the first scrape on: it costs the start some milliseconds. */
  async text(): Promise<string> {
    if (!this.#hasDefaults) collectDefaultMetrics({ register: this.registry });
    this.#hasDefaults = true;
    return this.registry.metrics();
  }

  observe(method: string, route: string, status: number, seconds: number) {
    this.#requests.inc({ method, route, status });
    this.#duration.observe({ method, route }, seconds);
  }
}

export function serveHealth(api: Api, metrics: Metrics, isStopping: () => boolean) {
  handle(api, getHealth, (c) => c.json({ status: "ok" as const }, 200));
  handle(api, getReadiness, async (c) => {
    if (isStopping())
      throw new ProblemError(503, "stopping", { detail: "The service is stopping.", headers: { "Retry-After": "5" } });
    await c.get("services").store.ping();
    return c.json({ status: "ok" as const }, 200);
  });
  handle(api, getMetrics, async (c) => c.text(await metrics.text(), 200, { "Content-Type": metrics.registry.contentType }));
}

/** Counts a request under the declared path that it matched: hostile paths cannot multiply the labels. */
export const measure = (metrics: Metrics): MiddlewareHandler<ApiEnv> =>
  async function measureRequest(c, next) {
    const begin = performance.now();
    await next();
    const route = routePath(c, -1);
    metrics.observe(c.req.method, route.includes("*") ? "other" : route, c.res.status, (performance.now() - begin) / 1000);
  };
