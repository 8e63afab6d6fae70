/** Rules: words and forms that are newer than the release, and lines that stand too early or too late. */
import type { ConfigPlace } from "../../../kamailio/config/reading.js";
import { directive, directiveKnown } from "../../../kamailio/knowledge/directives.js";
import { versionInRange } from "../../../kamailio/version.js";
import type { ConfigFacts } from "../facts.js";
import { type ConfigFinding, finding } from "../finding.js";
import { linesOf } from "../patch/edits.js";

/** One finding of a kind tells it; a hundred say nothing new. */
const MAX_OF_A_KIND = 20;

/** `#!ifexp` before 5.7 guards nothing: the lexer takes it for a comment. */
export function newerDirectives(facts: ConfigFacts): ConfigFinding[] {
  const { version, reading } = facts;
  if (version === null) return [];
  const findings: ConfigFinding[] = [];
  for (const file of reading.files_read) {
    linesOf(reading, file).forEach((text, index) => {
      const word = /^\s{0,100}(?:#!|!!)([a-z_]{3,20})/.exec(text)?.[1];
      const row = word === undefined ? null : directive(word);
      if (word === undefined || row === null || directiveKnown(word, version) || findings.length >= MAX_OF_A_KIND) return;
      findings.push(
        finding(
          "directive_unknown",
          "error",
          { file, line: index + 1 },
          {
            message: `${version.text} reads #!${word} as a comment (it exists since ${row.since}): what it guards or defines is not`,
            why: `A word behind #! that the lexer does not know is a comment (${row.source})`,
          },
        ),
      );
    });
  }
  return findings;
}

/** Forms of a statement that came later than the statement. */
export function newerForms(facts: ConfigFacts): ConfigFinding[] {
  const { version, reading } = facts;
  if (version === null) return [];
  const findings: ConfigFinding[] = [];
  const need = (since: string, form: string, where: ConfigPlace, write: string | null) => {
    if (versionInRange(version, { since, until: null }) || findings.length >= MAX_OF_A_KIND) return;
    findings.push(
      finding("form_unknown", "error", where, {
        message: `${version.text} does not know ${form} (since ${since}): it refuses to start`,
        why: "The grammar has it since then (src/core/cfg.y)",
        write,
      }),
    );
  };
  for (const module of reading.modules) {
    if (module.raw.startsWith("loadmodulex")) need("5.5.0", "loadmodulex", module, `loadmodule "${module.name}.so"`);
    else if (/^loadmodule\s{0,20}\(/.test(module.raw))
      need("5.7.0", "loadmodule with brackets", module, `loadmodule "${module.name}.so"`);
  }
  for (const line of reading.modparams) if (line.raw.startsWith("modparamx")) need("5.5.0", "modparamx", line, null);
  for (const socket of reading.sockets) {
    if (socket.agname !== null) need("6.0.0", "agname of a socket", socket, null);
    else if (socket.virtual) need("5.6.0", "virtual sockets", socket, null);
    else if (socket.name !== null) need("5.4.0", "names of sockets", socket, null);
  }
  return findings;
}

/** The first modparam or route takes shared memory: its size has to be set before. */
export function lateShmSize(facts: ConfigFacts): ConfigFinding[] {
  const { reading } = facts;
  const line = reading.core.find((assignment) => assignment.name === "shm" || assignment.name === "shm_force_alloc");
  if (line === undefined) return [];
  const early = [...reading.modparams.slice(0, 1), ...reading.routes.slice(0, 1)].find(
    (place) => place.file === line.file && place.line < line.line,
  );
  if (early === undefined) return [];
  return [
    finding("shm_size_too_late", "error", line, {
      message: `${line.written} stands behind line ${early.line}, where shared memory is taken: Kamailio refuses to start`,
      why: "shm_mem_size and shm_force_alloc must be before any modparam or the route blocks (cfg.y:1700@5.6.3)",
      write: `${line.written}=${line.raw}`,
    }),
  ];
}

/** A parameter is set on a module that is there. */
export function earlyParameters(facts: ConfigFacts): ConfigFinding[] {
  const loadedAt = new Map<string, ConfigPlace>();
  for (const module of facts.reading.modules) if (!loadedAt.has(module.name)) loadedAt.set(module.name, module);
  const early = facts.reading.modparams.filter((line) => {
    const places = line.modules.map((module) => loadedAt.get(module));
    return (
      places.length > 0 && places.every((place) => place !== undefined && place.file === line.file && place.line > line.line)
    );
  });
  return early.slice(0, MAX_OF_A_KIND).map((line) =>
    finding("modparam_before_module", "error", line, {
      message: `modparam for ${line.modules.join(", ")} stands before its loadmodule: Kamailio refuses to start`,
      why: "The module is looked up when the line is read (set_mod_param_regex(), src/core/modparam.c@5.6.3)",
    }),
  );
}
