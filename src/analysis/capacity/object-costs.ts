/** What things cost: measured on this server where its populations moved, else by its configuration, else by the table of its release. */
import { costUnder } from "../../kamailio/knowledge/costs/by-manager.js";
import {
  CONTACT,
  type CountedObject,
  DIALOG,
  type ObjectCost,
  TCP_CONNECTION,
  TCP_HIGH,
  TLS_BESIDE,
  TLS_HIGH,
  TRANSACTION,
  WEBSOCKET_BUFFER,
} from "../../kamailio/knowledge/costs/objects.js";
import { PROCESS_SHM } from "../../kamailio/knowledge/costs/start.js";
import { type Row, rowAt } from "../../kamailio/knowledge/releases.js";
import type { Manager } from "../../kamailio/pool.js";
import type { Version } from "../../kamailio/version.js";
import type { ConfigFacts } from "../config-review/facts.js";
import type { FixedParts } from "./fixed-parts.js";
import type { MeasuredCosts } from "./measured-costs.js";
import { COUNTED } from "./populations.js";

export type CostSource = "measured" | "configuration" | "release_table";

export interface ObjectBytes {
  low: number;
  likely: number;
  high: number;
}

export interface Cost {
  object: CountedObject | "process_shm" | "process_pkg";
  bytes: ObjectBytes;
  source: CostSource;
  evidence: string;
}

/** By the release and the configuration, before anything was measured. */
export function tableCosts(facts: ConfigFacts, manager: Manager | null): Record<CountedObject, Cost> {
  const { version } = facts;
  const counted = (object: CountedObject, rows: readonly Row<ObjectCost>[]): Cost => {
    const { value, source } = newest(rows, version);
    const likely = costUnder(value.likely, manager);
    return { object, bytes: spread(likely, value.low, value.high), source: "release_table", evidence: source };
  };
  return {
    contact: counted("contact", CONTACT),
    dialog: counted("dialog", DIALOG),
    transaction: counted("transaction", TRANSACTION),
    tcp_connection: connection(facts, manager, "tcp_connection"),
    tls_connection: connection(facts, manager, "tls_connection"),
  };
}

/** Each is one chunk with its read buffer, whatever is read; TLS keeps OpenSSL's buffers beside it. */
function connection(facts: ConfigFacts, manager: Manager | null, object: "tcp_connection" | "tls_connection"): Cost {
  const { version } = facts;
  const buffer = facts.coreOrNewest("tcp_rd_buf_size") ?? 16_384;
  const websocket = facts.loaded("websocket") ? newest(WEBSOCKET_BUFFER, version).value : 0;
  const base = newest(TCP_CONNECTION, version);
  const plain = costUnder(base.value, manager) + buffer;
  const tls = object === "tls_connection" ? newest(TLS_BESIDE, version) : null;
  const likely = plain + (tls === null ? 0 : costUnder(tls.value, manager));
  const high = plain * TCP_HIGH + websocket + (tls === null ? 0 : costUnder(tls.value, manager) * TLS_HIGH);
  const where = facts.assigned("tcp_rd_buf_size");
  return {
    object,
    bytes: { low: likely, likely, high: Math.round(high) },
    source: where === null ? "release_table" : "configuration",
    evidence: `tcp_rd_buf_size=${buffer}${where === null ? "" : ` (${where.file}:${where.line})`}${websocket > 0 ? `, websocket buffer ${websocket}` : ""}; ${tls?.source ?? base.source}`,
  };
}

/** All costs with the best that is known of each. */
export function bestCosts(table: Record<CountedObject, Cost>, { costs: measured }: MeasuredCosts, fixed: FixedParts): Cost[] {
  const each = COUNTED.map((object): Cost => {
    const found = measured.get(object);
    if (found === undefined) return table[object];
    const { low, likely, high, rows, from, to } = found;
    return {
      object,
      bytes: { low, likely, high },
      source: "measured",
      evidence: `real_used of shm against ${Math.round(from)} to ${Math.round(to)} of them in ${rows} samples or hours of this server`,
    };
  });
  const worker = fixed.parts.reduce((sum, { pool, only, bytes }) => sum + (pool === "pkg" && only === undefined ? bytes : 0), 0);
  const shm = PROCESS_SHM.bytes.qm;
  return [
    ...each,
    {
      object: "process_shm",
      bytes: { low: 1092, likely: shm, high: shm },
      source: "release_table",
      evidence: PROCESS_SHM.source,
    },
    {
      object: "process_pkg",
      bytes: { low: worker, likely: worker, high: fixed.pkg_bytes },
      source: "configuration",
      evidence: "the fixed parts of pkg; each process may take all of -M",
    },
  ];
}

function newest<T>(rows: readonly Row<T>[], version: Version | null): { value: T; source: string } {
  const row = rowAt(rows, version) ?? rows.at(-1);
  if (row === undefined) throw new RangeError("a table of costs without a row");
  return row;
}

function spread(likely: number, low: number, high: number): ObjectBytes {
  return { low: Math.round(likely * low), likely, high: Math.round(likely * high) };
}
