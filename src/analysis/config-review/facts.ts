/** The values of a configuration as a rule asks for them: the one in force, the line that sets it, the release's default. */
import type { Build } from "../../kamailio/binary/build.js";
import type { ConfigPlace, ConfigReading, CoreAssignment, ModuleParameterLine } from "../../kamailio/config/reading.js";
import { coreDefault, newestCoreDefault } from "../../kamailio/knowledge/core-parameters.js";
import { DEFAULT_DEBUG } from "../../kamailio/knowledge/releases.js";
import type { Manager, Pool } from "../../kamailio/pool.js";
import {
  type EffectiveSettings,
  type EffectiveValue,
  SETTING_NAMES,
  type SettingName,
  type SettingSource,
} from "../../kamailio/settings/settings.js";
import type { Version } from "../../kamailio/version.js";
import { type Reach, reachOf } from "../commands/reach.js";
import { moduleDefault } from "./module-defaults.js";

export interface ConfigReviewInput {
  reading: ConfigReading;
  /** Without it, what differs by release is not judged. */
  version: Version | null;
  build?: Build | null;
  /** What is in force beside the file: a command line wins over it. */
  settings?: Partial<EffectiveSettings> | null;
  host_total_bytes?: number | null;
  /** Addresses of the host (its loopback included), for a configuration without `listen`; 2 when it is not known. */
  host_addresses?: number | null;
}

function inFile<Value>(value: Value | null): EffectiveValue<Value> {
  return { value, source: value === null ? null : "config_file", recorded_at: null, evidence_id: null, quote: null };
}

/** Sources that this very file wins over, or that it is. */
const WEAKER: ReadonlySet<SettingSource> = new Set(["config_file", "build_default", "release_default"]);

/** Where a value is set; `null` for a default. */
export type Where = ConfigPlace | null;

export class ConfigFacts {
  readonly reading: ConfigReading;
  readonly version: Version | null;
  readonly build: Build | null;
  readonly settings: Partial<EffectiveSettings>;
  readonly hostBytes: number | null;
  readonly hostAddresses: number | null;
  /** How commands reach the instance that runs this file. */
  readonly reach: Reach;
  private readonly modules: Set<string>;

  constructor(input: ConfigReviewInput) {
    this.reading = input.reading;
    this.version = input.version;
    this.build = input.build ?? null;
    this.settings = input.settings ?? {};
    this.hostBytes = input.host_total_bytes ?? null;
    this.hostAddresses = input.host_addresses ?? null;
    const running = input.settings?.modules;
    const others = running?.value !== null && running?.source !== "config_file" ? (running?.value ?? []) : [];
    this.modules = new Set([...input.reading.modules.map((module) => module.name), ...others]);
    this.reach = reachOf({ version: input.version, settings: { ...this.inForce(), modules: inFile([...this.modules]) } });
  }

  /** What is recorded, else what this file says. */
  private inForce(): EffectiveSettings {
    const value = (name: SettingName): EffectiveValue<unknown> => {
      const recorded = this.settings[name];
      if (recorded !== undefined && recorded.value !== null) return recorded;
      return inFile(this.reading.settings[name]?.value ?? null);
    };
    // Each value stands under its own name, so the object has the shape of the settings.
    return Object.fromEntries(SETTING_NAMES.map((name) => [name, value(name)])) as EffectiveSettings;
  }

  /** The assignment of a core parameter that is in force, by its canonical name: the last, but of `shm` the first (cfg.y:1704@5.6.3). */
  assigned(name: string): CoreAssignment | null {
    if (name === "shm") return this.reading.core.find((assignment) => assignment.name === name) ?? null;
    return this.reading.core.findLast((assignment) => assignment.name === name) ?? null;
  }

  /** A core parameter's number in the file, else the release's default. */
  core(name: string): number | null {
    const value = this.assigned(name)?.value;
    if (typeof value === "number") return value;
    const fallback = coreDefault(name, this.version);
    return value === undefined && typeof fallback === "number" ? fallback : null;
  }

  /** As `core`, by the newest release where this one is not known: what a cost is worked out from must not be missing. */
  coreOrNewest(name: string): number | null {
    const known = this.core(name);
    if (known !== null || this.assigned(name) !== null) return known;
    const fallback = newestCoreDefault(name);
    return typeof fallback === "number" ? fallback : null;
  }

  /** A setting that is in force: what the command line or the process says, else the file, else the default. */
  setting(name: Extract<SettingName, string>, core: string = name): number | null {
    const recorded = this.settings[name];
    const value =
      recorded?.source !== undefined && recorded.source !== null && !WEAKER.has(recorded.source) ? recorded.value : null;
    return typeof value === "number" ? value : this.core(core);
  }

  /** `debug` as the next start has it: the command line wins over the file, what was set at run time is forgotten. */
  debugAtStart(): number | null {
    const { value, source } = this.settings.debug ?? { value: null, source: null };
    const fromStart =
      source === "command_line" || source === "service_unit" || source === "default_file" || source === "container";
    return fromStart && value !== null ? value : (this.core("debug") ?? DEFAULT_DEBUG);
  }

  /** The memory manager of a pool, where it is known. */
  manager(pool: Pool): Manager | null {
    return this.settings[pool === "shm" ? "shm_manager" : "pkg_manager"]?.value ?? null;
  }

  loaded(module: string): boolean {
    return this.modules.has(module);
  }

  /** Every module that is loaded, each once. */
  loadedModules(): string[] {
    return [...this.modules];
  }

  /** The first of these modules that is loaded. */
  anyLoaded(...modules: string[]): string | null {
    return modules.find((module) => this.modules.has(module)) ?? null;
  }

  /** Every line that sets a module's parameter (some may be given many times). */
  parameters(module: string, name: string): ModuleParameterLine[] {
    return this.reading.modparams.filter((line) => line.name === name && line.modules.includes(module));
  }

  /** The last line that sets a module's parameter. */
  parameter(module: string, name: string): ModuleParameterLine | null {
    return this.parameters(module, name).at(-1) ?? null;
  }

  /** A module parameter's number, else its default; `null` when neither is known. */
  number(module: string, name: string): number | null {
    return this.parameter(module, name) === null ? moduleDefault(module, name, this.version) : this.numberSet(module, name);
  }

  /** A module parameter's number as the file sets it. */
  numberSet(module: string, name: string): number | null {
    const value = this.parameter(module, name)?.value;
    if (typeof value === "number") return value;
    return typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : null;
  }

  /** A module parameter's text when it is set in the file. */
  text(module: string, name: string): string | null {
    const value = this.parameter(module, name)?.value ?? null;
    return value === null ? null : String(value);
  }
}
