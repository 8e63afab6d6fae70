/** Generated clients: they compile strictly, and work against the running service. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createClient as createHeyApi } from "@hey-api/openapi-ts";
import openapiTS, { astToString } from "openapi-typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testServer } from "../support/server.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(root, ".cache", "clients");
const document = join(root, "openapi", "openapi.json");
const server = testServer();

const OPENAPI_FETCH_PROGRAM = `
import createClient from "openapi-fetch";
import type { paths } from "./openapi-typescript.js";

export async function tour(baseUrl: string) {
  const client = createClient<paths>({ baseUrl });
  const path = { instance: "generated1" };
  const put = await client.PUT("/v1/instances/{instance}", { params: { path }, body: { labels: { made: "openapi-fetch" } } });
  const settings = await client.POST("/v1/instances/{instance}/settings", { params: { path }, body: { shm_size_mb: 128 } });
  const readiness = await client.GET("/v1/instances/{instance}/readiness", { params: { path } });
  const missing = await client.GET("/v1/instances/{instance}", { params: { path: { instance: "missing" } } });
  const name: string | undefined = put.data?.name;
  const forms: string[] | undefined = settings.data?.forms;
  const report = readiness.data;
  const level: "ready" | "restart_needed" | "rebuild_needed" | "unknown" | undefined = typeof report === "object" ? report.level : undefined;
  const code: string | undefined = missing.error?.code;
  return { name, forms, level, code };
}
`;

const HEY_API_PROGRAM = `
import { createClient } from "./hey-api/client/index.js";
import { getInstance, getReadiness, putInstance, recordSettings } from "./hey-api/sdk.gen.js";

export async function tour(baseUrl: string) {
  const client = createClient({ baseUrl });
  const path = { instance: "generated2" };
  const put = await putInstance({ client, path, body: { labels: { made: "hey-api" } } });
  const settings = await recordSettings({ client, path, body: { shm_size_mb: 128 } });
  const readiness = await getReadiness({ client, path });
  const missing = await getInstance({ client, path: { instance: "missing" } });
  const name: string | undefined = put.data?.name;
  const forms: string[] | undefined = settings.data?.forms;
  const report = readiness.data;
  const level: "ready" | "restart_needed" | "rebuild_needed" | "unknown" | undefined = typeof report === "object" ? report.level : undefined;
  const code: string | undefined = missing.error?.code;
  return { name, forms, level, code };
}
`;

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "openapi-typescript.ts"), astToString(await openapiTS(pathToFileURL(document))));
  await createHeyApi({
    input: document,
    output: { path: join(folder, "hey-api"), module: { extension: ".js" } },
    plugins: ["@hey-api/typescript", "@hey-api/sdk", "@hey-api/client-fetch"],
    logs: { level: "silent" },
  });
  writeFileSync(join(folder, "use-openapi-fetch.ts"), OPENAPI_FETCH_PROGRAM);
  writeFileSync(join(folder, "use-hey-api.ts"), HEY_API_PROGRAM);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("clients generated from the document", () => {
  test("compile under tsc --strict", () => {
    const options = [
      "--strict",
      "--noEmit",
      "false",
      "--outDir",
      join(folder, "out"),
      "--module",
      "nodenext",
      "--moduleResolution",
      "nodenext",
      "--target",
      "es2023",
      "--lib",
      "es2023,dom,dom.iterable",
      "--skipLibCheck",
      "--types",
      "node",
    ];
    const files = ["use-openapi-fetch.ts", "use-hey-api.ts"].map((name) => join(folder, name));
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, "node_modules", "typescript", "bin", "tsc"), ...options, ...files],
      { cwd: folder, encoding: "utf8" },
    );
    expect(stdout).toBe("");
  }, 120_000);

  test.each(["use-openapi-fetch", "use-hey-api"])("%s talks to the running service", async (program) => {
    cpSync(join(folder, "package.json"), join(folder, "out", "package.json"));
    const { tour } = (await import(/* @vite-ignore */ pathToFileURL(join(folder, "out", `${program}.js`)).href)) as {
      tour: (url: string) => Promise<unknown>;
    };
    expect(await tour(server.url)).toEqual({
      name: expect.stringMatching(/^generated/),
      forms: ["json"],
      level: "unknown",
      code: "instance_not_found",
    });
  });
});
