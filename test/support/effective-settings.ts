/** Settings in force for tests of judgements: what a test names, and the release's defaults for the rest, as a recorded kamailio.cfg leaves them. */
import { DEFAULT_DEBUG, DEFAULT_MANAGER, factAt, rowAt, SETTING_DEFAULTS } from "../../src/kamailio/knowledge/releases.js";
import {
  type EffectiveSettings,
  type EffectiveValue,
  SETTING_NAMES,
  type SettingName,
  type SettingSource,
  type SettingValues,
} from "../../src/kamailio/settings/settings.js";
import { readVersion } from "../../src/kamailio/version.js";

function value<T>(shown: T, source: SettingSource, quote: string | null, id: string | null): EffectiveValue<T> {
  return { value: shown, source, recorded_at: id === null ? null : "2026-01-02T03:04:05.000Z", evidence_id: id, quote };
}

/** `null` in `named` takes a default away: "nobody knows". */
export function settingsWith(
  named: Partial<{ [Name in SettingName]: SettingValues[Name] | null }>,
  release: string | null = null,
): EffectiveSettings {
  const unknown: EffectiveValue<never> = {
    value: null as never,
    source: null,
    recorded_at: null,
    evidence_id: null,
    quote: null,
  };
  const settings = Object.fromEntries(SETTING_NAMES.map((name) => [name, unknown])) as unknown as Record<
    string,
    EffectiveValue<unknown>
  >;
  const version = release === null ? null : readVersion(release);
  if (version !== null) {
    for (const [name, rows] of Object.entries(SETTING_DEFAULTS)) {
      const row = rowAt<number | null>(rows, version);
      if (row !== null && row.value !== null)
        settings[name] = value(row.value, "release_default", row.source, name.startsWith("mem") ? "cfg_1" : null);
    }
    settings.debug = value(DEFAULT_DEBUG, "release_default", "L_WARN", "cfg_1");
    const manager = factAt(DEFAULT_MANAGER, version);
    if (manager !== null) {
      settings.shm_manager = value(manager, "release_default", null, null);
      settings.pkg_manager = value(manager, "release_default", null, null);
    }
  }
  for (const [name, shown] of Object.entries(named))
    settings[name] = shown === null ? unknown : value(shown, "config_file", `${name}=${String(shown)}`, "set_1");
  return settings as unknown as EffectiveSettings;
}
