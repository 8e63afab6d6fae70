/** The tables that the loaded modules make at start, and what their slots take while they are empty. */
import type { ConfigPlace } from "../../kamailio/config/reading.js";
import { costUnder } from "../../kamailio/knowledge/costs/by-manager.js";
import { TABLES, type TableCost } from "../../kamailio/knowledge/costs/hash-tables.js";
import type { Manager } from "../../kamailio/pool.js";
import { versionInRange } from "../../kamailio/version.js";
import type { ConfigFacts } from "../config-review/facts.js";
import { definitionNumber } from "../config-review/processes/module-processes.js";

export interface ModuleTable {
  module: string;
  /** Of a definition that may come many times: `name=>size=8`. */
  name: string | null;
  what: string;
  slots: number;
  bytes: number;
  source: string;
  /** The line that sizes it; `null` for a default. */
  where: ConfigPlace | null;
}

/** 2^62 bytes are more than any machine has: what is beyond is said, not computed. */
const MOST_DOUBLINGS = 56;

export function moduleTables(facts: ConfigFacts, manager: Manager | null): ModuleTable[] {
  return TABLES.filter((row) => facts.loaded(row.module) && holds(row, facts)).flatMap((row) =>
    row.slots === "definition" ? definedTables(facts, row, manager) : (parameterTable(facts, row, manager) ?? []),
  );
}

/** Without a known release the newest row of a module counts. */
function holds(row: TableCost, { version }: ConfigFacts): boolean {
  if (version === null || version.major === null) return row.until === undefined;
  return versionInRange(version, { since: row.since ?? "3.3.5", until: row.until ?? null });
}

function parameterTable(facts: ConfigFacts, row: TableCost, manager: Manager | null): ModuleTable | null {
  const set = row.parameter === null ? null : facts.numberSet(row.module, row.parameter);
  const where = row.parameter === null ? null : facts.parameter(row.module, row.parameter);
  const value = set ?? (row.parameter === null ? null : facts.number(row.module, row.parameter)) ?? row.fallback;
  if (row.above !== undefined && value <= row.above) return null;
  if (row.module === "auth" && facts.numberSet("auth", "nonce_count") !== 1) return null;
  const tables =
    row.needs === "domain"
      ? locationTables(facts)
      : row.module === "uac"
        ? facts.text("uac", "reg_db_url") === null
          ? 0
          : 2
        : 1;
  if (tables === 0) return null;
  const slots = slotsOf(row, value);
  const name = row.parameter === null ? "table" : `${row.parameter}=${value}`;
  return {
    module: row.module,
    name: null,
    what: `${row.module} ${name}: ${tables > 1 ? `${tables} tables of ` : ""}${slots} slots`,
    slots: slots * tables,
    bytes: slots * tables * costUnder(row.slot, manager) + (row.beside ?? 0),
    source: row.source,
    where,
  };
}

/** `name=>size=8;autoexpire=300;`, one table a line. */
function definedTables(facts: ConfigFacts, row: TableCost, manager: Manager | null): ModuleTable[] {
  return facts.parameters(row.module, row.parameter ?? "").flatMap((line) => {
    const definition = String(line.value ?? "");
    const arrow = definition.indexOf("=>");
    if (arrow < 0) return [];
    const written = definitionNumber(definition.slice(arrow + 2), "size") ?? row.fallback;
    const size = row.largest !== undefined && written > row.largest.value ? row.largest.beyond : Math.max(2, written);
    const slots = slotsOf({ ...row, slots: "power" }, size);
    const name = definition.slice(0, arrow).trim().slice(0, 100);
    return [
      {
        module: row.module,
        name,
        what: `${row.module} ${name} size=${size}: ${slots} slots`,
        slots,
        bytes: slots * costUnder(row.slot, manager),
        source: row.source,
        where: line,
      },
    ];
  });
}

function slotsOf({ slots }: TableCost, value: number): number {
  const doublings = (exponent: number) => 2 ** Math.min(MOST_DOUBLINGS, Math.max(0, Math.floor(exponent)));
  if (slots === "power") return doublings(value);
  if (slots === "count_power") return doublings(Math.log2(Math.max(1, value)));
  return Math.max(0, value);
}

/**
 * The domains of usrloc that routes name: `save("location")`, `lookup("location")`, `registered("x")`; until one does, `hash_size` costs nothing.
 * A script in another language may name one without showing it, so an engine counts for one.
 */
function locationTables(facts: ConfigFacts): number {
  const { reading } = facts;
  const found = reading.script_domains.length;
  if (found > 0) return found;
  return reading.engine !== null || (reading.routes.length === 0 && facts.anyLoaded("registrar") !== null) ? 1 : 0;
}
