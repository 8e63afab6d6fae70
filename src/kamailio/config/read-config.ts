/**
 * Reads kamailio.cfg, the outer layer of the language in every release from 3.3: pre-processor, core parameters, modules and their parameters,
 * sockets; routes are skipped. For example
 *
 *     #!KAMAILIO
 *     debug=2
 *     listen=udp:10.0.0.10:5060
 *     loadmodule "tm.so"
 *     modparam("tm", "fr_timer", 30000)
 *
 * It never throws. A statement that it does not know is in `unknown`, with its line.
 */
import { removeSecrets } from "../secrets.js";
import type { Version } from "../version.js";
import { configSettings } from "./config-settings.js";
import { type ConfigFiles, type ConfigInput, configFiles, findFile } from "./files.js";
import { MAX_CHARACTERS, MAX_KEPT } from "./limits.js";
import { Preprocessor } from "./preprocessor.js";
import type { ConfigReading } from "./reading.js";
import { rpcDoors } from "./rpc-doors.js";
import { hideValues, secretValues } from "./secret-values.js";
import { Statements } from "./statements.js";
import { Tokens } from "./tokens.js";

export interface ReadConfigOptions {
  /** Decides which directives exist and which names are defined; without it the newest release is taken. */
  version?: Version | null | undefined;
  /** What `-A NAME` and `-A NAME=VALUE` define. */
  defines?: ReadonlyMap<string, string | null> | undefined;
}

/** Reads a configuration of one or several files. Secrets are gone from everything that it returns. */
export function readConfig(input: ConfigInput, options: ReadConfigOptions = {}): ConfigReading {
  const given = configFiles(input);
  const texts = new Map<string, string>();
  let removed = 0;
  for (const [name, text] of given.texts) {
    const clean = removeSecrets(text.slice(0, MAX_CHARACTERS));
    texts.set(name, clean.text);
    removed += clean.removed;
  }
  const first = readTexts({ main: given.main, texts }, options, removed);
  const secrets = secretValues(first);
  // A secret may reach its parameter through a define whose own name gives nothing away: what is found so is removed everywhere, and read again.
  const reading =
    secrets.length === 0
      ? first
      : readTexts({ main: given.main, texts: hideValues(texts, secrets) }, options, removed + secrets.length);
  for (const [name, text] of given.texts) reading.redacted_lines[name] = changedLines(text, reading.texts[name] ?? "");
  return reading;
}

function readTexts({ main, texts }: ConfigFiles, options: ReadConfigOptions, removed: number): ConfigReading {
  const version = options.version ?? null;
  const preprocessor = new Preprocessor(version, options.defines ?? new Map());
  const tokens = new Tokens(main, texts.get(main) ?? "", preprocessor, (path, from) => {
    const file = findFile(texts, path, from);
    return file === null ? null : { file, text: texts.get(file) ?? "" };
  });
  const kept = new Statements(tokens, preprocessor, texts).read();
  const warnings = preprocessor.warnings;
  if (tokens.input.exhausted) warnings.push(`more than ${MAX_CHARACTERS} characters: the rest was not read`);
  for (const [what, list] of Object.entries(kept))
    if (Array.isArray(list) && list.length >= MAX_KEPT) warnings.push(`more than ${MAX_KEPT} ${what}: the rest is not kept`);
  for (const name of texts.keys())
    if (!tokens.filesRead.includes(name)) warnings.push(`${name}: no file that was read includes it`);
  return {
    main,
    texts: Object.fromEntries(texts),
    redacted_lines: {},
    files_read: tokens.filesRead,
    script_type: tokens.scriptType,
    includes: tokens.includes,
    defines: preprocessor.defines,
    skipped: preprocessor.skipped,
    ...kept,
    warnings,
    secrets_removed: removed,
    settings: { ...configSettings(kept, version), ...rpcDoors(kept, texts) },
  };
}

/** The lines (from 1) that differ. */
function changedLines(before: string, after: string): number[] {
  if (before === after) return [];
  const kept = after.split("\n");
  const changed: number[] = [];
  before.split("\n").forEach((line, index) => {
    if (line !== kept[index]) changed.push(index + 1);
  });
  return changed;
}
