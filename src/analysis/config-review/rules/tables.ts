/** Rules: tables that live in shared memory, and what bounds them. */
import { duration, mb, SECOND } from "../../../kamailio/units.js";
import { moduleTables } from "../../capacity/module-tables.js";
import type { ConfigFacts } from "../facts.js";
import { type ConfigFinding, finding } from "../finding.js";
import { definitionNumber } from "../processes/module-processes.js";
import { poolSizes } from "../sizes.js";

/** Share of shm that the empty slots of one table may take. */
const SLOT_SHARE = 0.1;
/** Twelve hours: how long a dialog whose BYE was lost stays, by default. */
const LONG_DIALOG_SECONDS = 43_200;

export function usrloc(facts: ConfigFacts): ConfigFinding[] {
  const loaded = facts.reading.modules.find((module) => module.name === "usrloc");
  if (loaded === undefined) return [];
  const mode = facts.number("usrloc", "db_mode");
  const where = facts.parameter("usrloc", "db_mode") ?? loaded;
  const findings: ConfigFinding[] = [];
  if (mode === 3)
    findings.push(
      finding("usrloc_database_only", "info", where, {
        message: "db_mode=3: contacts are in the database alone; any usrloc contact in a shm dump is a leak",
        why: "DB_ONLY keeps nothing in memory (src/modules/usrloc/udomain.c@5.6.3; kamailio#997)",
      }),
    );
  else if (mode !== null)
    findings.push(
      finding("usrloc_in_memory", "info", where, {
        message: `db_mode=${mode}: every contact is in shared memory (up to 8 chunks each)${mode === 0 ? ", and a restart forgets them" : ", and all are loaded at start"}`,
        why: "ucontact_t and its strings are shm chunks until they expire (src/modules/usrloc/ucontact.c:96-137@5.6.3)",
      }),
    );
  const registrar = facts.reading.modules.find((module) => module.name === "registrar");
  if (registrar === undefined || mode === 3) return findings;
  const why = "Nothing else bounds how many contacts one account keeps, or how long (src/modules/registrar/save.c@5.6.3)";
  if (facts.number("registrar", "max_contacts") === 0)
    findings.push(
      finding("registrar_contacts_unbounded", "warning", facts.parameter("registrar", "max_contacts") ?? registrar, {
        message: "max_contacts is 0: one account can register contacts without end",
        why,
        write: 'modparam("registrar", "max_contacts", 10)',
      }),
    );
  if (facts.number("registrar", "max_expires") === 0)
    findings.push(
      finding("registrar_expires_unbounded", "warning", facts.parameter("registrar", "max_expires") ?? registrar, {
        message: "max_expires is 0: a contact stays for as long as the client asks",
        why,
        write: 'modparam("registrar", "max_expires", 3600)',
      }),
    );
  return findings;
}

/** `htable` definitions: `name=>size=8;autoexpire=300;`. */
export function htables(facts: ConfigFacts): ConfigFinding[] {
  return facts.parameters("htable", "htable").flatMap((line) => {
    const definition = String(line.value ?? "");
    const arrow = definition.indexOf("=>");
    if (arrow < 0) return [];
    const name = definition.slice(0, arrow).trim().slice(0, 100);
    const settings = definition.slice(arrow + 2);
    const findings: ConfigFinding[] = [];
    if ((definitionNumber(settings, "autoexpire") ?? 0) === 0) {
      const kept = settings
        .split(";")
        .map((part) => part.trim())
        .filter((part) => part !== "" && !part.startsWith("autoexpire"))
        .join(";");
      findings.push(
        finding("htable_without_autoexpire", "warning", line, {
          message: `htable ${name} has no autoexpire: items stay until the script deletes them, and nothing limits their number`,
          why: "size is the number of slots (2^size), not of items; an item is one shm chunk (src/modules/htable/ht_api.c:182-186@5.6.3)",
          write: `modparam("htable", "htable", "${name}=>${kept === "" ? "size=8" : kept};autoexpire=3600;")`,
        }),
      );
    }
    return findings;
  });
}

/** A queue that nobody reads grows without end. */
export function queues(facts: ConfigFacts): ConfigFinding[] {
  const shared = facts.number("mqueue", "mqueue_size") ?? 0;
  return facts.parameters("mqueue", "mqueue").flatMap((line) => {
    const definition = String(line.value ?? "");
    if ((definitionNumber(definition, "size") ?? shared) > 0) return [];
    return [
      finding("mqueue_unbounded", "warning", line, {
        message: `mqueue "${definition.slice(0, 100)}" has no size: a queue that is not read fast enough grows until shm is full`,
        why: "With size=N the oldest item is dropped (src/modules/mqueue/mqueue_api.c:344@5.6.3)",
        write: `modparam("mqueue", "mqueue", "${definition.replace(/;?\s*$/, "").replace(/;?\s*size=0/, "")};size=10000;")`,
      }),
    ];
  });
}

export function pipes(facts: ConfigFacts): ConfigFinding[] {
  const loaded = facts.reading.modules.find((module) => module.name === "pipelimit");
  if (loaded === undefined || facts.number("pipelimit", "clean_unused") !== 0) return [];
  return [
    finding("pipelimit_never_cleans", "info", facts.parameter("pipelimit", "clean_unused") ?? loaded, {
      message: "clean_unused is 0: a pipe that a script names once (by source address, say) is kept for ever",
      why: "Unused pipes are removed only with clean_unused (src/modules/pipelimit/pl_ht.c:174,347-353@5.6.3)",
      write: 'modparam("pipelimit", "clean_unused", 60)',
    }),
  ];
}

export function dialogs(facts: ConfigFacts): ConfigFinding[] {
  const loaded = facts.reading.modules.find((module) => module.name === "dialog");
  if (loaded === undefined) return [];
  const findings: ConfigFinding[] = [];
  const timeout = facts.number("dialog", "default_timeout");
  const asks = (facts.number("dialog", "ka_interval") ?? 0) > 0 && (facts.number("dialog", "ka_timer") ?? 0) > 0;
  if (timeout !== null && timeout >= LONG_DIALOG_SECONDS && !asks)
    findings.push(
      finding("dialog_lost_bye", "warning", facts.parameter("dialog", "default_timeout") ?? loaded, {
        message: `a dialog whose BYE is lost stays for ${duration(timeout * SECOND)} (default_timeout=${timeout}), and no keepalive finds it`,
        why: "Dialogs are bounded by their lifetime alone (src/modules/dialog/dlg_hash.c:469@5.6.3)",
        write: 'modparam("dialog", "default_timeout", 14400)',
      }),
    );
  return findings;
}

/** Tables that take much of the pool, or all of it, while they are empty; each as `capacity` counts it. */
export function emptyTables(facts: ConfigFacts): ConfigFinding[] {
  const { shm_bytes: shm } = poolSizes(facts);
  if (shm === null) return [];
  return moduleTables(facts, facts.manager("shm"))
    .filter(({ bytes, where }) => where !== null && bytes > shm * SLOT_SHARE)
    .map(({ module, name, what, bytes, source, where }) =>
      finding(`${module}_slots_large`, bytes >= shm ? "error" : "warning", where, {
        message: `${what} take ${mb(bytes)} of ${mb(shm)} shm while they are empty`,
        why: `The slots are allocated at start, one array for each table (${source})`,
        write: SMALLER[module]?.replace("NAME", name ?? "") ?? null,
      }),
    );
}

/** The line with a size that is enough for a hundred thousand entries. */
const SMALLER: Record<string, string> = {
  htable: 'modparam("htable", "htable", "NAME=>size=12;...")',
  usrloc: 'modparam("usrloc", "hash_size", 14)',
  dialog: 'modparam("dialog", "hash_size", 4096)',
};
