/** A small server with Prometheus' HTTP API over series in memory: enough for what the import asks, and able to misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeSeries {
  labels: { __name__: string } & Record<string, string>;
  /** Epoch ms and value, in order. */
  samples: [at: number, value: number | string][];
}

export interface FakePrometheus {
  url: string;
  series: FakeSeries[];
  requests: { path: string; query: URLSearchParams; headers: IncomingMessage["headers"] }[];
  /** Answers instead when it returns true. */
  misbehave: (path: string, query: URLSearchParams, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

const LOOKBACK = 300_000;
const MOST_POINTS = 11_000;
const LATEST = /^last_over_time\((.+)\[(\d+)s\]\)$/;

export async function fakePrometheus(): Promise<FakePrometheus> {
  const fake: FakePrometheus = {
    url: "",
    series: [],
    requests: [],
    misbehave: () => false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://fake");
    fake.requests.push({ path: url.pathname, query: url.searchParams, headers: request.headers });
    if (fake.misbehave(url.pathname, url.searchParams, response)) return;
    const answer = answerOf(fake.series, url.pathname, url.searchParams);
    response.writeHead(answer.status === "error" ? 400 : 200, { "Content-Type": "application/json" });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

type Answer = { status: "success"; data: unknown } | { status: "error"; errorType: string; error: string };

function answerOf(series: readonly FakeSeries[], path: string, query: URLSearchParams): Answer {
  const number = (name: string) => Number(query.get(name)) * 1000;
  const within = (from: number, to: number) => (one: FakeSeries) => one.samples.some(([at]) => at >= from && at <= to);
  switch (path) {
    case "/api/v1/label/__name__/values":
      return success([...new Set(series.map(({ labels }) => labels.__name__))].sort());
    case "/api/v1/series":
      return success(
        matching(series, query.get("match[]") ?? "")
          .filter(within(number("start"), number("end")))
          .map(({ labels }) => labels),
      );
    case "/api/v1/query": {
      const at = number("time");
      const latest = LATEST.exec(query.get("query") ?? "")?.[1];
      if (latest !== undefined) return success({ resultType: "vector", result: [] });
      const [, inner = "", days = "1"] = /^(.+)\[(\d+)d\]$/.exec(query.get("query") ?? "") ?? [];
      const result = matching(series, inner).map(({ labels, samples }) => ({
        metric: labels,
        values: samples.filter((one) => one[0] <= at && one[0] > at - Number(days) * 86_400_000).map(pair),
      }));
      return success({ resultType: "matrix", result });
    }
    case "/api/v1/query_range":
      return range(series, query.get("query") ?? "", number("start"), number("end"), number("step"));
    default:
      return { status: "error", errorType: "not_found", error: "no such path" };
  }
}

function range(series: readonly FakeSeries[], query: string, from: number, to: number, step: number): Answer {
  if ((to - from) / step + 1 > MOST_POINTS)
    return { status: "error", errorType: "bad_data", error: "exceeded maximum resolution of 11,000 points per timeseries" };
  const overDay = /^max_over_time\((.+)\[1d\]\)$/.exec(query)?.[1];
  const counted = /^count\(count by \(.*\) \((.+)\)\)$/.exec(query)?.[1];
  const [, latest, within] = LATEST.exec(query) ?? [];
  const window = overDay !== undefined ? 86_400_000 : within !== undefined ? Number(within) * 1000 : LOOKBACK;
  const found = matching(series, overDay ?? counted ?? latest ?? query).map(({ labels, samples }) => {
    const values: [number, string][] = [];
    let index = 0;
    for (let at = from; at <= to; at += step) {
      while (index + 1 < samples.length && (samples[index + 1]?.[0] ?? 0) <= at) index++;
      const last = samples[index];
      if (last !== undefined && last[0] <= at && last[0] > at - window) values.push(pair([at, last[1]]));
    }
    return { metric: labels as Record<string, string>, values };
  });
  const result = found.filter(({ values }) => values.length > 0);
  if (counted === undefined) return success({ resultType: "matrix", result });
  const counts = new Map<number, number>();
  for (const { values } of result) for (const [at] of values) counts.set(at, (counts.get(at) ?? 0) + 1);
  return success({
    resultType: "matrix",
    result: [{ metric: {}, values: [...counts].sort(([a], [b]) => a - b).map(([at, count]) => [at, String(count)]) }],
  });
}

function success(data: unknown): Answer {
  return { status: "success", data };
}

function pair([at, value]: [number, number | string]): [number, string] {
  return [at / 1000, String(value)];
}

function matching(series: readonly FakeSeries[], selector: string): FakeSeries[] {
  const [, name, inner = ""] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?$/.exec(selector) ?? [];
  const matchers = [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, label = "", value = ""]) => [label, value.replaceAll(/\\(.)/g, "$1")] as const,
  );
  return series.filter(
    ({ labels }) => labels.__name__ === name && matchers.every(([label, value]) => (labels[label] ?? "") === value),
  );
}
