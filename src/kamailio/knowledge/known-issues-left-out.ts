/**
 * Memory bugs of Kamailio's history that are not in the table of known issues, and why: what cannot be met by a running server, or leaves no sign
 * by which it could be told from others, would only lengthen the list that an operator reads.
 */

export interface LeftOutIssue {
  id: string;
  title: string;
  reason: string;
}

const MEMORY_OUT = "only loses memory once memory is exhausted already: the exhaustion is what is seen and what must be cured";
const ERROR_PATH =
  "only on an error path that a working configuration does not take, and a few bytes each time: it never shows in a dump";

export const LEFT_OUT_ISSUES: readonly LeftOutIssue[] = [
  {
    id: "KI-0010",
    title: "Report documents and parsed messages are not freed",
    reason: "cfgt is for tests, not for running servers",
  },
  { id: "KI-0012", title: "Call structures are kept when adding them fails", reason: MEMORY_OUT },
  {
    id: "KI-0033",
    title: "Header name parser reads up to one byte beyond a short buffer",
    reason: "reads a byte and writes none; shows in sanitizers and in builds with system malloc alone",
  },
  {
    id: "KI-0039",
    title: "New database id is not freed when a pooled connection is reused",
    reason: "once a module and connection at start: a bounded amount that is part of the start-up floor",
  },
  { id: "KI-0041", title: "Reply buffer is lost when growing it fails", reason: MEMORY_OUT },
  { id: "KI-0042", title: "Result structure is freed only partly when conversion fails", reason: ERROR_PATH },
  { id: "KI-0044", title: "Value array is not freed when the keys of an update cannot be built", reason: ERROR_PATH },
  {
    id: "KI-0069",
    title: "RPC listing writes a zero behind the local buffer for long table names",
    reason: "a stack buffer and a table name of more than 127 characters: neither pool shows it",
  },
  {
    id: "KI-0079",
    title: "TLS work of libcurl drives shared memory counters up",
    reason: "the same fault as KI-0013 (q_malloc's realloc), seen through http_client: KI-0013 names it",
  },
  {
    id: "KI-0084",
    title: "Answers of synchronous Diameter requests stay allocated",
    reason: "an open report without a confirmed cause or a fix to hold a release against",
  },
  {
    id: "KI-0097",
    title: "Fixup free function releases the wrong parameter",
    reason: "runs when a fixup is undone, once at start or reload of a script",
  },
  { id: "KI-0116", title: "Buffers are not freed when no anchor for the Contact can be created", reason: MEMORY_OUT },
  { id: "KI-0118", title: "Specification string of dynamically found servers is lost", reason: ERROR_PATH },
  { id: "KI-0134", title: "Buffer is freed twice when setting a To/From attribute fails", reason: MEMORY_OUT },
  {
    id: "KI-0149",
    title: "Connected UDP sockets are opened again for removed nodes after each reload",
    reason: "file descriptors leak, not memory of a pool: no counter and no dump shows them",
  },
  { id: "KI-0153", title: "Replaces header copy is not freed on errors when a held call is seized", reason: ERROR_PATH },
  {
    id: "KI-0163",
    title: "Name structure of an invalid $dbr() key is lost",
    reason: "once, while a wrong configuration is read at start",
  },
  { id: "KI-0183", title: "Fields of a new UAC dialog are not released when a later copy fails", reason: MEMORY_OUT },
  { id: "KI-0193", title: "Error path of uac_replace frees an uninitialised pointer", reason: MEMORY_OUT },
  { id: "KI-0194", title: "Buffers already linked as lumps are freed again in the dialog replace callback", reason: MEMORY_OUT },
  { id: "KI-0195", title: "Record-route string may be freed twice on an error in restore_uri", reason: MEMORY_OUT },
];
