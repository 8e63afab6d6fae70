/** How many contacts, dialogs, transactions and connections a server held, by the counters that were recorded. */
import type { Series } from "../../kamailio/history/series.js";
import type { CountedObject } from "../../kamailio/knowledge/costs/objects.js";
import type { History } from "../history/history.js";

export const COUNTED: readonly CountedObject[] = ["contact", "dialog", "transaction", "tcp_connection", "tls_connection"];

/** One moment's numbers; an object without a counter is missing. */
export type Populations = Partial<Record<CountedObject, number>>;

/** A population over time: `value` at each row's time in epoch ms. */
export interface PopulationSeries {
  at: Float64Array;
  value: Float64Array;
  /** Highest of each row. */
  peak: Float64Array;
}

/** Tables of contacts print a counter each (`location_contacts`); where none does, addresses of record stand for them. */
const CONTACTS = /_contacts$/;
const FIRST_OF: Record<Exclude<CountedObject, "contact">, readonly string[]> = {
  dialog: ["all_dialogs", "active_dialogs"],
  transaction: ["current_transactions", "active_transactions"],
  tcp_connection: ["tcp_current_connections"],
  tls_connection: ["tls_current_connections"],
};

/** The populations that were recorded. TCP's counter holds the TLS connections too: they are taken out. */
export function populationSeries(history: History): Map<CountedObject, PopulationSeries> {
  const found = new Map<CountedObject, PopulationSeries>();
  for (const object of COUNTED) {
    const series = seriesOf(history.load, object);
    if (series !== null) found.set(object, series);
  }
  const tcp = found.get("tcp_connection");
  const tls = found.get("tls_connection");
  if (tcp !== undefined && tls !== undefined) found.set("tcp_connection", without(tcp, tls));
  return found;
}

function seriesOf(load: History["load"], object: CountedObject): PopulationSeries | null {
  if (object !== "contact") {
    const name = FIRST_OF[object].find((one) => (load.get(one)?.at.length ?? 0) > 0);
    return name === undefined ? null : plain(load.get(name));
  }
  const tables = [...load].filter(([name, { at }]) => CONTACTS.test(name) && at.length > 0).map(([, series]) => plain(series));
  const [first, ...others] = tables;
  if (first == null) return plain(load.get("registered_users"));
  return others.reduce<PopulationSeries>((sum, one) => (one === null ? sum : combined(sum, one, 1)), first);
}

function plain(series: Series | undefined): PopulationSeries | null {
  if (series === undefined || series.at.length === 0) return null;
  return { at: series.at, value: series.last, peak: series.max };
}

function without(all: PopulationSeries, part: PopulationSeries): PopulationSeries {
  return combined(all, part, -1);
}

/** Row by row of the first; where the second has no row of that time, it counts as it was last. */
function combined(a: PopulationSeries, b: PopulationSeries, sign: 1 | -1): PopulationSeries {
  const value = new Float64Array(a.at.length);
  const peak = new Float64Array(a.at.length);
  let row = 0;
  for (let i = 0; i < a.at.length; i++) {
    while (row + 1 < b.at.length && (b.at[row + 1] ?? 0) <= (a.at[i] ?? 0)) row++;
    const there = (b.at[row] ?? Number.POSITIVE_INFINITY) <= (a.at[i] ?? 0);
    value[i] = Math.max(0, (a.value[i] ?? 0) + sign * (there ? (b.value[row] ?? 0) : 0));
    peak[i] = Math.max(0, (a.peak[i] ?? 0) + sign * (there ? ((sign === 1 ? b.peak[row] : b.value[row]) ?? 0) : 0));
  }
  return { at: a.at, value, peak };
}

/** The newest and the highest numbers. */
export function populationsNow(history: History): { now: Populations; peak: Populations } {
  const now: Populations = {};
  const peak: Populations = {};
  for (const [object, series] of populationSeries(history)) {
    now[object] = series.value.at(-1) ?? 0;
    peak[object] = series.peak.reduce((most, value) => (value > most ? value : most), 0);
  }
  return { now, peak };
}
