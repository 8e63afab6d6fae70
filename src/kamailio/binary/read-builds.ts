/**
 * Reads what says with what a Kamailio (or SER, OpenSER, sip-router, OpenSIPS) was built: `kamailio -I`, `-V`, `-v`, `--version`, the RPC
 * commands core.info, core.runinfo, core.flags and core.version through kamcmd and JSON-RPC, and the MI command `version`; one or several
 * pasted together, with prompts, quotes, markup and prose around them.
 *
 * Anchors are the labels, never lines or columns. A help text, whose first line carries a version, is no build. Nothing throws; lines
 * that were not understood come back.
 *
 * @example
 * version: kamailio 5.6.3 (x86_64/linux)
 * flags: USE_TCP, USE_TLS, ..., DBG_SR_MEMORY, ...
 * ADAPTIVE_WAIT_LOOPS 1024, MAX_RECV_BUFFER_SIZE 262144, MAX_URI_SIZE 1024, BUF_SIZE 65535, DEFAULT PKG_SIZE 8MB
 * poll method support: poll, epoll_lt, epoll_et, sigio_rt, select.
 * id: unknown
 * compiled with gcc 12.2.0
 */
import { MB } from "../units.js";
import type { Build } from "./build.js";
import { cleanText } from "./clean.js";
import { type Draft, toBuild } from "./draft.js";
import { type Field, readField } from "./fields.js";
import { findLabels } from "./labels.js";
import { mergeDrafts } from "./merge.js";
import { rpcAnswersAsLines } from "./rpc-answers.js";
import { addUnknownLines } from "./unknown-lines.js";

export interface ReadBuilds {
  /** One a binary and source (disk or process), in the order of the text. */
  builds: Build[];
  /** Lines outside every build that were not understood (prose, other output); not more than a page of them. */
  unknown_lines: string[];
  /** The text holds a help text (`kamailio -h`): its first line names a version, but says nothing of how it was built. */
  help_text: boolean;
  /** What the reader should know about the text: OpenSIPS, a cut flag list. */
  warnings: string[];
}

/** Longer texts are no version texts; the rest is not looked at. */
const MAX_TEXT = 4 * MB;
/** More binaries in one text than any paste has. */
const MAX_BUILDS = 100;

/** Reads every build out of a text of any kind. */
export function readBuilds(text: string): ReadBuilds {
  const clean = cleanText(rpcAnswersAsLines(text.slice(0, MAX_TEXT)));
  const { drafts, outside, helpText } = readDrafts(clean);
  const warnings: string[] = [];
  if (text.length > MAX_TEXT) warnings.push(`only the first ${MAX_TEXT} characters were read`);
  const builds = mergeDrafts(drafts).map((draft) => {
    warnings.push(...warningsAbout(draft));
    return toBuild(draft);
  });
  return { builds, unknown_lines: outside, help_text: helpText, warnings };
}

function warningsAbout(draft: Draft): string[] {
  const warnings: string[] = [];
  const name = `${draft.product ?? "the server"} ${draft.version?.text ?? ""}`.trim();
  if (draft.product === "opensips")
    warnings.push(
      `${name} is OpenSIPS, not Kamailio: its memory managers and its DBG_MALLOC work differently, so nothing is concluded from its flags`,
    );
  if (draft.list !== null && !draft.list.complete)
    warnings.push(
      `the flag list of ${name} is cut or elided: a flag that is not in it may still be there; post the whole output of kamailio -I`,
    );
  return warnings;
}

interface Reading {
  drafts: Draft[];
  outside: string[];
  helpText: boolean;
}

/** Walks the labels once; between two labels lies the value of the first and whatever nobody understands. */
function readDrafts(text: string): Reading {
  const labels = findLabels(text);
  const reading: Reading = { drafts: [], outside: [], helpText: false };
  let draft: Draft | null = null;
  let inHelp = false;
  addUnknownLines(reading.outside, text, 0, labels[0]?.start ?? text.length);

  for (const [index, at] of labels.entries()) {
    const next = labels[index + 1];
    const end = next?.start ?? text.length;
    let understoodTo = at.start;
    if (at.label === "usage") {
      inHelp = true;
      reading.helpText = true;
      if (draft !== null && draft.list === null) reading.drafts.pop();
      draft = null;
    }
    const field: Field | null = readField(text, at, end, next?.label ?? null, draft);
    if (field !== null && (!inHelp || field.opens_strongly)) {
      inHelp = false;
      if (field.draft !== draft && field.draft !== null && reading.drafts.length < MAX_BUILDS) reading.drafts.push(field.draft);
      draft = field.draft;
      understoodTo = field.understood_to;
    }
    if (inHelp) continue;
    addUnknownLines(draft?.unknown_lines ?? reading.outside, text, understoodTo, end);
  }
  keepBuilds(reading);
  return reading;
}

/** What has neither a version nor flags is no build: its lines were other output. So is a bare version that no field follows. */
function keepBuilds(reading: Reading): void {
  const builds: Draft[] = [];
  for (const draft of reading.drafts) {
    if (isBuild(draft)) builds.push(draft);
    else reading.outside.push(...draft.unknown_lines);
  }
  reading.drafts = builds;
}

function isBuild(draft: Draft): boolean {
  if (draft.list !== null) return draft.list.flags.length > 1;
  if (draft.version === null || draft.product === null) return false;
  return draft.architecture !== null || draft.compiler !== null || draft.compiled_at !== null;
}
