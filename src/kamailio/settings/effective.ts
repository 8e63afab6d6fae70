/**
 * The values in force: what the texts of an instance, its config, its build and its release say together, by Kamailio's own precedence.
 *
 * The running process wins for what it reports; then its command line, what starts it, what was posted as JSON, kamailio.cfg, the
 * build's defaults, the release's. Of one source the newest text wins. What depends on an unknown release is `null`.
 */
import type { Build } from "../binary/build.js";
import {
  ASYNC_WORKERS,
  DEBUG_OPTION,
  DEFAULT_CHILDREN,
  DEFAULT_DEBUG,
  DEFAULT_MANAGER,
  factAt,
  MANAGER_OPTIONS,
  rowAt,
  SETTING_DEFAULTS,
  SHM_MEM_SIZE_REPLACES_DEFAULT_M,
  SHM_MEM_SIZE_WORKS,
  SIZE_LIMITS,
} from "../knowledge/releases.js";
import type { Version } from "../version.js";
import { type Candidate, candidatesFor, type RecordedReading, withPools } from "./candidates.js";
import {
  type EffectiveSettings,
  type EffectiveValue,
  SETTING_NAMES,
  type SettingName,
  type SettingSource,
  type SettingValues,
} from "./settings.js";

/** Everything that was recorded about an instance and bears on its settings; `readings` in any order. */
export interface EffectiveInput {
  readings: readonly RecordedReading[];
  config: { id: string; recorded_at: string; values: Partial<SettingValues> } | null;
  build: { id: string; recorded_at: string; build: Build } | null;
  /** The release that runs; without it the build's is taken. */
  version: Version | null;
}

/** What the rules below look at. */
interface Facts {
  config: EffectiveInput["config"];
  build: EffectiveInput["build"];
  version: Version | null;
}

type AnyValue = EffectiveValue<SettingValues[SettingName]>;

/** Sources that hold options of the command line; `-m 0` and its like mean there what the command line means. */
const STARTS_IT: readonly SettingSource[] = ["command_line", "service_unit", "default_file", "container"];

/** Every setting with its value, its source and the words that show it. */
export function effectiveSettings(input: EffectiveInput): EffectiveSettings {
  const facts: Facts = { config: input.config, build: input.build, version: input.version ?? kamailioVersion(input.build) };
  // `pkg.info` and `shm.info` without their command: the sizes that the other texts give say which is which.
  const plain = resolveAll(input.readings, facts);
  const readings = withPools(input.readings, numberOf(plain.shm_size_mb), numberOf(plain.pkg_size_mb));
  return readings === input.readings ? plain : resolveAll(readings, facts);
}

function numberOf(value: EffectiveValue<number>): number | null {
  return value.value;
}

/** The build's version, when the build is a Kamailio: the tables know no other product's releases. */
function kamailioVersion(build: EffectiveInput["build"]): Version | null {
  if (
    build === null ||
    build.build.product === "opensips" ||
    build.build.product === "openser" ||
    build.build.product === "other"
  )
    return null;
  return build.build.version;
}

function resolveAll(readings: readonly RecordedReading[], facts: Facts): EffectiveSettings {
  const resolved = new Map<SettingName, AnyValue>();
  for (const name of SETTING_NAMES) resolved.set(name, resolve(name, candidatesFor(name, readings), facts));
  fillTcpChildren(resolved);
  // Each value was resolved under its own name, so the map has the shape of the object.
  return Object.fromEntries(resolved) as EffectiveSettings;
}

function resolve(name: SettingName, candidates: readonly Candidate[], facts: Facts): AnyValue {
  if (name === "modules") return resolveModules(candidates, facts);
  const notes: string[] = [];
  for (const candidate of candidates) {
    const answer = judge(name, candidate, facts, notes);
    if (answer !== "skip") return withNotes(answer, [...notes, ...newerDisagreement(candidate, candidates)]);
  }
  const config = configValue(name, facts, notes);
  return withNotes(config ?? ofConfig(name, defaultOf(name, facts), facts), notes);
}

/** Values that nothing but kamailio.cfg sets at the start: a recorded one that leaves them out shows the default. */
const IN_CONFIG_ALONE: ReadonlySet<SettingName> = new Set(["memlog", "memdbg", "debug", "mem_summary", "mem_join", "mem_safety"]);

function ofConfig(name: SettingName, value: AnyValue, { config }: Facts): AnyValue {
  if (config === null || value.source !== "release_default" || !IN_CONFIG_ALONE.has(name)) return value;
  return { ...value, recorded_at: config.recorded_at, evidence_id: config.id };
}

function withNotes(value: AnyValue, notes: readonly string[]): AnyValue {
  const all = [value.note, ...notes].filter((note) => note !== undefined);
  return all.length === 0 ? value : { ...value, note: all.join("; ") };
}

/** What one text's value amounts to in this release; `skip` when it means the next weaker source. */
function judge(name: SettingName, candidate: Candidate, facts: Facts, notes: string[]): AnyValue | "skip" {
  const found: AnyValue = {
    value: candidate.value,
    source: candidate.source,
    recorded_at: candidate.recorded_at,
    evidence_id: candidate.id,
    quote: candidate.quote,
  };
  if (candidate.note !== undefined) found.note = candidate.note;
  if (!STARTS_IT.includes(candidate.source) || candidate.value === null) return found;
  if (name === "shm_size_mb" || name === "pkg_size_mb") return judgeSize(name, found, facts, notes);
  if (name === "shm_manager" || name === "pkg_manager") {
    if (factAt(MANAGER_OPTIONS, facts.version) !== false) return found;
    return { ...found, value: null, note: "-x and -X exist from 4.4.0 on: this release does not start with them" };
  }
  if (name === "debug" && candidate.quote.startsWith("--debug") && factAt(DEBUG_OPTION, facts.version) === false)
    return { ...found, value: null, note: "--debug exists from 5.4.0 on: this release does not start with it" };
  if (name === "children" && typeof candidate.value === "number" && candidate.value <= 0) {
    return { ...found, value: DEFAULT_CHILDREN, note: `0 or less means the default of ${DEFAULT_CHILDREN}` };
  }
  return found;
}

/** `-m 0` is the default up to 5.7 and refused later; `-m` at the compiled default gives way to `shm_mem_size` from 5.0 on. */
function judgeSize(name: "shm_size_mb" | "pkg_size_mb", found: AnyValue, facts: Facts, notes: string[]): AnyValue | "skip" {
  if (found.value === 0) {
    const limits = factAt(SIZE_LIMITS, facts.version);
    if (limits === null)
      return { ...found, value: null, note: "0 means the default up to 5.7; 5.8.0 and newer do not start with it" };
    if (!limits.zero_is_default) return { ...found, value: null, note: "this release does not start with 0 (out of limits)" };
    notes.push(`${found.quote ?? ""} means the default`);
    return "skip";
  }
  const inConfig = facts.config?.values.shm_size_mb;
  if (name === "pkg_size_mb" || inConfig === undefined || found.value !== defaultOf("shm_size_mb", facts).value) return found;
  const replaces = factAt(SHM_MEM_SIZE_REPLACES_DEFAULT_M, facts.version);
  if (replaces === true) {
    notes.push(`${found.quote ?? ""} equals the compiled default, and then shm_mem_size of the config counts`);
    return "skip";
  }
  if (replaces === null && inConfig !== found.value)
    return {
      ...found,
      value: null,
      note: `from 5.0 on shm_mem_size = ${inConfig} of the config replaces it, since it equals the default; the release is not known`,
    };
  return found;
}

/** A weaker source that is newer and says something else: the server may have been restarted since. */
function newerDisagreement(winner: Candidate, candidates: readonly Candidate[]): string[] {
  const at = Date.parse(winner.recorded_at);
  const newer = candidates.find(
    (one) =>
      one.source !== winner.source &&
      one.value !== null &&
      Date.parse(one.recorded_at) > at &&
      JSON.stringify(one.value) !== JSON.stringify(winner.value),
  );
  if (newer === undefined) return [];
  return [`a newer text says ${newer.quote} (${newer.source}): if the server was restarted since, send what it reports now`];
}

function configValue(name: SettingName, facts: Facts, notes: string[]): AnyValue | null {
  const config = facts.config;
  const value = config?.values[name];
  if (config === null || value === undefined) return null;
  const shown = `${name === "shm_size_mb" ? "shm_mem_size" : name} = ${String(value)}`;
  const found: AnyValue = { value, source: "config_file", recorded_at: config.recorded_at, evidence_id: config.id, quote: shown };
  if (name === "shm_size_mb") {
    const works = factAt(SHM_MEM_SIZE_WORKS, facts.version);
    if (works === false) {
      notes.push(`4.4 ignores ${shown}: give -m`);
      return null;
    }
    if (works === null) return { ...found, note: "4.4 would ignore it; the release is not known" };
  }
  if (name === "children" && typeof value === "number" && value <= 0) return { ...found, value: DEFAULT_CHILDREN };
  return found;
}

/** The modules that the running process lists; else those of the config together with those of the command line. */
function resolveModules(candidates: readonly Candidate[], facts: Facts): AnyValue {
  const winner = candidates[0];
  const config = configValue("modules", facts, []);
  if (winner === undefined) return config ?? unknownValue();
  const found: AnyValue = {
    value: winner.value,
    source: winner.source,
    recorded_at: winner.recorded_at,
    evidence_id: winner.id,
    quote: winner.quote,
  };
  if (winner.source === "running_process" || winner.source === "json" || config === null) return found;
  const names = [...namesIn(config.value), ...namesIn(winner.value)];
  return { ...config, value: [...new Set(names)], note: `with ${winner.quote} of the command line` };
}

function namesIn(value: AnyValue["value"]): string[] {
  return Array.isArray(value) ? value : [];
}

/** TCP workers are as many as UDP children where nothing sets them (main.c: `tcp_cfg_children_no = children_no`). */
function fillTcpChildren(resolved: Map<SettingName, AnyValue>): void {
  const tcp = resolved.get("tcp_children");
  const children = resolved.get("children");
  if (tcp === undefined || children === undefined) return;
  if (tcp.source !== null && typeof tcp.value === "number" && tcp.value > 0) return;
  if (tcp.source !== null && tcp.value === null) return;
  resolved.set("tcp_children", { ...children, note: "as many as children" });
}

function unknownValue(note?: string): AnyValue {
  const value: AnyValue = { value: null, source: null, recorded_at: null, evidence_id: null, quote: null };
  return note === undefined ? value : { ...value, note };
}

/** The same in every release (facts: kamailio.cfg core parameters). */
const ALWAYS: Partial<SettingValues> = {
  debug: DEFAULT_DEBUG,
  children: DEFAULT_CHILDREN,
  socket_workers: 0,
  shm_force_alloc: 0,
  mlock_pages: 0,
  log_stderror: 0,
  fork: 1,
  disable_tcp: 0,
};

/** What is in force when nothing sets it. */
function defaultOf(name: SettingName, facts: Facts): AnyValue {
  const built = builtIn(name, facts);
  if (built !== null && facts.build !== null)
    return {
      value: built.value,
      source: "build_default",
      recorded_at: facts.build.recorded_at,
      evidence_id: facts.build.id,
      quote: built.quote,
    };
  const always = ALWAYS[name];
  if (always !== undefined) return releaseDefault(always, "the same in every release");
  if (name === "shm_manager" || name === "pkg_manager") return defaultManager(facts);
  if (name === "async_workers")
    return factAt(ASYNC_WORKERS, facts.version) === true ? releaseDefault(0, "async_task.c@4.2.0") : unknownValue();
  if (isTabled(name)) {
    const row = rowAt<number | null>(SETTING_DEFAULTS[name], facts.version);
    if (row === null)
      return unknownValue(facts.version === null ? "the default differs by release, and the release is not known" : undefined);
    return row.value === null ? unknownValue("this release has no such parameter") : releaseDefault(row.value, row.source);
  }
  return unknownValue();
}

function releaseDefault(value: SettingValues[SettingName], quote: string): AnyValue {
  return { value, source: "release_default", recorded_at: null, evidence_id: null, quote };
}

function isTabled(name: SettingName): name is keyof typeof SETTING_DEFAULTS {
  return Object.hasOwn(SETTING_DEFAULTS, name);
}

/** Chosen by the release from 4.4 on; before, by the build alone. */
function defaultManager(facts: Facts): AnyValue {
  const row = rowAt(DEFAULT_MANAGER, facts.version);
  if (row !== null) return releaseDefault(row.value, row.source);
  return unknownValue(
    factAt(MANAGER_OPTIONS, facts.version) === false
      ? "compiled in up to 4.3: send `kamailio -I`"
      : "the default differs by release, and the release is not known",
  );
}

/** What the build text shows of a default. */
function builtIn(name: SettingName, facts: Facts): { value: SettingValues[SettingName]; quote: string } | null {
  const build = facts.build?.build;
  if (build === undefined) return null;
  if (name === "shm_size_mb" && build.default_shm_size_mb !== null)
    return { value: build.default_shm_size_mb, quote: `DEFAULT SHM_SIZE=${build.default_shm_size_mb}MB` };
  if (name === "pkg_size_mb" && build.default_pkg_size_mb !== null)
    return { value: build.default_pkg_size_mb, quote: `DEFAULT PKG_SIZE=${build.default_pkg_size_mb}MB` };
  if (
    (name === "shm_manager" || name === "pkg_manager") &&
    build.memory.default_manager !== null &&
    rowAt(DEFAULT_MANAGER, facts.version) === null
  )
    return { value: build.memory.default_manager, quote: "the manager that the flags show" };
  if (name === "config_file" && build.paths.config !== null)
    return { value: build.paths.config, quote: `Default config: ${build.paths.config}` };
  if (name === "run_dir" && build.paths.run_dir !== null)
    return { value: build.paths.run_dir, quote: `Default path to runtime dir: ${build.paths.run_dir}` };
  return null;
}
