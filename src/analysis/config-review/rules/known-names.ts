/** Rules: what this release does not know, or reads and ignores. */
import { closest } from "fastest-levenshtein";
import type { ModuleParameterLine } from "../../../kamailio/config/reading.js";
import {
  coreParameter,
  coreParameterKnown,
  coreParameterNames,
  type Lifetime,
} from "../../../kamailio/knowledge/core-parameters.js";
import { kamailioModule, moduleKnown, moduleNames, moduleParameterKnown } from "../../../kamailio/knowledge/modules.js";
import { factAt, rowAt, SHM_MEM_SIZE_WORKS } from "../../../kamailio/knowledge/releases.js";
import type { ConfigFacts } from "../facts.js";
import { type ConfigFinding, finding } from "../finding.js";

/** Names that became others; the text behind an arrow that is no name says what to do. */
const SUCCESSORS: Record<string, string> = {
  "cpl-c": "cplc",
  "janssonrpc-c": "janssonrpcc",
  "jsonrpc-c": "jsonrpcc",
  "jsonrpc-s": "jsonrpcs",
  mi_fifo: "jsonrpcs",
  mi_datagram: "jsonrpcs",
  mi_xmlrpc: "xmlrpc",
  userblacklist: "userblocklist",
  dst_blacklist_expire: "dst_blocklist_expire",
  dst_blacklist_gc_interval: "dst_blocklist_gc_interval",
  dst_blacklist_init: "dst_blocklist_init",
  dst_blacklist_mem: "dst_blocklist_mem",
  dst_blacklist_sctp_imask: "dst_blocklist_sctp_imask",
  dst_blacklist_tcp_imask: "dst_blocklist_tcp_imask",
  dst_blacklist_tls_imask: "dst_blocklist_tls_imask",
  dst_blacklist_udp_imask: "dst_blocklist_udp_imask",
  use_dst_blacklist: "use_dst_blocklist",
};

/** A core parameter of another release: the parser stops at it. */
export function coreNames(facts: ConfigFacts): ConfigFinding[] {
  const { version } = facts;
  if (version === null) return [];
  return facts.reading.core.flatMap((assignment) => {
    if (coreParameterKnown(assignment.written, version) !== false) return [];
    const parameter = coreParameter(assignment.written);
    const successor = successorOf(assignment.written) ?? successorOf(assignment.name);
    const isNew = successor !== null && coreParameterKnown(successor, version) === true;
    return [
      finding("core_parameter_unknown", "error", assignment, {
        message: `${version.text} does not know ${assignment.written} (${lifetimes(parameter?.releases ?? [])}): it refuses to start`,
        why: `A name that the lexer does not know is a syntax error (${parameter?.source ?? "src/core/cfg.y"})`,
        write: isNew ? `${successor}=${assignment.raw}` : null,
      }),
    ];
  });
}

/** 4.4 reads shm_mem_size and does nothing with it. */
export function ignoredShmSize(facts: ConfigFacts): ConfigFinding[] {
  const line = facts.assigned("shm");
  if (line === null || factAt(SHM_MEM_SIZE_WORKS, facts.version) !== false) return [];
  return [
    finding("shm_mem_size_ignored", "error", line, {
      message: `${facts.version?.text} reads ${line.written} and ignores it: shared memory has the size of -m, or the default`,
      why: `The default is set before the file is parsed, and the parser only fills an empty value (${rowAt(SHM_MEM_SIZE_WORKS, facts.version)?.source})`,
      write: `-m ${line.raw}`,
    }),
  ];
}

export function moduleNamesKnown(facts: ConfigFacts): ConfigFinding[] {
  const { version } = facts;
  return facts.reading.modules.slice(0, MAX_JUDGED).flatMap((module) => {
    const row = kamailioModule(module.name);
    if (row === null) {
      const near = closest(module.name, moduleNames());
      return [
        finding("module_not_known", "info", module, {
          message: `${module.name} is no module of Kamailio's own tree: one of your own, or a typing error for ${near}`,
          why: "302 modules are known from the releases 3.3.5 to 6.1.4",
        }),
      ];
    }
    if (moduleKnown(module.name, version) !== false) return [];
    const successor = successorOf(module.name);
    return [
      finding("module_not_in_release", "error", module, {
        message: `${version?.text} has no module ${module.name} (${lifetimes([[row.since, row.until]])}): it refuses to start`,
        why: "loadmodule fails when there is no such file (src/core/sr_module.c@5.6.3)",
        write: successor !== null && moduleKnown(successor, version) === true ? `loadmodule "${successor}.so"` : null,
      }),
    ];
  });
}

export function moduleParameters(facts: ConfigFacts): ConfigFinding[] {
  return facts.reading.modparams.slice(0, MAX_JUDGED).flatMap((line) => notLoaded(facts, line) ?? unknownParameter(facts, line));
}

/** modparam takes a regular expression of modules; one that is loaded has to have the parameter. */
function notLoaded(facts: ConfigFacts, line: ModuleParameterLine): ConfigFinding[] | null {
  if (line.modules.some((module) => facts.loaded(module) || !/^[\w-]{1,100}$/.test(module))) return null;
  return [
    finding("modparam_without_module", "error", line, {
      message: `modparam for ${line.modules.join(", ")}, which is not loaded: Kamailio refuses to start`,
      why: "A parameter of a module that is not loaded is an error (set_mod_param_regex(), src/core/modparam.c@5.6.3)",
      write: `loadmodule "${line.modules[0]}.so"`,
    }),
  ];
}

function unknownParameter(facts: ConfigFacts, line: ModuleParameterLine): ConfigFinding[] {
  const { version } = facts;
  if (version === null) return [];
  const known = line.modules.map((module) => moduleParameterKnown(module, line.name, version));
  if (known.some((answer) => answer !== false)) return [];
  const [module = ""] = line.modules;
  const row = kamailioModule(module)?.parameters.get(line.name);
  const names = [...(kamailioModule(module)?.parameters.values() ?? [])].filter(
    (parameter) => moduleParameterKnown(module, parameter.name, version) === true,
  );
  const near =
    row === undefined && names.length > 0
      ? closest(
          line.name,
          names.map((parameter) => parameter.name),
        )
      : null;
  const reason =
    row === undefined ? `no release from 3.3 to 6.1 has it${near === null ? "" : `; ${near} is near`}` : lifetimes(row.releases);
  return [
    finding("modparam_unknown", "error", line, {
      message: `${module} of ${version.text} has no parameter ${line.name} (${reason}): Kamailio refuses to start`,
      why: "A parameter that the module does not export is an error (set_mod_param_regex(), src/core/modparam.c@5.6.3)",
    }),
  ];
}

/** Statements that were not understood: a typing error, or something that the reader does not know. */
export function unknownStatements(facts: ConfigFacts): ConfigFinding[] {
  return facts.reading.unknown.slice(0, MAX_UNKNOWN_SHOWN).map((statement) => {
    const word = /^[a-z_]{3,60}/.exec(statement.text)?.[0];
    const near = word === undefined ? null : closest(word, coreParameterNames());
    return finding("statement_unknown", "warning", statement, {
      message: `not understood: ${statement.text.split("\n")[0]?.slice(0, 120)} (${statement.reason}${near === null ? "" : `; ${near} is near`})`,
      why: "Kamailio stops at a statement that it does not know (src/core/cfg.y)",
    });
  });
}

/** Conditions that do not close, includes that are not there, and the like. */
export function readingWarnings(facts: ConfigFacts): ConfigFinding[] {
  return facts.reading.warnings.slice(0, MAX_UNKNOWN_SHOWN).map((warning) => {
    const place = /^(.{1,300}):(\d{1,9}): (.*)$/s.exec(warning);
    const where = place === null ? null : { file: place[1] ?? "", line: Number(place[2]) };
    return finding("reading_incomplete", "info", where, {
      message: place?.[3] ?? warning,
      why: "What is not read here is not reviewed",
    });
  });
}

/** Nobody has as many modules, or parameters of them: a name that is not known is compared with hundreds. */
const MAX_JUDGED = 2000;
/** More than these of one kind say nothing new. */
const MAX_UNKNOWN_SHOWN = 20;

function successorOf(name: string): string | null {
  return Object.hasOwn(SUCCESSORS, name) ? (SUCCESSORS[name] ?? null) : null;
}

function lifetimes(releases: readonly Lifetime[]): string {
  return releases
    .map(([since, until]) => {
      const from = since === "3.3.5" ? "" : since === "master" ? "only in the development branch" : `since ${since}`;
      return until === null ? from || "in every release" : `${from === "" ? "" : `${from} `}until ${until}`;
    })
    .join(", ");
}
