/** Puts what a command line sets into a reading. */

import { type OptionsReading, readOptions, type Word } from "./options.js";
import type { ReadingBuilder } from "./reading-builder.js";
import type { SettingSource } from "./settings.js";

/** Where a word's value comes from, for a command line whose words were expanded from variables. */
export interface VariableOrigin {
  source: SettingSource;
  /** The words that set the variable: `SHM_MEMORY=256`. */
  quote: string;
  /** True when a file that the text does not hold may set it to something else. */
  replaceable: boolean;
}

/** Reads the options and sets what they say; `origins` tells where an expanded variable was set. Returns what the options said. */
export function applyOptions(
  builder: ReadingBuilder,
  words: readonly Word[],
  source: SettingSource,
  origins: ReadonlyMap<string, VariableOrigin> = new Map(),
): OptionsReading {
  const options = readOptions(words);
  for (const { name, value, quote, variable } of options.values) {
    const origin = variable === undefined ? undefined : origins.get(variable);
    if (origin === undefined) builder.set(name, value, source, quote);
    else builder.set(name, value, origin.source, origin.quote, origin.replaceable ? variable : undefined);
  }
  for (const { name, quote, reason } of options.refused) builder.refuse(name, source, quote, reason);
  for (const { name, variable } of options.unresolved)
    builder.warn(`${name} comes from $${variable}, which this text does not set: send the file that sets it as well`);
  for (const text of options.warnings) builder.warn(text);
  for (const text of options.unknown) if (text !== "") builder.notUnderstood(text);
  if (options.unknown.some((text) => text.startsWith("-")))
    builder.warn(
      `options that no release knows (${options.unknown.filter((text) => text.startsWith("-")).join(" ")}): the server refuses to start`,
    );
  return options;
}

/** Plain words, none expanded. */
export function asWords(words: readonly string[]): Word[] {
  return words.map((text) => ({ text }));
}
