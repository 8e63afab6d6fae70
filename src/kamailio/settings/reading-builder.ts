/** Collects what the readers of one text find, and decides which of two places in that text wins. */
import {
  type InstanceChoice,
  type ReadValue,
  type RefusedOption,
  SETTING_SOURCES,
  type SettingName,
  type SettingSource,
  type SettingsForm,
  type SettingsReading,
  type SettingValues,
  type UnlabelledPool,
} from "./settings.js";

/** Lists in an answer hold no more entries than this, and no entry is longer: the text may be anything. */
const MAX_ENTRIES = 50;
const MAX_LENGTH = 300;

/** One reading in the making. */
export class ReadingBuilder {
  private readonly forms = new Set<SettingsForm>();
  private readonly values = new Map<SettingName, ReadValue<SettingValues[SettingName]>>();
  private readonly refused: RefusedOption[] = [];
  private readonly pools: UnlabelledPool[] = [];
  private readonly unknown: string[] = [];
  private readonly warnings: string[] = [];
  choices: InstanceChoice[] = [];
  commandLine: "complete" | "cut" | null = null;
  runningVersion: string | null = null;

  /** @param pid the process that is meant where a listing shows several servers; `null`: nobody said */
  constructor(readonly pid: number | null = null) {}

  form(form: SettingsForm): void {
    this.forms.add(form);
  }

  has(name: SettingName): boolean {
    return this.values.has(name);
  }

  value<Name extends SettingName>(name: Name): SettingValues[Name] | null {
    const found = this.values.get(name)?.value;
    return found === undefined ? null : (found as SettingValues[Name]);
  }

  /** A stronger source wins over a weaker one, of two equal ones the later. */
  set<Name extends SettingName>(
    name: Name,
    value: SettingValues[Name],
    source: SettingSource,
    quote: string,
    variable?: string,
  ): void {
    const before = this.values.get(name);
    if (before !== undefined && SETTING_SOURCES.indexOf(before.source) < SETTING_SOURCES.indexOf(source)) return;
    const kept = { value, source, quote: short(quote) };
    this.values.set(name, variable === undefined ? kept : { ...kept, variable });
  }

  refuse(name: SettingName, source: SettingSource, quote: string, reason: string): void {
    this.values.delete(name);
    if (this.refused.length < MAX_ENTRIES) this.refused.push({ name, source, quote: short(quote), reason });
    this.warn(`${quote}: ${reason}`);
  }

  pool(pool: UnlabelledPool): void {
    if (this.pools.length < MAX_ENTRIES) this.pools.push(pool);
  }

  /** The pools found so far; the builder forgets them. */
  takePools(): UnlabelledPool[] {
    return this.pools.splice(0);
  }

  /** How many forms were recognised so far. */
  get recognised(): number {
    return this.forms.size;
  }

  warn(text: string): void {
    add(this.warnings, text);
  }

  notUnderstood(text: string): void {
    if (text.trim() !== "") add(this.unknown, text.trim());
  }

  /** What was not understood so far belongs to a form that reads the text as a whole. */
  forgetUnknown(): void {
    this.unknown.length = 0;
  }

  reading(secretsRemoved: number): SettingsReading {
    // Each entry was set under its own name, so the map has the shape of the partial object.
    const values = Object.fromEntries(this.values) as SettingsReading["values"];
    return {
      forms: [...this.forms],
      values,
      refused: this.refused,
      unlabelled_pools: this.pools,
      choices: this.choices,
      command_line: this.commandLine,
      running_version: this.runningVersion,
      unknown: this.unknown,
      warnings: this.warnings,
      secrets_removed: secretsRemoved,
    };
  }
}

function add(list: string[], text: string): void {
  if (list.length < MAX_ENTRIES && !list.includes(short(text))) list.push(short(text));
}

function short(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text;
}
