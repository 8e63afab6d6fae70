/** Short ways to analyse texts and fixtures. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { createAnalyser } from "../../../src/analysis/analyses/analyser.js";
import type { Analysis } from "../../../src/analysis/analyses/analysis.js";

export const NOW = Date.parse("2026-11-23T12:00:00Z");

export function fixture(name: string): Buffer {
  const bytes = readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
  return name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** Analyses texts by name; those that are larger than `chunk` in pieces. */
export async function analyse(texts: Record<string, string | Buffer>, { chunk = 65_536, sites = 1000 } = {}): Promise<Analysis> {
  const analyser = createAnalyser({ now: NOW, sites });
  for (const [name, text] of Object.entries(texts)) {
    await analyser.begin(name);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += chunk) await analyser.push(Buffer.from(bytes.subarray(at, at + chunk)));
  }
  return analyser.end();
}

/** Analyses fixtures, each under the last part of its path. */
export function analyseFixtures(...names: string[]): Promise<Analysis> {
  return analyse(Object.fromEntries(names.map((name) => [name.slice(name.lastIndexOf("/") + 1), fixture(name)])));
}
