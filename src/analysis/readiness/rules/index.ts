/** All readiness rules, in the order in which a person should read their checks. */
import {
  countersCanBeTrusted,
  doubleFreeIsSurvived,
  freeNeighboursAreJoined,
  joiningIsCompiledIn,
} from "./allocator-behaviour.js";
import { debugIsCompiledIn } from "./debug-build.js";
import { requestedDumpIsVisible, shutdownDumpIsVisible } from "./dump-levels.js";
import { gdbCanWalk } from "./gdb-walk.js";
import { logDestination, logKeepsUp } from "./log.js";
import { pkgManagerLists, shmManagerLists } from "./manager.js";
import { summaryShowsTheList } from "./mem-summary.js";
import { cfgRpcIsLoaded, corexIsLoaded, kexIsLoaded, rpcTransport } from "./modules.js";
import { pkgDumpOnRequest, sigusr1DumpsWorkers } from "./pkg-dump.js";
import { pkgHasItsOwnManager } from "./pkg-malloc.js";
import { productIsKnown, versionOptionStartsServer } from "./product.js";
import type { Rule } from "./rule.js";
import { runningIsRecorded } from "./running-build.js";
import { shmDumpOnRequest } from "./shm-dump.js";
import { modStatsPkgIsOfTheRpcProcess, siteStatisticsAnswer } from "./site-statistics.js";
import { pkgUsageIsReadable, shmUsageIsReadable } from "./usage-rpc.js";

export const RULES: readonly Rule[] = [
  productIsKnown,
  versionOptionStartsServer,
  runningIsRecorded,
  debugIsCompiledIn,
  shmManagerLists,
  pkgManagerLists,
  pkgHasItsOwnManager,
  rpcTransport,
  cfgRpcIsLoaded,
  requestedDumpIsVisible,
  summaryShowsTheList,
  shmDumpOnRequest,
  pkgDumpOnRequest,
  shutdownDumpIsVisible,
  sigusr1DumpsWorkers,
  kexIsLoaded,
  corexIsLoaded,
  siteStatisticsAnswer,
  modStatsPkgIsOfTheRpcProcess,
  shmUsageIsReadable,
  pkgUsageIsReadable,
  gdbCanWalk,
  logDestination,
  logKeepsUp,
  countersCanBeTrusted,
  freeNeighboursAreJoined,
  joiningIsCompiledIn,
  doubleFreeIsSurvived,
];
