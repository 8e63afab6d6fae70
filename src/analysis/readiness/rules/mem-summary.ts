/**
 * Readiness rule: does mem_summary let mem_dump_pkg print what is wanted? Bits: 1 pkg list, 2 shm list, 4 pkg sums, 8 shm sums, 16 header
 * lines alone. From 4.3.4 on mem_dump_pkg obeys it (pt.c:531,535@4.3.4); the default became 12 in 5.6.0 (cfg_core.c:113@5.6.0), which prints
 * the sums and hides the list of chunks. mem_dump_shm always prints the list (bit 16 aside) and never sums.
 */
import { factAt, PKG_DUMP } from "../../../kamailio/knowledge/releases.js";
import { rpc, setCore } from "../../commands/rpc.js";
import { askWith, atRuntime, type Check, type CheckStatus, isAssumed, named, nothing, settingEvidence } from "../check.js";
import { restartWithLines } from "../costly-fixes.js";
import { SUMMARY_BITS } from "../ways.js";
import type { Rule } from "./rule.js";

/** Lists and sums of both pools: right for every manager and for the releases whose signals mixed up the bits. */
const EVERYTHING = 15;

export const summaryShowsTheList: Rule = (s, ways): Check | null => {
  if (s.is_kamailio === false || s.cfg_framework === false) return null;
  const setting = s.settings.mem_summary;
  const base = { id: "mem_summary", title: "mem_summary lets a dump show the chunks and their sums" };
  const value = setting.value;
  if (value === null)
    return {
      ...base,
      status: "unknown",
      detail: "mem_summary is not recorded; its default is 3 up to 5.5 and 12 from 5.6.",
      evidence: null,
      fix: askWith(rpc(s.reach, "cfg.get", "core", "mem_summary")),
    };

  const obeys = factAt(PKG_DUMP, s.version)?.obeys_mem_summary ?? true;
  const short = (value & SUMMARY_BITS.short) !== 0;
  const list = (!obeys || (value & SUMMARY_BITS.pkg.status) !== 0) && !short;
  const sums = obeys && (value & SUMMARY_BITS.pkg.sums) !== 0;
  const lists = s.pools.pkg.reports?.lists ?? true;
  const status = statusOf({ list, sums, lists });
  if (status === "fail" && isAssumed(setting))
    return {
      ...base,
      status: "unknown",
      detail: `Not recorded; post kamailio.cfg. By default ${named("mem_summary", setting)}: ${meaning({ list, sums, lists, short, obeys })}`,
      evidence: null,
      fix: askWith(rpc(s.reach, "cfg.get", "core", "mem_summary")),
    };
  const fix =
    status === "pass"
      ? nothing()
      : ways.set_at_runtime === false
        ? restartWithLines(s, [`mem_summary=${EVERYTHING}`])
        : atRuntime([setCore(s.reach, "mem_summary", EVERYTHING)], {
            config_lines: [`mem_summary=${EVERYTHING}`],
            undo: [setCore(s.reach, "mem_summary", value)],
          });
  return {
    ...base,
    status,
    detail: `${named("mem_summary", setting)}: ${meaning({ list, sums, lists, short, obeys })}`,
    evidence: settingEvidence(setting),
    fix: !obeys && !short ? nothing() : fix,
  };
};

/** Sums are all that f_malloc and tlsf have; with q_malloc they are the smaller half. */
function statusOf(shown: { list: boolean; sums: boolean; lists: boolean }): CheckStatus {
  if (!shown.lists) return shown.sums ? "pass" : "fail";
  if (shown.list) return "pass";
  return shown.sums ? "warn" : "fail";
}

function meaning(shown: { list: boolean; sums: boolean; lists: boolean; short: boolean; obeys: boolean }): string {
  if (!shown.obeys)
    return shown.short
      ? "only the header lines of a status are printed (bit 16)."
      : "mem_dump_pkg of this release does not look at it and always prints the status, never the sums.";
  if (!shown.lists)
    return shown.sums
      ? "mem_dump_pkg prints the sums by allocation site; this manager has no list to show."
      : "mem_dump_pkg prints no sums (bit 4), and this manager has no list to show: no allocation site appears.";
  if (shown.list)
    return shown.sums ? "mem_dump_pkg prints the list of chunks and the sums." : "mem_dump_pkg prints the list of chunks.";
  if (shown.sums) return "mem_dump_pkg prints the sums by allocation site and hides the list of chunks (bit 1).";
  return "mem_dump_pkg prints neither the list of chunks (bit 1) nor the sums (bit 4).";
}
