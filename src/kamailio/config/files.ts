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

/** The main file is the one that is named, else `kamailio.cfg`, else the first. `main` is empty when there is no file at all. */
export function configFiles(input: ConfigInput): ConfigFiles {
  if (typeof input === "string") return { main: ONE_TEXT, texts: new Map([[ONE_TEXT, input]]) };
  const [named, files] = "files" in input ? [input.main, input.files] : [undefined, input];
  const texts = new Map(isMap(files) ? files : Object.entries(files));
  const names = [...texts.keys()];
  const main =
    (named !== undefined && texts.has(named) ? named : undefined) ??
    names.find((name) => baseName(name) === ONE_TEXT) ??
    names[0] ??
    "";
  return { main, texts };
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
