/**
 * The HTTP API of Prometheus and of what speaks it too (VictoriaMetrics, Thanos, Mimir): /api/v1/label/__name__/values, series, query and
 * query_range, by GET, each query one metric with plain label matchers, which every one of them can.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { MB } from "../../kamailio/units.js";
import type { OutgoingAnswer, OutgoingClient } from "../outgoing/outgoing.js";
import { OutgoingError } from "../outgoing/outgoing-error.js";
import { failure, type ImportFailure } from "./import-failure.js";
import type { LabelSet } from "./import-state.js";

export interface Series {
  labels: LabelSet;
  /** Epoch ms and the value as it is written. */
  values: [at: number, value: string][];
}

/** The server refused a query or could not carry the answer: less at a time may work. */
export class TooMuch extends Error {
  override name = "TooMuch";

  constructor(readonly failure: ImportFailure) {
    super(failure.message);
  }
}

export interface SourceOptions {
  outgoing: OutgoingClient;
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal;
  /** Milliseconds before each further try after a passing error. */
  retry_delays: readonly number[];
}

/** Bytes of an answer. Each query is one metric, whose chunk is sized to some MB at the most. */
const MOST_BYTES = 32 * MB;
/** A server cuts its own queries at 2 minutes (`--query.timeout`). Milliseconds. */
const TIMEOUT = 130_000;
/** A server's own words in an error. */
const MOST_WORDS = 300;

export class PrometheusSource {
  readonly #base: string;

  constructor(private readonly options: SourceOptions) {
    const url = new URL(options.url);
    const path = url.pathname.replace(/\/{1,100}$/, "");
    this.#base = `${url.origin}${path.endsWith("/api/v1") ? path : `${path}/api/v1`}`;
  }

  /** Bytes of the last answers since this was last set. */
  largest_answer = 0;

  metricNames(from: number, to: number): Promise<string[]> {
    return this.#get("label/__name__/values", { start: seconds(from), end: seconds(to) }, readNames);
  }

  /** The label sets of a metric between two times. */
  series(selector: string, from: number, to: number): Promise<LabelSet[]> {
    return this.#get("series", { "match[]": selector, start: seconds(from), end: seconds(to) }, readLabelSets);
  }

  query(query: string, at: number): Promise<Series[]> {
    return this.#get("query", { query, time: seconds(at) }, readSeries);
  }

  queryRange(query: string, from: number, to: number, step: number): Promise<Series[]> {
    return this.#get("query_range", { query, start: seconds(from), end: seconds(to), step: seconds(step) }, readSeries);
  }

  async #get<Data>(path: string, parameters: Record<string, string>, read: (data: unknown) => Data | null): Promise<Data> {
    const url = `${this.#base}/${path}?${new URLSearchParams(parameters)}`;
    const { text, status } = await this.#withRetries(url);
    this.largest_answer = Math.max(this.largest_answer, text.length);
    const body = readJson(text);
    if (!isObject(body)) throw notPrometheus(status);
    if (body.status === "error") throw refusal(body, status);
    const data = body.status === "success" ? read(body.data) : null;
    if (data === null) throw notPrometheus(status);
    return data;
  }

  async #withRetries(url: string): Promise<OutgoingAnswer> {
    const { outgoing, headers, signal, retry_delays } = this.options;
    for (let tries = 0; ; tries++) {
      const delay = retry_delays[tries];
      try {
        const answer = await outgoing.call({ url, headers, signal, most_bytes: MOST_BYTES, timeout: TIMEOUT });
        const passing = answer.status === 429 || answer.status >= 500;
        if (!passing) return checkedStatus(answer);
        if (delay === undefined) throw new TooMuch(busy(answer.status));
      } catch (error) {
        if (!(error instanceof OutgoingError)) throw error;
        if (error.code === "answer_too_large") throw new TooMuch(asFailure(error));
        if (!error.isPassing) throw asFailure(error);
        if (delay === undefined) throw error.code === "timed_out" ? new TooMuch(asFailure(error)) : asFailure(error);
      }
      await sleep(delay, undefined, { signal }).catch(() => {});
    }
  }
}

function checkedStatus(answer: OutgoingAnswer): OutgoingAnswer {
  if (answer.status === 401 || answer.status === 403)
    throw failure(
      "source_refused",
      `The server wants other credentials (it answered ${answer.status}).`,
      'Send them with the import: {"headers": {"Authorization": "Bearer ..."}}. They are used for this run and not stored.',
    );
  if (answer.status === 404) throw notPrometheus(404);
  return answer;
}

function refusal({ errorType, error }: Record<string, unknown>, status: number): TooMuch {
  const words = `${String(errorType ?? "error")}: ${String(error ?? "")}`
    .slice(0, 10 * MOST_WORDS)
    .replaceAll(/[^\x20-\x7e]/g, " ")
    .slice(0, MOST_WORDS);
  return new TooMuch(
    failure(
      "source_error",
      `The server refused a query (${status}): ${words}`,
      "Its log says more; a larger step asks for less.",
    ),
  );
}

function busy(status: number): ImportFailure {
  return failure(
    "source_busy",
    `The server answered ${status}, again and again.`,
    "When it answers again, POST the same import: it goes on where it stopped.",
  );
}

function notPrometheus(status: number): ImportFailure {
  return failure(
    "not_prometheus",
    `This is not the API of Prometheus (it answered ${status}).`,
    "Give the base address, such as http://prometheus.example:9090, with the path before /api/v1 if there is one (Mimir: /prometheus; VictoriaMetrics cluster: /select/0/prometheus).",
  );
}

function asFailure(error: OutgoingError): ImportFailure {
  const again = error.isPassing ? " POST the same import again: it goes on where it stopped." : "";
  return failure(error.code, error.message, `${error.hint}${again}`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readNames(data: unknown): string[] | null {
  return Array.isArray(data) ? data.filter((name) => typeof name === "string") : null;
}

function readLabelSets(data: unknown): LabelSet[] | null {
  return Array.isArray(data) ? data.map(readLabels) : null;
}

function readLabels(value: unknown): LabelSet {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** A vector or a matrix. Read by hand: a schema would take longer than the parsing. */
function readSeries(data: unknown): Series[] | null {
  if (!isObject(data) || !Array.isArray(data.result)) return null;
  return data.result.filter(isObject).map(({ metric, values, value }) => ({
    labels: readLabels(metric),
    values: (Array.isArray(values) ? values : [value]).flatMap(readValue),
  }));
}

function readValue(pair: unknown): Series["values"] {
  if (!Array.isArray(pair)) return [];
  const [at, text] = pair as unknown[];
  return typeof at === "number" && typeof text === "string" ? [[Math.round(at * 1000), text]] : [];
}

function seconds(ms: number): string {
  return String(ms / 1000);
}

/** `name{a="b"}` with its values escaped. */
export function selector(name: string, match: Readonly<LabelSet>): string {
  const matchers = Object.entries(match).map(([label, value]) => `${label}=${quoted(value)}`);
  return matchers.length === 0 ? name : `${name}{${matchers.join(",")}}`;
}

/** The latest sample of the last milliseconds; `null`: of the server's own look-back of 5 minutes. */
export function latestWithin(series: string, lookback: number | null): string {
  return lookback === null ? series : `last_over_time(${series}[${Math.ceil(lookback / 1000)}s])`;
}

function quoted(value: string): string {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
