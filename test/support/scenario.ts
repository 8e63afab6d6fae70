/** HTTP tests as tables: what is sent, and what must and must not come back. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { TestServer } from "./server.js";

export interface Scenario {
  name: string;
  /** Requests that must succeed first: `[method, path, body?]`. */
  before?: [string, string, (string | Uint8Array)?][];
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  gzip?: boolean;
  status: number;
  /** A problem's `code`. */
  code?: string;
  /** Parts that the answer's text must have. */
  has?: string[];
  hasNot?: string[];
  /** Parts of the JSON answer (`toMatchObject`). */
  json?: unknown;
  answerHeaders?: Record<string, string | RegExp>;
}

/** Runs each scenario as a test of its own. */
export function runScenarios(server: TestServer, scenarios: readonly Scenario[]) {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s", async (_, scenario) => {
    for (const [method, path, body] of scenario.before ?? []) {
      const response = await server.fetch(path, { method, body: (body ?? null) as RequestInit["body"] });
      expect(response.status, `${method} ${path}: ${await response.clone().text()}`).toBeLessThan(300);
    }
    const body = scenario.body === undefined ? null : scenario.gzip ? gzipSync(scenario.body) : scenario.body;
    const response = await server.fetch(scenario.path, {
      method: scenario.method ?? "GET",
      headers: { ...(scenario.gzip ? { "Content-Encoding": "gzip" } : {}), ...scenario.headers },
      body: body as RequestInit["body"],
    });
    const text = await response.text();
    expect(response.status, text).toBe(scenario.status);
    expect(response.headers.get("X-Request-Id")).toBeTruthy();
    if (scenario.status >= 400 && scenario.code !== undefined) {
      expect(response.headers.get("Content-Type")).toBe("application/problem+json");
      expect(JSON.parse(text)).toMatchObject({ status: scenario.status, code: scenario.code });
    }
    if (scenario.json !== undefined) expect(JSON.parse(text)).toMatchObject(scenario.json as object);
    for (const part of scenario.has ?? []) expect(text).toContain(part);
    for (const part of scenario.hasNot ?? []) expect(text).not.toContain(part);
    for (const [name, value] of Object.entries(scenario.answerHeaders ?? {})) expect(response.headers.get(name)).toMatch(value);
  });
}
