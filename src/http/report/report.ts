/** The bug report that the maintainers want: all that is recorded of an instance, redacted, in the form of Kamailio's template. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Reach } from "../../analysis/commands/reach.js";
import { diagnose } from "../../analysis/diagnosis/diagnose.js";
import { dumpSeries } from "../../analysis/facts/dump-series.js";
import { hostMemoryContext } from "../../analysis/facts/host-context.js";
import { knownIssuesIn } from "../../analysis/facts/known-issues.js";
import { judgeHostMemory } from "../../analysis/host-memory/host-memory.js";
import { judgeReadiness } from "../../analysis/readiness/readiness.js";
import { buildReport } from "../../analysis/report/build-report.js";
import type { ReportInput } from "../../analysis/report/input.js";
import type { Build } from "../../kamailio/binary/build.js";
import type { HostMemoryReading } from "../../kamailio/host-memory/reading.js";
import type { SettingsReading } from "../../kamailio/settings/settings.js";
import { recordedHistory } from "../../service/facts/history.js";
import { allIncidents } from "../../service/facts/incidents.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import { dumpsWithSites } from "../../service/facts/known-issues.js";
import { newestShmPeak } from "../../service/facts/shm-peak.js";
import type { Store } from "../../store/store.js";
import { toMarkdown, toPlainText } from "../../web/document.js";
import { reportDocument } from "../../web/report-document.js";
import { compareStored } from "../dump-comparison/dump-comparison.js";
import { existingInstance } from "../instances/instances.js";
import type { ApiEnv } from "../kernel/env.js";
import { InstanceParams } from "../kernel/fields.js";
import { JudgementQuery, judgementResponses } from "../kernel/judgement.js";
import { MEDIA_TYPES, preferredFormat } from "../kernel/negotiate.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { ReportSchema } from "./report-schema.js";

/** Records of each kind that are looked at, newest first. */
const RECORDS_READ = 50;

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
    const report = buildReport(await reportInput(c, instance));
    const format = preferredFormat(c, ["markdown", "json", "text"], query.format);
    const status = query.fail === "true" && !report.ok ? 422 : 200;
    c.header("Vary", "Accept");
    if (format === "json") return c.json(report, status);
    const document = reportDocument(report);
    const text = format === "markdown" ? toMarkdown(document) : toPlainText(document);
    return c.text(text, status, { "Content-Type": `${MEDIA_TYPES[format]}; charset=utf-8` });
  });
}

async function reportInput(c: Context<ApiEnv>, instance: string): Promise<ReportInput> {
  const { store, now, auth } = c.get("services");
  const at = now();
  const page = { after: null, limit: RECORDS_READ };
  const facts = await instanceFacts(store, instance);
  const [recorded, dumps, incidents, builds, settings_history, configs, host, [latest]] = await Promise.all([
    recordedHistory(store, facts, at),
    dumpsWithSites(store, instance),
    allIncidents(store, instance),
    store.records.list<Build>(instance, ["build", "running_build"], page),
    store.records.list<SettingsReading>(instance, ["settings"], page),
    store.records.list<{ main: string; modules: string[] }>(instance, ["config"], page),
    store.records.latest<HostMemoryReading>(instance, "host_memory"),
    store.usage.latest(instance, Number.MAX_SAFE_INTEGER, 1),
  ]);
  const { history } = recorded;
  const { reach } = history.facts;
  const diagnosis = diagnose(history, recorded.as_of, undefined, at);
  const context = hostMemoryContext(facts, await newestShmPeak(store, instance));
  return {
    ...facts,
    now: at,
    service: { instance_url: addressOf(c, instance), auth },
    build_text: await buildText(store, instance, facts),
    readiness: judgeReadiness(facts),
    diagnosis,
    history,
    latest: latest?.sample ?? null,
    dumps: dumps.sort((a, b) => b.stored.taken_at - a.stored.taken_at),
    comparisons: await comparisonsOf(store, instance, dumps, reach),
    incidents,
    builds,
    settings_history,
    configs,
    host_memory:
      host === null
        ? null
        : {
            ...host,
            judgement: judgeHostMemory(host.value, context),
          },
    known_issues: knownIssuesIn(facts, {
      dumps,
      incidents: incidents.map(({ incident }) => incident),
      usage: { processes: history.processes, diagnosis },
    }),
  };
}

/** Names that would give something away in a public report are left to the shell. */
function addressOf(c: Context<ApiEnv>, instance: string): string {
  const { origin, hostname } = new URL(c.req.url);
  const loopback = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
  if (!loopback || instance.includes(".")) return `"\${INSTANCE_URL:?address of the instance at Kamailio Assistant}"`;
  return `${origin}/v1/instances/${instance}`;
}

async function buildText(
  store: Store,
  instance: string,
  { build, running_build }: Awaited<ReturnType<typeof instanceFacts>>,
): Promise<string | null> {
  const id = (build ?? running_build)?.id;
  return id === undefined ? null : store.records.text(instance, ["build", "running_build"], id);
}

async function comparisonsOf(store: Store, instance: string, dumps: Awaited<ReturnType<typeof dumpsWithSites>>, reach: Reach) {
  const comparisons: ReportInput["comparisons"][number][] = [];
  for (const series of dumpSeries(dumps)) {
    const [newest] = series;
    if (newest === undefined || series.length < 2) continue;
    const oldestFirst = series.map(({ stored }) => stored).sort((a, b) => a.taken_at - b.taken_at || (a.id < b.id ? -1 : 1));
    const { comparison, labels } = await compareStored(store, instance, oldestFirst, reach);
    comparisons.push({ dump_ids: labels, process: newest.process, pid: newest.pid, comparison });
  }
  return comparisons;
}
