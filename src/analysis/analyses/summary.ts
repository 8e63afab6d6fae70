/** Puts into a few sentences what an analysis found, what matters most first. */
import type { PoolDiagnosis } from "../diagnosis/diagnosis.js";
import type { Analysis } from "./analysis.js";

/** More sentences than these are a report. */
const MAX_SENTENCES = 5;

type Found = Omit<Analysis, "summary">;

/** @param limits what is wrong with the memory limit of the container or unit */
export function summarize(found: Found, limits: readonly string[]): string {
  const sentences = [
    ...now(found),
    ...incidents(found),
    ...(found.comparison !== null && !found.comparison.ok ? [found.comparison.summary] : []),
    ...knownIssue(found),
    ...(found.usage === null
      ? []
      : found.usage.diagnosis.pools
          .filter((pool) => pool.severity !== "info" && !isUrgent(pool))
          .map(({ summary }) => `${summary}.`)),
    ...limits.map((trouble) => `${trouble.charAt(0).toUpperCase()}${trouble.slice(1)}.`),
    ...(found.host_memory === null ? [] : [found.host_memory.summary]),
    ...config(found),
    ...(found.readiness === null ? [] : [found.readiness.summary]),
    ...dumps(found),
    ...(found.comparison?.ok ? [found.comparison.summary] : []),
    ...(found.usage?.diagnosis.ok ? [`${found.usage.diagnosis.pools.map(({ summary }) => summary).join("; ")}.`] : []),
    ...nothingWrong(found),
  ];
  const shown = sentences.slice(0, MAX_SENTENCES);
  if (shown.length > 0) return shown.join(" ");
  const [first] = found.unrecognised;
  if (found.recognised.length > 0) return settings(found);
  if (first === undefined) return "There was nothing to read.";
  return `Nothing was read: this looks like ${first.title}${first.reason === null ? "" : ` (${first.reason})`}.`;
}

/** What is wrong at this moment stands above everything that the texts prove of the past. */
function now({ usage }: Found): string[] {
  return (usage?.diagnosis.pools ?? []).filter(isUrgent).map(({ summary }) => `${summary}.`);
}

function isUrgent({ full_now, stuck_now }: PoolDiagnosis): boolean {
  return full_now !== null || stuck_now !== null;
}

/** Texts that nothing can be judged from: what they say. */
function settings({ settings: read, recognised }: Found): string {
  const { shm_size_mb: shm, pkg_size_mb: pkg } = read?.values ?? {};
  const options = [
    ...(shm?.value == null ? [] : [`-m ${shm.value} (${shm.source?.replaceAll("_", " ")})`]),
    ...(pkg?.value == null ? [] : [`-M ${pkg.value} (${pkg.source?.replaceAll("_", " ")})`]),
  ];
  const what = recognised.map(({ title }) => title).slice(0, 3);
  return `Read: ${what.join("; ")}${options.length === 0 ? "" : `. It is started with ${options.join(" and ")}`}.`;
}

function incidents({ incidents: all }: Found): string[] {
  const [worst] = all;
  if (worst === undefined) return [];
  const where = worst.pool === null ? "" : ` of ${worst.pool}`;
  const times = worst.count > 1 ? `, ${worst.count} times` : "";
  const more = all.length > 1 ? `; ${all.length - 1} more kinds of incident` : "";
  return [`The log proves ${worst.kind.replaceAll("_", " ")}${where}${times}${more}: ${worst.explanation}`];
}

/** One that was seen: those of the release alone are no news. */
function knownIssue({ known_issues: [surest] }: Found): string[] {
  if (surest?.certainty !== "likely") return [];
  const upgrade = surest.upgrade_to === null ? "" : `; fixed in ${surest.upgrade_to}`;
  return [`It fits the known bug ${surest.id}, ${surest.title}${upgrade}.`];
}

function dumps({ dumps: all }: Found): string[] {
  if (all.length === 0) return [];
  const incomplete = all.filter(({ complete }) => !complete).length;
  const [first] = all;
  const [top] = first?.sites ?? [];
  const largest =
    all.length === 1 && top !== undefined
      ? `; the most was allocated by ${[top.module, top.function].filter((part) => part !== null).join(": ")} (${top.bytes} bytes)`
      : "";
  return [
    `${all.length} ${all.length === 1 ? "dump" : "dumps"}${incomplete > 0 ? `, ${incomplete} of them incomplete` : ""}${largest}.`,
  ];
}

function config({ config: review }: Found): string[] {
  if (review === null) return [];
  const errors = review.findings.filter(({ severity }) => severity === "error").length;
  const warnings = review.findings.filter(({ severity }) => severity === "warning").length;
  return [`The configuration has ${errors} errors and ${warnings} warnings about memory.`];
}

function nothingWrong({ recognised, incidents: all, dumps: found }: Found): string[] {
  const logs = recognised.filter(({ parts }) => parts.includes("log"));
  if (logs.length === 0 || all.length > 0 || found.length > 0) return [];
  return [`No incident of memory in ${logs.reduce((sum, { lines }) => sum + lines, 0)} lines of log.`];
}
