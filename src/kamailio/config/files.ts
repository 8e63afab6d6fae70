/** The files of one configuration, by the path that the caller gave, and how an include finds its file among them. */

export type ConfigInput =
  | string
  | ReadonlyMap<string, string>
  | { main?: string | undefined; files: ReadonlyMap<string, string> | Readonly<Record<string, string>> };

/** The name of a configuration that was sent as one text. */
export const ONE_TEXT = "kamailio.cfg";

export interface ConfigFiles {
  main: string;
  texts: Map<string, string>;
}

/**
 * The main file is the one that is named. Else the one that no other includes: `kamailio.cfg` first, then one that includes others, then the one that
 * loads modules and has routes. `main` is empty when there is no file at all.
 */
export function configFiles(input: ConfigInput): ConfigFiles {
  if (typeof input === "string") return { main: ONE_TEXT, texts: new Map([[ONE_TEXT, input]]) };
  const [named, files] = "files" in input ? [input.main, input.files] : [undefined, input];
  const texts = new Map(isMap(files) ? files : Object.entries(files));
  return { main: named !== undefined && texts.has(named) ? named : mainFile(texts), texts };
}

const INCLUDE = /^[ \t]{0,40}(?:[#!]!)?(?:include_file|import_file)[ \t]{1,20}["']([^"'\n]{1,1000})["']/gm;
const SCRIPT = /^[ \t]{0,40}(?:loadmodule\b|modparam\b|(?:request_)?route[ \t]{0,20}\{|#!(?:KAMAILIO|SER)\b)/gm;
/** Characters of each file that are looked at for what tells a main file. */
const LOOK_AT = 1_000_000;

function mainFile(texts: ReadonlyMap<string, string>): string {
  const included = new Set<string>();
  const including = new Set<string>();
  for (const [name, text] of texts)
    for (const [, path = ""] of text.slice(0, LOOK_AT).matchAll(INCLUDE)) {
      const file = findFile(texts, path, name);
      if (file === null || file === name) continue;
      included.add(file);
      including.add(name);
    }
  const names = [...texts.keys()];
  const top = names.filter((name) => !included.has(name));
  const among = top.length > 0 ? top : names;
  const first = among.find((name) => baseName(name) === ONE_TEXT);
  if (first !== undefined) return first;
  const includers = among.filter((name) => including.has(name));
  return mostScript(texts, includers.length > 0 ? includers : among);
}

/** The first of those with the most lines that load modules, set parameters or begin routes. */
function mostScript(texts: ReadonlyMap<string, string>, names: readonly string[]): string {
  let best = { name: names[0] ?? "", lines: -1 };
  for (const name of names) {
    const lines = [...(texts.get(name) ?? "").slice(0, LOOK_AT).matchAll(SCRIPT)].length;
    if (lines > best.lines) best = { name, lines };
  }
  return best.name;
}

/**
 * Kamailio opens an include as it is written, then beside the file that includes it (sr_push_yy_state(), src/core/cfg.lex@5.6.3). Uploaded files
 * may have lost their directory: then the only file of that name is taken.
 */
export function findFile(texts: ReadonlyMap<string, string>, path: string, from: string): string | null {
  const folder = from.includes("/") ? from.slice(0, from.lastIndexOf("/") + 1) : "";
  for (const candidate of [path, normalized(path), normalized(folder + path)]) if (texts.has(candidate)) return candidate;
  const sameName = [...texts.keys()].filter((name) => baseName(name) === baseName(path) && name !== from);
  return sameName.length === 1 ? (sameName[0] ?? null) : null;
}

function isMap(files: ReadonlyMap<string, string> | Readonly<Record<string, string>>): files is ReadonlyMap<string, string> {
  return files instanceof Map;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Without `./` and `dir/..`. */
function normalized(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "" && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}
