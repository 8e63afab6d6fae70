/**
 * The same texts to a service, each to the endpoint that reads it, and to the stateless analysis: the judgements are the same, whole. Only ids and
 * the times of recording differ.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { createApp } from "../../../src/http/app.js";
import { createServices, stopServices } from "../../../src/service/services.js";
import { openStore } from "../../../src/store/store.js";

const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));
const NOW = Date.parse("2026-11-25T12:00:00Z");
/** The analysis calls the server so. */
const NAME = "analysis";
const INSTANCE = `/v1/instances/${NAME}`;

/** Where a text goes, by what the analysis found in it. Dumps bring the incidents of their log along. */
const ENDPOINTS: Record<string, string> = {
  builds: "builds",
  settings: "settings",
  config: "configs",
  usage: "usage",
  dumps: "dumps",
  incidents: "logs",
  log: "logs",
  host_memory: "host-memory",
};

/** Logs that are longer go to .../logs, which sees the start in them. */
const SETTINGS_LIMIT = 1_048_576;

type Json = { [key: string]: unknown };

describe("the service and the analysis judge alike", () => {
  const sets = [
    ...readdirSync(`${FIXTURES}incidents`).map((name) => `incidents/${name}`),
    ...readdirSync(FIXTURES).filter((name) => /^\d+\.\d+\.\d+-/.test(name)),
  ];
  test.each(sets)("%s", { timeout: 60_000 }, async (set) => {
    await expectSame(textsIn(set));
  });
});

describe("whatever the texts say beside each other", () => {
  const c2 = "incidents/c2-leak-pkg-require-async-5.6.3-debian";
  const with_ = (command: string) => ({ ...textsIn(c2), "cmdline.txt": `/usr/sbin/kamailio ${command}\n` });

  test.each(["-x fm -X qm", "-x qm -X fm", "-x tlsf", "-X tlsf -m 64 -M 8", "-m 128"])(
    "a command line with %s",
    async (command) => {
      await expectSame(with_(command));
    },
  );

  test("the accounting bug of q_malloc is doubted in the pool that runs on it", async () => {
    const { "I.txt": build = "", "usage.ndjson": counters = "" } = textsIn(c2);
    const command = "/usr/sbin/kamailio -x fm -X qm\n";
    const { usage } = await expectSame({ "I.txt": build, "cmdline.txt": command, "usage.ndjson": counters });
    const pkg = (usage as { diagnosis: { pools: Json[] } }).diagnosis.pools.find(({ pool }) => pool === "pkg");
    expect(pkg?.evidence_against).toEqual(
      expect.arrayContaining([expect.objectContaining({ rule: "qm_accounting_bug_possible" })]),
    );
  });

  test("without anything that says the release", async () => {
    const { "I.txt": _, "k.cfg": __, "cmdline.txt": ___, ...rest } = textsIn(c2);
    await expectSame(rest);
  });
});

async function expectSame(texts: Record<string, string>): Promise<Json> {
  let clock = NOW;
  let uploads = 0;
  const now = () => clock;
  const services = createServices({ store: openStore(":memory:"), log: pino({ level: "silent" }), now, auth: "none" });
  const app = createApp({ ...services, version: "0.0.0-test", isStopping: () => false });
  const send = async (path: string, body?: unknown): Promise<Json> => {
    const init = body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
    const type = typeof body === "string" ? "text/plain" : "application/json";
    const response = await app.request(path, { ...init, headers: { "Content-Type": type, Host: "localhost" } });
    const answer = await response.text();
    expect(response.status, `${path}: ${answer.slice(0, 500)}`).toBeLessThan(300);
    return JSON.parse(answer) as Json;
  };
  try {
    const analysis = await send("/v1/analyses?sites=1000", {
      texts: Object.entries(texts).map(([name, text]) => ({ name, text })),
    });
    for (const { text: name, parts } of analysis.recognised as { text: string; parts: string[] }[]) {
      const text = texts[name] ?? "";
      for (const endpoint of endpointsOf(parts).filter((one) => one !== "settings" || text.length < SETTINGS_LIMIT)) {
        // Dumps that come in at one moment are of one upload.
        uploads++;
        clock = endpoint === "dumps" ? NOW + uploads : NOW;
        await send(`${INSTANCE}/${endpoint}?create=true`, endpoint === "configs" ? { [name]: text } : text);
      }
    }
    clock = NOW;
    const usage = analysis.usage as { diagnosis: Json; sizing: Json } | null;
    const diagnosis = await send(`${INSTANCE}/diagnosis`);
    const { known_issues, ...judged } = diagnosis;
    expect.soft(comparable(known_issues)).toEqual(comparable(analysis.known_issues));
    if (usage !== null) {
      expect.soft(comparable(judged)).toEqual(comparable(usage.diagnosis));
      expect.soft(comparable(await send(`${INSTANCE}/sizing`))).toEqual(comparable(usage.sizing));
    }
    if (analysis.readiness !== null) {
      const { known_issues: issues, ...readiness } = await send(`${INSTANCE}/readiness`);
      expect.soft(comparable(readiness)).toEqual(comparable(analysis.readiness));
      expect.soft(comparable(issues)).toEqual(comparable(analysis.known_issues));
    }
    if (analysis.config !== null) {
      const { files: _, unknown: __, warnings: ___, ...review } = analysis.config as Json;
      expect.soft(comparable(await send(`${INSTANCE}/config-review`))).toEqual(comparable(review));
    }
    if (analysis.settings !== null)
      expect.soft(comparable(await send(`${INSTANCE}/settings`))).toEqual(comparable((analysis.settings as Json).values));
    return analysis;
  } finally {
    await stopServices(services);
    await services.store.close();
  }
}

function endpointsOf(parts: readonly string[]): string[] {
  const endpoints = new Set(parts.map((part) => ENDPOINTS[part] ?? part));
  if (endpoints.has("dumps")) endpoints.delete("logs");
  return [...endpoints];
}

/** What tells of the recording and not of the server. */
const OF_THE_RECORD = new Set([
  "id",
  "evidence_id",
  "recorded_at",
  "generated_at",
  "as_of",
  "config_id",
  "build_id",
  "running_build_id",
]);

function comparable(value: unknown): unknown {
  const text = JSON.stringify(value, (key, part) => (OF_THE_RECORD.has(key) ? undefined : part));
  return JSON.parse(text.replaceAll(/"2026-11-25T12:00:00\.\d{3}Z"/g, '"now"'));
}

/** The texts of a folder and of `idle/` in it, as somebody would collect them. */
function textsIn(set: string): Record<string, string> {
  const folder = `${FIXTURES}${set}`;
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:txt|log|cfg|ndjson|json|prom|service)(?:\.gz)?$/.test(name) && !/^(?:series|h)\.txt/.test(name))
    .sort();
  return Object.fromEntries(
    names.map((name) => {
      const bytes = readFileSync(`${folder}/${name}`);
      return [name.replace(/\.gz$/, ""), (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")];
    }),
  );
}
