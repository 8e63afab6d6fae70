/**
 * What every reader of a history gives to: single values of named counters, with or without a time. They become samples here, once for all forms.
 *
 * Names are looked up once a series. Values without a time are the page of one moment; values with one go to the collector, which puts
 * those of a moment together whatever order they came in.
 */
import { bareCounter, type SpelledCounter, spelledCounter } from "../../knowledge/counter-spellings.js";
import type { WrittenTime } from "../../log-line/time-text.js";
import type { Pool } from "../../pool.js";
import { assemble, type Reading } from "../assemble.js";
import { createCollector } from "./collector.js";
import type { Labels, PointsSink, Series } from "./series.js";

export interface Points {
  /** The series of a name as it stands in the text; `null` when it is no counter of Kamailio's memory or load. */
  series(name: string, labels: Labels): Series | null;
  /** The series of a field whose pool is known from its surroundings. */
  field(name: string, pool: Pool | "load", labels: Labels): Series | null;
  /** One value. `time` `null`: it belongs to the moment that the text is at. */
  add(series: Series, time: WrittenTime | null, value: number | null, line: number, form: string): void;
  /** Something else begins: the values without a time that were collected are a page. */
  flush(): void;
  end(): void;
}

/** Labels that tell counters of one server apart. */
const OWN_LABELS: ReadonlySet<string> = new Set(["pid", "rank", "desc", "entry", "index", "description", "type", "method"]);
/** Names and label sets of one upload; a server with a thousand processes and every statistic has fewer. */
const MAX_SERIES = 50_000;
/** The name that an upload's own load counters may have. */
const MAX_LOAD_NAME = 100;

export function createPoints(sink: PointsSink): Points {
  const known = new Map<string, Series | null>();
  const collector = createCollector(sink);
  let untimed = new Map<string, Reading>();
  let form = "";

  function intern(key: string, find: () => SpelledCounter | null, labels: Labels): Series | null {
    const before = known.get(key);
    if (before !== undefined) return before;
    if (known.size >= MAX_SERIES) return null;
    const counter = find();
    const series = counter === null ? null : seriesOf(known.size, counter, labels);
    known.set(key, series);
    return series;
  }

  function flush(): void {
    if (untimed.size === 0) return;
    const readings = [...untimed.values()];
    untimed = new Map();
    sink.page(assemble(readings, form, sink), null);
  }

  return {
    series: (name, labels) => intern(`${name}\n${JSON.stringify(labels)}`, () => spelledCounter(name, labels), labels),
    field: (name, pool, labels) =>
      intern(
        `${pool}\n${name}\n${JSON.stringify(labels)}`,
        () => (pool === "load" ? loadCounter(name) : bareCounter(name, pool)),
        labels,
      ),
    add(series, time, value, line, from) {
      if (time !== null) {
        if (value !== null) collector.add(series, sink.utc(time), value, line, from);
        return;
      }
      if (untimed.has(series.key)) flush();
      form = from;
      const { counter, labels } = series;
      untimed.set(series.key, { target: counter.target, narrow: counter.narrow, labels, value, line });
    },
    flush,
    end() {
      flush();
      collector.end();
    },
  };
}

/** As this service's own export names it. */
function loadCounter(name: string): SpelledCounter | null {
  if (name === "" || name.length > MAX_LOAD_NAME || name === "__proto__") return null;
  return { target: { kind: "load", name }, narrow: false, pid: null };
}

function seriesOf(id: number, counter: SpelledCounter, labels: Labels): Series {
  const own: Record<string, string> = {};
  const server: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) {
    if (OWN_LABELS.has(name)) own[name] = value;
    else if (name !== "__name__") server[name] = value;
  }
  if (counter.pid !== null) own.pid ??= counter.pid;
  const { target } = counter;
  const process = target.kind === "pkg" || target.kind === "process" ? (own.pid ?? own.entry ?? own.index ?? "") : "";
  const what = "field" in target ? target.field : "name" in target ? target.name : "";
  return { id, counter, labels: own, server: JSON.stringify(server), key: `${target.kind} ${what} ${process}` };
}
