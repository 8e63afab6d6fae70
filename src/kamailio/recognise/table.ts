/**
 * The table of what people post: how each kind of text is recognised and where it belongs. The first row that holds wins, so the rows
 * stand from the unmistakable to the vague. Words and fields are those that the facts about formats name.
 */
import type { KindRow } from "./kind-row.js";
import type { Kind } from "./kinds.js";
import { ALLOCATIONS } from "./rows/allocations.js";
import { BINARIES } from "./rows/binaries.js";
import { COMMAND_LINES } from "./rows/command-lines.js";
import { COUNTERS } from "./rows/counters.js";
import { DOCUMENTS } from "./rows/documents.js";
import { LEFTOVERS } from "./rows/leftovers.js";
import { LOGS_AND_HOST } from "./rows/logs-and-host.js";
import { PROCESSES } from "./rows/processes.js";
import { REPORTS } from "./rows/reports.js";

export const KIND_TABLE: readonly KindRow[] = [
  ...DOCUMENTS,
  ...REPORTS,
  ...ALLOCATIONS,
  ...BINARIES,
  ...COUNTERS,
  ...PROCESSES,
  ...LOGS_AND_HOST,
  ...COMMAND_LINES,
  ...LEFTOVERS,
];

/** What is recognised by its bytes or by having none of the signs above. */
export const OTHER_KINDS: Readonly<Partial<Record<Kind, Omit<KindRow, "kind" | "when">>>> = {
  empty: {
    title: "nothing: the text is empty",
    endpoint: null,
    hint: "the command printed nothing; run it alone and see what it says, errors included (2>&1)",
  },
  gzip: {
    title: "gzip data",
    endpoint: null,
    hint: "send it with the header Content-Encoding: gzip, or unpack it first: zcat FILE",
  },
  zip: { title: "a zip archive", endpoint: null, hint: "unpack it and post the text inside" },
  xz: { title: "xz data", endpoint: null, hint: "unpack it first: xzcat FILE" },
  bzip2: { title: "bzip2 data", endpoint: null, hint: "unpack it first: bzcat FILE" },
  zstd: { title: "zstd data", endpoint: null, hint: "unpack it first: zstdcat FILE" },
  tar: {
    title: "a tar archive",
    endpoint: "configs",
    by_bytes: true,
    hint: "only configuration files are taken as a tar archive",
  },
  elf: {
    title: "an executable or a core file, not its output",
    endpoint: null,
    hint: "run it: kamailio -I; for a core file see the gdb walk",
  },
  pdf: { title: "a PDF document", endpoint: null, hint: "post the plain text that the command printed" },
  image: { title: "an image", endpoint: null, hint: "post the text itself, not a picture of it" },
  sqlite: { title: "an SQLite database", endpoint: null, hint: "post what a Kamailio command printed" },
  utf16: { title: "UTF-16 text", endpoint: null, hint: "convert it first: iconv -f UTF-16 -t UTF-8 FILE" },
  binary: { title: "binary data", endpoint: null, hint: "post the plain text that the command printed" },
  nested: {
    title: "brackets nested deeper than any command prints them",
    endpoint: null,
    hint: "post what the command printed, as it is",
  },
  prose: {
    title: "a text that is no output of a command this service knows",
    endpoint: null,
    hint: "post what a Kamailio command prints, as it is",
  },
};
