/**
 * Holds the sources named in the tables of knowledge against Kamailio itself: `tsx scripts/check-knowledge.ts PATH_TO_A_CLONE [FOLDER]`.
 *
 * A source is written `file:line@tag` (`core/mem/q_malloc.c:145@5.6.3`, `tlsf_malloc.c:tlsf_status@5.6.3`, `main.c:1891@master`). For each one: the tag and the
 * file exist, the line is in the file, and what the row is about (a parameter's name, a message's words, the function named) stands near it. `master` moves, so
 * there it may stand anywhere in the file. Exit codes: 0 all hold, 1 some do not (each is printed), 2 the call is wrong. Needs a clone with its tags:
 * `git clone https://github.com/kamailio/kamailio`.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Reference {
  /** `log-messages.json:3`. */
  where: string;
  written: string;
  file: string;
  /** First line number of each part of `174,346` or `672-690`. */
  lines: number[];
  tag: string;
  /** One of these must stand near; none: the file and the line are enough. */
  names: string[];
}

/** How many lines a name may be away: a block that is quoted by its first line, a row that names two things. */
const NEAR_LINES = 60;
const SOURCE = /([\w./-]*)(?::([\w,-]+?)(?:ff)?)?(?:\(\))?@(\d+\.\d+\.\d+|master)\b/g;
const NAME_LINES = /^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/;

function referencesIn(text: string, where: string, names: string[]): Reference[] {
  const found: Reference[] = [];
  let last = "";
  for (const match of text.matchAll(SOURCE)) {
    const [written, path = "", place = "", tag = ""] = match;
    // `main.c:2161@3.3.7, 660@5.6.3` and `:597@4.4.7` go on with the file before.
    const goesOn = path === "" || NAME_LINES.test(path);
    const file = goesOn ? last : path;
    if (!/[./]/.test(file)) continue;
    last = file;
    const spot = goesOn && place === "" ? path : place;
    const numbers = NAME_LINES.test(spot);
    found.push({
      where,
      written,
      file,
      lines: numbers ? spot.split(",").map((part) => Number.parseInt(part, 10)) : [],
      tag,
      names: spot !== "" && !numbers ? [spot] : names,
    });
  }
  return found;
}

/** What a row of a table is about, as the source would write it. */
function namesOf(line: string): string[] {
  try {
    const { name, anchors } = JSON.parse(line.replace(/,\s*$/, "")) as { name?: string; anchors?: string[] };
    return [...(name === undefined ? [] : [name.replace(/^[#!]+/, "")]), ...(anchors ?? [])];
  } catch {
    return [];
  }
}

function readTables(folder: string): Reference[] {
  return readdirSync(folder)
    .filter((file) => /\.(?:ts|json)$/.test(file))
    .flatMap((file) =>
      readFileSync(join(folder, file), "utf8")
        .split("\n")
        .flatMap((line, index) => referencesIn(line, `${file}:${index + 1}`, file.endsWith(".json") ? namesOf(line) : [])),
    );
}

class Clone {
  readonly #path: string;
  readonly #trees = new Map<string, string[] | null>();
  readonly #texts = new Map<string, string[]>();

  constructor(path: string) {
    this.#path = path;
  }

  #git(...words: string[]): string {
    return execFileSync("git", ["-C", this.#path, ...words], {
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
      stdio: ["ignore", "pipe", "ignore"],
    });
  }

  /** The paths at a tag; `null` when the clone has no such tag. */
  tree(tag: string): string[] | null {
    const known = this.#trees.get(tag);
    if (known !== undefined) return known;
    let paths: string[] | null = null;
    try {
      paths = this.#git("ls-tree", "-r", "--name-only", tag).split("\n");
    } catch {
      if (tag === "master") paths = this.tree("HEAD");
    }
    this.#trees.set(tag, paths);
    return paths;
  }

  lines(tag: string, path: string): string[] {
    const key = `${tag}:${path}`;
    let lines = this.#texts.get(key);
    if (lines === undefined) {
      let text: string;
      try {
        text = this.#git("show", key);
      } catch {
        text = this.#git("show", `HEAD:${path}`);
      }
      lines = text.split("\n");
      this.#texts.set(key, lines);
    }
    return lines;
  }
}

/** What is wrong with a reference; `null` when it holds. */
function fault({ file, lines, tag, names }: Reference, clone: Clone): string | null {
  const paths = clone.tree(tag);
  if (paths === null) return `the clone has no tag ${tag}`;
  const folder = paths.some((path) => path.startsWith(`${file}/`) || path.startsWith(`src/${file}/`));
  if (folder) return null;
  const candidates = paths.filter((path) => path === file || path.endsWith(`/${file}`));
  if (candidates.length === 0) return `${tag} has no file ${file}`;
  const faults = candidates.map((path) => {
    const written =
      path.endsWith("/cfg.y") || path === "cfg.y"
        ? [...names, ...tokensOf(names, clone.lines(tag, path.replace(/y$/, "lex")))]
        : names;
    return placeFault(clone.lines(tag, path), lines, written, tag === "master");
  });
  return faults.includes(null) ? null : (faults[0] ?? null);
}

/** The grammar knows a parameter by its token alone: `TCP_OPT_ACCEPT_NO_CL` for `TCP_OPT_ACCEPT_NO_CL "tcp_accept_no_cl"` in the lexer. */
function tokensOf(names: readonly string[], lexer: readonly string[]): string[] {
  return lexer.flatMap((line) => {
    const token = /^([A-Z][A-Z0-9_]*)\s+\S/.exec(line)?.[1];
    return token !== undefined && names.some((name) => new RegExp(`\\b${name}\\b`).test(line.slice(token.length))) ? [token] : [];
  });
}

function placeFault(text: string[], lines: readonly number[], names: readonly string[], moves: boolean): string | null {
  const beyond = lines.find((line) => line > text.length);
  if (beyond !== undefined && !moves) return `the file ends at line ${text.length}`;
  if (names.length === 0) return null;
  const parts =
    lines.length === 0 || moves ? [text] : lines.map((line) => text.slice(Math.max(0, line - NEAR_LINES), line + NEAR_LINES));
  // A message may be cut into several strings over two lines.
  const near = parts.map((part) => part.join("\n").replaceAll(/"\s*"/g, "")).join("\n");
  return names.some((name) => near.includes(name)) ? null : `none of ${names.map((name) => `"${name}"`).join(", ")} is near`;
}

const [path, folder = fileURLToPath(new URL("../src/kamailio/knowledge", import.meta.url))] = process.argv.slice(2);
if (path === undefined) {
  console.error("usage: tsx scripts/check-knowledge.ts PATH_TO_A_CLONE_OF_KAMAILIO [FOLDER_OF_TABLES]");
  process.exit(2);
}
const references = readTables(folder);
const clone = new Clone(path);
const wrong = references.flatMap((reference) => {
  const why = fault(reference, clone);
  return why === null ? [] : [`${reference.where}: ${reference.written}: ${why}`];
});
for (const line of wrong) console.log(line);
console.log(`${references.length} sources, ${references.length - wrong.length} hold, ${wrong.length} do not`);
process.exitCode = wrong.length > 0 ? 1 : 0;
