/** Short ways to judge an instance and to look at one check. */
import type { Check } from "../../src/analysis/readiness/check.js";
import { judgeReadiness, type Readiness } from "../../src/analysis/readiness/readiness.js";
import type { BuildRecord, RuntimeFacts } from "../../src/analysis/readiness/situation.js";
import type { Build } from "../../src/kamailio/binary/build.js";
import type { EffectiveSettings } from "../../src/kamailio/settings/settings.js";
import { buildOf } from "./build-text.js";
import { settingsWith } from "./effective-settings.js";

/** The words about memory of a release build, with debugging and without. */
export const DEBUG = ["PKG_MALLOC", "Q_MALLOC", "F_MALLOC", "TLSF_MALLOC", "DBG_SR_MEMORY"];
export const NO_DEBUG = DEBUG.slice(0, -1);
export const STOCK_MODULES = ["tm", "sl", "ctl", "cfg_rpc", "kex", "corex"];

export function record(value: Build, id = "bld_1"): BuildRecord {
  return { id, recorded_at: "2026-01-02T03:04:05.000Z", value };
}

type Named = Parameters<typeof settingsWith>[0];

/** 4.4 and later: the flags name the choice; `settings` are what a text shows, the rest are the release's defaults. */
export function judgeRelease(
  version: string,
  settings: Named = {},
  more: { memory?: string[]; running?: BuildRecord | null; runtime?: RuntimeFacts; architecture?: string } = {},
): Readiness {
  const build = buildOf({
    version,
    memory: more.memory ?? DEBUG,
    ...(more.architecture ? { architecture: more.architecture } : {}),
  });
  return judge(record(build), settingsWith(settings, version), more.running ?? null, more.runtime);
}

export function judge(
  build: BuildRecord | null,
  settings: EffectiveSettings,
  running: BuildRecord | null = null,
  runtime: RuntimeFacts = {},
): Readiness {
  return judgeReadiness({ instance: "sip1", build, running_build: running, settings, runtime });
}

export function checkOf(readiness: Readiness, id: string): Check {
  const check = readiness.checks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`no check ${id} among ${readiness.checks.map((one) => one.id).join(", ")}`);
  return check;
}
