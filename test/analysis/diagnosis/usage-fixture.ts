/** Real usage recorded from running servers, two seconds apart, and the same stretched to days. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { UsageSample } from "../../../src/kamailio/sample.js";

export function incidentUsage(name: string): UsageSample[] {
  const path = new URL(`../../fixtures/incidents/${name}/usage.ndjson.gz`, import.meta.url);
  return gunzipSync(readFileSync(path))
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as UsageSample);
}

/** Moves the samples apart so that they span this many days. */
export function stretched(samples: readonly UsageSample[], days: number): UsageSample[] {
  const first = Date.parse(samples[0]?.at ?? "");
  const span = Date.parse(samples.at(-1)?.at ?? "") - first;
  const factor = (days * 86_400_000) / span;
  return samples.map((sample) => ({
    ...sample,
    at: new Date(first + (Date.parse(sample.at ?? "") - first) * factor).toISOString(),
    uptime: sample.uptime === null ? null : sample.uptime * factor,
  }));
}

export function lastTime(samples: readonly UsageSample[]): number {
  return Date.parse(samples.at(-1)?.at ?? "");
}
