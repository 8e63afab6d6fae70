/**
 * The review of a kamailio.cfg: what bears on memory, on watching it and on debugging it, with the line to write instead; how many processes it
 * starts; and the patch that puts it into memory-debugging mode and takes it back.
 *
 * Every rule is a function over the facts of the configuration and names its source. A rule that lacks a fact says nothing.
 */
import { coreParameter } from "../../kamailio/knowledge/core-parameters.js";
import { rpc } from "../commands/rpc.js";
import { ConfigFacts, type ConfigReviewInput } from "./facts.js";
import type { ConfigFinding, FindingSeverity } from "./finding.js";
import { type ConfigPatch, debugPatch } from "./patch/debug-patch.js";
import { estimateProcesses, type ProcessEstimate } from "./processes/process-estimate.js";
import { dnsCache } from "./rules/dns.js";
import { earlyParameters, lateShmSize, newerDirectives, newerForms } from "./rules/forms.js";
import {
  coreNames,
  ignoredShmSize,
  moduleNamesKnown,
  moduleParameters,
  readingWarnings,
  unknownStatements,
} from "./rules/known-names.js";
import { debugLevel, memdbgAgainstDebug, memJoin, memlogAgainstDebug, memSafety, memSummary } from "./rules/memory-log.js";
import {
  fixedAgainstPools,
  largePrivatePools,
  lockedMemory,
  poolsAgainstHost,
  printBuffers,
  processCount,
} from "./rules/pools.js";
import { openHttpRpc, openMiXmlrpc, openRpcSockets, rpcDoors, socketModes } from "./rules/rpc-exposure.js";
import { httpNeedsTcp, kamctlDoor, prometheus, rpcModules } from "./rules/rpc-modules.js";
import { dialogs, emptyTables, htables, pipes, queues, usrloc } from "./rules/tables.js";
import { connectionLimits, readBuffer, tcpConnections, tlsConnections, tlsThresholds } from "./rules/transports.js";

export type { ConfigReviewInput } from "./facts.js";
export type { ConfigFinding, FindingSeverity } from "./finding.js";
export type { ConfigPatch } from "./patch/debug-patch.js";
export type { ProcessEstimate, ProcessPart } from "./processes/process-estimate.js";

export interface ConfigReview {
  /** No finding is an error. */
  ok: boolean;
  /** The worst first, then by line. */
  findings: ConfigFinding[];
  process_estimate: ProcessEstimate;
  patch: ConfigPatch;
}

type Rule = (facts: ConfigFacts, estimate: ProcessEstimate) => ConfigFinding[];

const RULES: readonly Rule[] = [
  coreNames,
  ignoredShmSize,
  moduleNamesKnown,
  moduleParameters,
  newerDirectives,
  newerForms,
  lateShmSize,
  earlyParameters,
  unknownStatements,
  readingWarnings,
  memlogAgainstDebug,
  memdbgAgainstDebug,
  debugLevel,
  memSummary,
  memJoin,
  memSafety,
  rpcModules,
  kamctlDoor,
  prometheus,
  httpNeedsTcp,
  rpcDoors,
  openRpcSockets,
  openMiXmlrpc,
  openHttpRpc,
  socketModes,
  poolsAgainstHost,
  largePrivatePools,
  printBuffers,
  fixedAgainstPools,
  processCount,
  lockedMemory,
  tcpConnections,
  readBuffer,
  connectionLimits,
  tlsThresholds,
  tlsConnections,
  usrloc,
  htables,
  emptyTables,
  queues,
  pipes,
  dialogs,
  dnsCache,
];

/** A configuration has as many lines as somebody sends: more findings than these help nobody. */
const MAX_FINDINGS = 500;

const ORDER: Record<FindingSeverity, number> = { error: 0, warning: 1, info: 2 };

/** Reviews a configuration that was read; see `ConfigReviewInput` for what may be missing. */
export function reviewConfig(input: ConfigReviewInput): ConfigReview {
  const facts = new ConfigFacts(input);
  const estimate = estimateProcesses(facts);
  const findings = RULES.flatMap((rule) => rule(facts, estimate)).map((found) => ({
    ...found,
    runtime_command: runtimeCommand(facts, found),
  }));
  findings.sort((a, b) => ORDER[a.severity] - ORDER[b.severity] || (a.line ?? 0) - (b.line ?? 0));
  return {
    ok: !findings.some((found) => found.severity === "error"),
    findings: findings.slice(0, MAX_FINDINGS),
    process_estimate: estimate,
    patch: debugPatch(facts),
  };
}

/** `name=value` of a parameter that the cfg framework can change while the server runs. */
function runtimeCommand(facts: ConfigFacts, { write }: ConfigFinding): string | null {
  const line = /^(\w{1,60})=(-?\d{1,12})$/.exec(write ?? "");
  const runtime = coreParameter(line?.[1] ?? "")?.runtime;
  if (line === null || runtime === undefined || !facts.loaded("cfg_rpc") || facts.reach.door.kind === "closed") return null;
  return rpc(facts.reach, "cfg.set_now_int", ...runtime.split(" "), Number(line[2]));
}
