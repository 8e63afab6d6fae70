/** Readiness rule: does the process that runs come from the binary that is recorded? After an upgrade without a restart it does not. */
import type { Build } from "../../../kamailio/binary/build.js";
import { rpc } from "../../commands/rpc.js";
import { restartCommands } from "../../commands/service.js";
import { askWith, type Check, nothing } from "../check.js";
import { sameFlags } from "../situation.js";
import type { Rule } from "./rule.js";

export const runningIsRecorded: Rule = (s): Check | null => {
  const base = { id: "running_build", title: "The process that runs is the binary that is recorded" };
  if (s.judged === null || s.is_kamailio === false) return null;
  if (s.running === null)
    return {
      ...base,
      status: "unknown",
      detail:
        "Only the binary on disk is recorded. After an upgrade without a restart the process still runs the old one: core.info says what runs.",
      evidence: null,
      fix: askWith(rpc(s.reach, "core.info")),
    };
  const evidence = { kind: "build" as const, id: s.running.id, quote: s.running.value.version?.text ?? null };
  if (s.build === null)
    return {
      ...base,
      status: "pass",
      detail: "The running process itself is recorded; the binary on disk is not.",
      evidence,
      fix: nothing(),
    };

  const differences = differencesOf(s.build.value, s.running.value);
  if (differences.length === 0)
    return {
      ...base,
      status: "pass",
      detail: "The running process shows the version and the flags of the recorded binary.",
      evidence,
      fix: nothing(),
    };
  return {
    ...base,
    status: "warn",
    detail: `The running process is not the recorded binary: ${differences.join("; ")}. The running process is judged; a restart brings in the binary on disk.`,
    evidence,
    fix: { action: "restart", commands: restartCommands(s.reach), config_lines: [], undo: [] },
  };
};

function differencesOf(onDisk: Build, running: Build): string[] {
  const found: string[] = [];
  if (onDisk.version !== null && running.version !== null && onDisk.version.text !== running.version.text)
    found.push(`${running.version.text} runs, ${onDisk.version.text} is on disk`);
  if (sameFlags(onDisk, running) === false) {
    const has = (build: Build) => new Set(build.flags ?? []);
    const [disk, live] = [has(onDisk), has(running)];
    const only = (these: Set<string>, those: Set<string>) => [...these].filter((flag) => !those.has(flag)).slice(0, 12);
    const [gone, gained] = [only(live, disk), only(disk, live)];
    if (gone.length > 0) found.push(`only the running one has ${gone.join(", ")}`);
    if (gained.length > 0) found.push(`only the one on disk has ${gained.join(", ")}`);
  }
  return found;
}
