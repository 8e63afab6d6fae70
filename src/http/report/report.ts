/** The bug report that the maintainers want: all that is recorded of an instance, redacted, in the form of Kamailio's template. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { buildReport } from "../../analysis/report/build-report.js";
import { reportInput } from "../../service/facts/report-input.js";
import { toMarkdown, toPlainText } from "../../web/document.js";
import { reportDocument } from "../../web/report-document.js";
import { existingInstance } from "../instances/instances.js";
import type { ApiEnv } from "../kernel/env.js";
import { InstanceParams } from "../kernel/fields.js";
import { JudgementQuery, judgementResponses } from "../kernel/judgement.js";
import { MEDIA_TYPES, preferredFormat } from "../kernel/negotiate.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { ReportSchema } from "./report-schema.js";

const getReport = operation({
  operationId: "getReport",
  method: "get",
  path: "/v1/instances/{instance}/report",
  tags: ["Judgements"],
  summary: "The bug report that the maintainers want, redacted",
  description:
    "Markdown in the form of Kamailio's bug_report.md unless `application/json` or `text/plain` is asked for; under 60 KB whatever is recorded. Answers what maintainers ask first (version, pool, sizes, log lines with pids, debugging, counters over time, dumps by site, load, quiet behaviour, what changed); what is missing comes with the command that gets it. Addresses, host names and users are replaced by tokens. `ok`: the questions without which nobody can help are answered.",
  scope: "read",
  request: { params: InstanceParams, query: z.object(JudgementQuery) },
  responses: judgementResponses(ReportSchema, "The report"),
  problems: [404],
});

export function serveReport(api: Api) {
  handle(api, getReport, async (c) => {
    const { instance } = c.req.valid("param");
    const query = c.req.valid("query");
    await existingInstance(c, instance);
    const { store, now, auth } = c.get("services");
    const report = buildReport(await reportInput(store, instance, now(), { instance_url: addressOf(c, instance), auth }));
    const format = preferredFormat(c, ["markdown", "json", "text"], query.format);
    const status = query.fail === "true" && !report.ok ? 422 : 200;
    c.header("Vary", "Accept");
    if (format === "json") return c.json(report, status);
    const document = reportDocument(report);
    const text = format === "markdown" ? toMarkdown(document) : toPlainText(document);
    return c.text(text, status, { "Content-Type": `${MEDIA_TYPES[format]}; charset=utf-8` });
  });
}

/** Names that would give something away in a public report are left to the shell. */
function addressOf(c: Context<ApiEnv>, instance: string): string {
  const { origin, hostname } = new URL(c.req.url);
  const loopback = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
  if (!loopback || instance.includes(".")) return `"\${INSTANCE_URL:?address of the instance at Kamailio Assistant}"`;
  return `${origin}/v1/instances/${instance}`;
}
