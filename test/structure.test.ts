/** The house: which room may import from which, and what no room but one knows. See ARCHITECTURE.md. */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));

const FILES = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => /\.tsx?$/.test(path));

interface Import {
  from: string;
  /** A file of `src/`, or the name of a package. */
  to: string;
}

const IMPORTS: Import[] = FILES.flatMap((from) =>
  [
    ...readFileSync(SRC + from, "utf8").matchAll(
      /^(?:import|export)\b[^"]*?from\s+"([^"]+)";|\bimport\(\s*"([^"]+)"\s*\)|^import "([^"]+)"/gm,
    ),
  ].map((match) => ({ from, to: target(from, match[1] ?? match[2] ?? match[3] ?? "") })),
);

function target(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  const path = posix.join(posix.dirname(from), specifier).replace(/\.js$/, "");
  return FILES.find((file) => file === `${path}.ts` || file === `${path}.tsx`) ?? path;
}

const isFile = (path: string) => FILES.includes(path);
const room = (path: string) => (path.includes("/") ? (path.split("/")[0] ?? "") : path);
const shown = (imports: readonly Import[]) => imports.map(({ from, to }) => `${from} -> ${to}`);

/** What each room may import from, beside itself. */
const MAY: Record<string, readonly string[]> = {
  kamailio: [],
  analysis: ["kamailio"],
  runbooks: ["kamailio", "analysis"],
  store: ["kamailio"],
  service: ["kamailio", "analysis", "runbooks", "store"],
  web: ["kamailio", "analysis", "runbooks", "service"],
  http: ["kamailio", "analysis", "runbooks", "store", "service", "web", "config.ts"],
  cli: ["kamailio", "analysis", "runbooks", "store", "service", "http", "web", "config.ts"],
  "config.ts": [],
};

const PURE = ["kamailio", "analysis", "runbooks"];
const IO = /^(?:node:(?!crypto$|module$|buffer$)|hono|@hono\/|kysely|better-sqlite3|pg$|pino|undici)/;

describe("the house", () => {
  test("each room imports only from those that it stands on", () => {
    const wrong = IMPORTS.filter(({ from, to }) => isFile(to) && room(from) !== room(to) && !MAY[room(from)]?.includes(room(to)));
    expect(shown(wrong)).toEqual([]);
  });

  test("the readers and the judgements do no I/O and know no HTTP and no database", () => {
    expect(shown(IMPORTS.filter(({ from, to }) => PURE.includes(room(from)) && IO.test(to)))).toEqual([]);
  });

  test("the service and the store know no hono", () => {
    expect(shown(IMPORTS.filter(({ from, to }) => ["service", "store"].includes(room(from)) && /^@?hono/.test(to)))).toEqual([]);
  });

  test("a database's own package and codes stay in its folder of the store", () => {
    expect(
      shown(IMPORTS.filter(({ from, to }) => /^(?:better-sqlite3|pg)$/.test(to) && !/^store\/(?:sqlite|postgres)\//.test(from))),
    ).toEqual([]);
    expect(
      FILES.filter(
        (file) => !/^store\/(?:sqlite|postgres)\//.test(file) && /SQLITE_[A-Z]/.test(readFileSync(SRC + file, "utf8")),
      ),
    ).toEqual([]);
  });

  test("no file is imported by what it imports, not even for its types", () => {
    expect(circles()).toEqual([]);
  });

  test("a resource of http/ has at most six files", () => {
    const files = new Map<string, number>();
    for (const file of FILES)
      if (/^http\/[^/]+\//.test(file) && !file.startsWith("http/kernel/"))
        files.set(posix.dirname(file), (files.get(posix.dirname(file)) ?? 0) + 1);
    expect([...files].filter(([, count]) => count > 6)).toEqual([]);
  });
});

/** Circles among the files, each once. */
function circles(): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const path: string[] = [];
  const visit = (file: string) => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const { from, to } of IMPORTS) if (from === file && isFile(to)) visit(to);
    path.pop();
    done.add(file);
  };
  for (const file of FILES) visit(file);
  return found;
}
