/**
 * A build while it is read: fields fill up label by label, and a field that comes a second time means that another output has begun.
 */
import { MB } from "../units.js";
import { readVersion, type Version } from "../version.js";
import type { Build, BuildLimits, Product } from "./build.js";
import type { FlagList } from "./flag-list.js";
import { memoryFacts } from "./memory.js";

/** What `Build` is made from; `null` or absent: not read. */
export interface Draft {
  product: Product | null;
  version: Version | null;
  architecture: string | null;
  operating_system: string | null;
  list: FlagList | null;
  limits: BuildLimits;
  default_pkg_size_mb: number | null;
  default_shm_size_mb: number | null;
  compiler: string | null;
  compiled_at: string | null;
  source_revision: string | null;
  source_dirty: boolean | null;
  config: string | null;
  modules: string[] | null;
  run_dir: string | null;
  tcp_poll_methods: string[] | null;
  from_running_process: boolean;
  unknown_lines: string[];
}

export function newDraft(fields: Partial<Draft> = {}): Draft {
  return {
    product: null,
    version: null,
    architecture: null,
    operating_system: null,
    list: null,
    limits: {
      buf_size: null,
      max_uri_size: null,
      max_recv_buffer_size: null,
      max_send_buffer_size: null,
      max_listen: null,
      adaptive_wait_loops: null,
    },
    default_pkg_size_mb: null,
    default_shm_size_mb: null,
    compiler: null,
    compiled_at: null,
    source_revision: null,
    source_dirty: null,
    config: null,
    modules: null,
    run_dir: null,
    tcp_poll_methods: null,
    from_running_process: false,
    unknown_lines: [],
    ...fields,
  };
}

const PRODUCTS: ReadonlyMap<string, Product> = new Map<string, Product>([
  ["kamailio", "kamailio"],
  ["ser", "ser"],
  ["sip-router", "sip-router"],
  ["openser", "openser"],
  ["opensips", "opensips"],
]);

/** Tools that print a version line of the same shape but are no server. */
const TOOLS: ReadonlySet<string> = new Set(["kamcmd", "sercmd", "kamctl", "kamdbctl", "opensips-cli", "sipp", "sipsak"]);

export function productOf(name: string): Product {
  return PRODUCTS.get(name.toLowerCase()) ?? "other";
}

const NAME_AND_VERSION =
  /^\s*([A-Za-z][\w.-]{0,40}),?\s{1,40}v?(\d{1,4}(?:\.[^\s(),/]{1,60})?),?(?:\s{0,40}\(([^\s()/]{1,40})\/([^\s()]{1,40})\))?/;
/** MI: "kamailio (3.3.7 (x86_64/linux))". */
const MI_SERVER = /^\s*([A-Za-z][\w.-]{0,40})\s{1,9}\((\d{1,4}\.[^\s()]{1,60})\s{1,9}\(([^\s()/]{1,40})\/([^\s()]{1,40})\)\)/;
const REVISION = /^\s*(unknown|[0-9a-f]{4,40})?[ \t]*(-?dirty)?(?![\w.-])/i;

export interface VersionLine {
  product: Product;
  version: Version;
  architecture: string | null;
  operating_system: string | null;
  source_revision: string | null;
  source_dirty: boolean | null;
  length: number;
}

/** "kamailio 5.6.3 (x86_64/linux) c8d2f1-dirty"; without the parentheses as `core.info` prints it. `null`: no version, or that of a tool. */
export function readVersionLine(text: string): VersionLine | null {
  const match = NAME_AND_VERSION.exec(text) ?? MI_SERVER.exec(text);
  if (match === null) return null;
  const [whole, name = "", number = "", architecture = null, operatingSystem = null] = match;
  const version = readVersion(number);
  if (version === null || TOOLS.has(name.toLowerCase())) return null;
  // The revision stands on the same line; a wrapped one is printed again behind "id:".
  const rest = firstLine(text.slice(whole.length));
  const revision = architecture === null ? null : readRevision(rest);
  return {
    product: productOf(name),
    version,
    architecture,
    operating_system: operatingSystem,
    source_revision: revision?.source_revision ?? null,
    source_dirty: revision?.source_dirty ?? null,
    length: whole.length + (revision?.length ?? 0),
  };
}

/** "c8d2f1 -dirty", "c8d2f1-dirty", "unknown". The state is only known with a revision, or when it says dirty. */
export function readRevision(
  text: string,
): { source_revision: string | null; source_dirty: boolean | null; length: number } | null {
  const match = REVISION.exec(text);
  if (match === null) return null;
  const revision = match[1] === undefined || match[1].toLowerCase() === "unknown" ? null : match[1];
  const dirty = match[2] !== undefined;
  return { source_revision: revision, source_dirty: revision === null && !dirty ? null : dirty, length: match[0].length };
}

export function firstLine(text: string): string {
  const newline = text.indexOf("\n");
  return newline === -1 ? text : text.slice(0, newline);
}

/** Sizes beyond what any machine has are not sizes. */
const MAX_SIZE_MB = MB * MB;

export function sizeMb(value: number): number | null {
  return value <= MAX_SIZE_MB ? value : null;
}

/** Only Kamailio and its ancestors since sip-router 3.0 print these words: who a list without a name belongs to. */
const KAMAILIO_WORDS: ReadonlySet<string> = new Set([
  "DBG_SR_MEMORY",
  "TLSF_MALLOC",
  "TLS_HOOKS",
  "USE_RAW_SOCKS",
  "USE_DNS_CACHE",
]);

/** The finished build. */
export function toBuild(draft: Draft): Build {
  const product = draft.product ?? (draft.list?.flags.some((flag) => KAMAILIO_WORDS.has(flag)) ? "kamailio" : "other");
  const { memory, build_variables } = memoryFacts(product, draft.version, draft.list);
  return {
    product,
    version: draft.version,
    architecture: draft.architecture,
    operating_system: draft.operating_system,
    flags: draft.list?.complete ? draft.list.flags : null,
    memory,
    default_pkg_size_mb: draft.default_pkg_size_mb,
    default_shm_size_mb: draft.default_shm_size_mb,
    limits: draft.limits,
    compiler: draft.compiler,
    compiled_at: draft.compiled_at,
    source_revision: draft.source_revision,
    source_dirty: draft.source_dirty,
    paths: { config: draft.config, modules: draft.modules, run_dir: draft.run_dir },
    tcp_poll_methods: draft.tcp_poll_methods,
    build_variables,
    from_running_process: draft.from_running_process,
    unknown_lines: draft.unknown_lines,
  };
}
