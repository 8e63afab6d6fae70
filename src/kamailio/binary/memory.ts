/**
 * What the flags say about memory: which managers are compiled in, which one runs by default, whether chunks know who allocated them
 * (facts: `Compile flags:` up to 4.3 has DBG_QM_MALLOC and DBG_F_MALLOC, from 4.4 on DBG_SR_MEMORY), and with which make variables
 * such a binary is built. Three-valued: what a cut list or an unknown release does not show is `null`.
 */
import {
  COMPILED_IN_MANAGER,
  DEBUG_EVIDENCE,
  DEFAULT_MANAGER,
  factAt,
  isOlderThanFacts,
  JOIN_FREE_PRINTED,
  rowAt,
} from "../knowledge/releases.js";
import type { Manager } from "../pool.js";
import { compareVersions, isPreRelease, readVersion, type Version } from "../version.js";
import type { Build, BuildMemory, Product } from "./build.js";
import type { FlagList } from "./flag-list.js";

export interface MemoryFacts {
  memory: BuildMemory;
  build_variables: Build["build_variables"];
}

/** Words that only Kamailio since 4.4 prints: the managers are all compiled in and `-x`, `-X` choose. */
const CHOSEN_AT_START = ["DBG_SR_MEMORY", "Q_MALLOC", "TLSF_MALLOC"] as const;
/** Managers of old releases that this service has no name for. */
const UNNAMED_MANAGERS = ["DL_MALLOC", "SF_MALLOC", "LL_MALLOC", "VQ_MALLOC"] as const;
const PRODUCTS_WITH_KAMAILIO_FLAGS: ReadonlySet<Product> = new Set(["kamailio", "ser", "sip-router", "openser"]);

/** The memory facts of a binary. `list` is `null` when the text shows no flags at all. */
export function memoryFacts(product: Product, version: Version | null, list: FlagList | null): MemoryFacts {
  const words = new Set(list?.flags ?? []);
  const complete = list?.complete ?? false;
  if (!speaksKamailio(product, words)) return notKamailio(words);

  const chosenAtStart = managersAreChosenAtStart(version, words);
  if (chosenAtStart === null) return unknownEra(words, complete);
  return chosenAtStart ? since44(version, words, complete) : upTo43(version, words, complete);
}

/** OpenSIPS prints look-alike words (its DBG_MALLOC is no proof of anything here); a renamed Kamailio is known by words that are its own. */
function speaksKamailio(product: Product, words: ReadonlySet<string>): boolean {
  if (PRODUCTS_WITH_KAMAILIO_FLAGS.has(product)) return true;
  return product === "other" && (words.has("DBG_SR_MEMORY") || (words.has("Q_MALLOC") && words.has("TLSF_MALLOC")));
}

function notKamailio(words: ReadonlySet<string>): MemoryFacts {
  return {
    memory: { managers: managersNamed(words), default_manager: null, debug: null, debug_flag: null, join_free: null },
    build_variables: { MEMMNG: null, MEMDBG: null },
  };
}

/** `null` when neither the words nor the version tell. A pre-release of 4.4 can be of either kind; its words decide. */
function managersAreChosenAtStart(version: Version | null, words: ReadonlySet<string>): boolean | null {
  if (CHOSEN_AT_START.some((word) => words.has(word))) return true;
  const row = rowAt(DEBUG_EVIDENCE, version);
  if (row === null || version === null) return words.has("DBG_QM_MALLOC") || words.has("DBG_F_MALLOC") ? false : null;
  return !row.value.compiled_in && !isPreReleaseOf(version, row.since);
}

/** A version that is a pre-release of just this release: the change that made the row may not be in it yet. */
function isPreReleaseOf(version: Version, release: string): boolean {
  const first = readVersion(release);
  return first !== null && isPreRelease(version) && compareVersions({ ...version, suffix: null }, first) === 0;
}

/** With f_malloc and without a debug word, both eras say that chunks carry no file, function and line. */
function unknownEra(words: ReadonlySet<string>, complete: boolean): MemoryFacts {
  const debug = complete && words.has("F_MALLOC") ? false : null;
  return {
    memory: {
      managers: managersNamed(words),
      default_manager: null,
      debug,
      debug_flag: null,
      join_free: joinFree(null, words, false),
    },
    build_variables: { MEMMNG: null, MEMDBG: null },
  };
}

function managersNamed(words: ReadonlySet<string>): Manager[] {
  const managers: Manager[] = [];
  if (words.has("Q_MALLOC")) managers.push("qm");
  if (words.has("F_MALLOC")) managers.push("fm");
  if (words.has("TLSF_MALLOC")) managers.push("tlsf");
  return managers;
}

/** 4.4 and later: DBG_SR_MEMORY covers all managers, MEMMNG is a dead variable (Makefile.defs:690-699@4.4.7). */
function since44(version: Version | null, words: ReadonlySet<string>, complete: boolean): MemoryFacts {
  const debug = words.has("DBG_SR_MEMORY") ? true : complete ? false : null;
  return {
    memory: {
      managers: managersNamed(words),
      default_manager: factAt(DEFAULT_MANAGER, version),
      debug,
      debug_flag: debug === true ? "DBG_SR_MEMORY" : null,
      join_free: joinFree(version, words, complete),
    },
    build_variables: { MEMMNG: null, MEMDBG: debug === null ? null : debug ? 1 : 0 },
  };
}

/** 3.3 to 4.3 and their ancestors: MEMMNG and MEMDBG choose one manager when compiling (Makefile.defs:672-690@4.3.7). */
function upTo43(version: Version | null, words: ReadonlySet<string>, complete: boolean): MemoryFacts {
  const fm = words.has("F_MALLOC");
  const qmDebug = words.has("DBG_QM_MALLOC");
  // With F_MALLOC, mem.h makes either debug word imply the other (mem/mem.h:54-62@3.3.7).
  const debugFlag = fm && words.has("DBG_F_MALLOC") ? "DBG_F_MALLOC" : qmDebug ? "DBG_QM_MALLOC" : null;
  const manager = managerUpTo43(version, words, complete);
  const silentTlsf = manager === null && hasSilentTlsf(version);
  const debug = debugFlag !== null ? true : complete && !silentTlsf ? false : null;
  return {
    memory: {
      managers: manager === null ? [] : [manager],
      default_manager: manager,
      debug,
      debug_flag: debugFlag,
      join_free: joinFree(version, words, complete),
    },
    build_variables: variablesUpTo43(version, manager, debug),
  };
}

/** Without a word it is q_malloc, except in 4.3, where a tlsf build prints nothing either. */
function managerUpTo43(version: Version | null, words: ReadonlySet<string>, complete: boolean): Manager | null {
  if (UNNAMED_MANAGERS.some((word) => words.has(word))) return null;
  if (words.has("F_MALLOC")) return "fm";
  if (!complete) return null;
  return words.has("DBG_QM_MALLOC") || !hasSilentTlsf(version) ? "qm" : null;
}

/** Unknown releases count: a tlsf build cannot be excluded. */
function hasSilentTlsf(version: Version | null): boolean {
  return factAt(COMPILED_IN_MANAGER, version)?.silent_tlsf ?? version === null;
}

/** Releases before 3.3 were not examined: their variables stay unknown. */
function variablesUpTo43(version: Version | null, manager: Manager | null, debug: boolean | null): Build["build_variables"] {
  const row = factAt(COMPILED_IN_MANAGER, version);
  if (row === null || version === null || isOlderThanFacts(version)) return { MEMMNG: null, MEMDBG: null };
  const MEMDBG = debug === null ? null : debug ? 1 : 0;
  if (row.has_memmng)
    return { MEMMNG: manager === "fm" ? 0 : manager === "qm" && (debug || !row.silent_tlsf) ? 1 : null, MEMDBG };
  // 3.3: only q_malloc with debugging and f_malloc without come from MEMDBG; another pair was made by hand.
  return { MEMMNG: null, MEMDBG: (manager === "qm") === debug ? MEMDBG : null };
}

/** The word proves it; its absence proves the contrary only in releases that print it. */
function joinFree(version: Version | null, words: ReadonlySet<string>, complete: boolean): boolean | null {
  if (words.has("MEM_JOIN_FREE")) return true;
  const row = rowAt(JOIN_FREE_PRINTED, version);
  if (!complete || row === null || version === null || !row.value || isPreReleaseOf(version, row.since)) return null;
  return false;
}
