/** Unified diffs that `patch` takes, of texts whose secrets are gone: no line that held one may be in a diff, since it is another one on disk. */
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff";
import type { ConfigReading } from "../../../kamailio/config/reading.js";
import { applyEdits, type Edit, linesOf } from "./edits.js";
import { hunksWithout } from "./hunks.js";

/** Lines around a change, as `diff -u` has them; fewer where a redacted line is near. */
const CONTEXT = 3;

export interface DiffPair {
  forward: string;
  backward: string;
}

/** The diffs of all files that the edits touch, there and back. */
export function diffOf(reading: ConfigReading, edits: readonly Edit[]): DiffPair {
  const pair = { forward: "", backward: "" };
  for (const file of new Set(edits.map((edit) => edit.file))) {
    const before = reading.texts[file] ?? "";
    const after = applyEdits(
      before,
      edits.filter((edit) => edit.file === file),
    );
    if (before === after) continue;
    const lines = linesOf(reading, file);
    const secret = new Set((reading.redacted_lines[file] ?? []).map((line) => lines[line - 1]));
    const name = patchName(file, reading.main);
    pair.forward += diffText(name, before, after, secret);
    pair.backward += diffText(name, after, before, secret);
  }
  return pair;
}

function diffText(name: string, before: string, after: string, secret: ReadonlySet<string | undefined>): string {
  const patch = structuredPatch(`a/${name}`, name, before, after, undefined, undefined, { context: CONTEXT });
  const hunks = patch.hunks.flatMap((hunk) => hunksWithout(hunk, (line) => secret.has(line.slice(1))));
  return formatPatch({ ...patch, hunks }, FILE_HEADERS_ONLY);
}

/**
 * The path from the main file's directory, in which `patch` is run. `a/name` and `name` stand in the header, so that it is found with -p0 and
 * with -p1. Control characters would end the header: they become `?`.
 */
function patchName(file: string, main: string): string {
  const folder = main.slice(0, main.lastIndexOf("/") + 1);
  const relative = file.startsWith(folder) ? file.slice(folder.length) : file;
  return relative.replace(/^\/+/, "").replace(/[\x00-\x1f\x7f]/g, "?");
}
