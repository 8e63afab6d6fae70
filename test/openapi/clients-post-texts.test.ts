/** Clients of four generators post what Kamailio prints. They send a text as it is, or as one JSON string, under whatever type they choose. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createClient as createHeyApi } from "@hey-api/openapi-ts";
import { build } from "esbuild";
import { generateSource } from "oazapfts";
import createFetchClient from "openapi-fetch";
import { generateApi } from "swagger-typescript-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testServer } from "../support/server.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(root, ".cache", "clients-post-texts");
const document = join(root, "openapi", "openapi.json");
const server = testServer();
const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8");

const TEXTS = [
  ["recordBuild", "builds", "5.6.3-debian-default/I.txt"],
  ["recordUsage", "usage", "more/5.6.3-debian/kamcmd-pkg.stats.txt"],
  ["recordSettings", "settings", "5.6.3-debian-default/cmdline.txt"],
  ["recordConfig", "configs", "5.6.3-debian-default/k.cfg"],
  ["recordLog", "logs", "log-texts/json-engine-errors.txt"],
  ["recordDumps", "dumps", "5.6.3-debian-default/idle/dump-shm-ms12.log"],
] as const;

/** Posts a text for an instance, which it makes; the status of the answer. */
type Post = (operation: string, endpoint: string, instance: string, text: string) => Promise<number>;

/** A module whose exports are known by the operations' names alone. */
type Generated = Record<string, unknown>;

async function load(source: string): Promise<Generated> {
  const outfile = join(folder, `${source}.mjs`);
  await build({
    entryPoints: [join(folder, source)],
    bundle: true,
    format: "esm",
    platform: "node",
    outfile,
    logLevel: "silent",
    nodePaths: [join(root, "node_modules")],
  });
  return (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as Generated;
}

function callable(value: unknown): (...given: unknown[]) => Promise<{ status?: number; response?: Response }> {
  if (typeof value !== "function") throw new Error("the generated client has no such operation");
  return value as ReturnType<typeof callable>;
}

const clients = new Map<string, Post>();

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "oazapfts.ts"), await generateSource(document));
  await generateApi({
    input: document,
    output: folder,
    fileName: "swagger-typescript-api.ts",
    httpClientType: "fetch",
    cleanOutput: false,
    silent: true,
  });
  await createHeyApi({
    input: document,
    output: { path: join(folder, "hey-api") },
    plugins: ["@hey-api/typescript", "@hey-api/sdk", "@hey-api/client-fetch"],
    logs: { level: "silent" },
  });
  writeFileSync(
    join(folder, "hey-api.ts"),
    'export * from "./hey-api/sdk.gen";\nexport { client } from "./hey-api/client.gen";\n',
  );

  const query = { create: "true" } as const;
  clients.set("openapi-typescript with openapi-fetch", async (_operation, endpoint, instance, text) => {
    const client = createFetchClient<Record<string, Record<string, unknown>>>({ baseUrl: server.url });
    const post = callable(client.POST);
    const { response } = await post("/v1/instances/{instance}/{endpoint}", {
      params: { path: { instance, endpoint }, query },
      body: text,
    });
    return response?.status ?? 0;
  });
  const oazapfts = await load("oazapfts.ts");
  clients.set("oazapfts", async (operation, _endpoint, instance, text) => {
    const { status } = await callable(oazapfts[operation])(instance, text, query, { baseUrl: server.url });
    return status ?? 0;
  });
  const swagger = await load("swagger-typescript-api.ts");
  clients.set("swagger-typescript-api", async (operation, _endpoint, instance, text) => {
    const Api = swagger.Api as new (options: { baseUrl: string }) => { v1: Generated };
    const { status } = await callable(new Api({ baseUrl: server.url }).v1[operation])(instance, text, query);
    return status ?? 0;
  });
  const heyApi = await load("hey-api.ts");
  clients.set("hey-api", async (operation, _endpoint, instance, text) => {
    const { response } = await callable(heyApi[operation])({ baseUrl: server.url, path: { instance }, query, body: text });
    return response?.status ?? 0;
  });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(["openapi-typescript with openapi-fetch", "oazapfts", "swagger-typescript-api", "hey-api"])("%s", (name) => {
  test.each(TEXTS)("%s", async (operation, endpoint, file) => {
    const post = clients.get(name);
    expect(await post?.(operation, endpoint, `by-${name.replaceAll(/[^a-z]+/g, "-")}`, fixture(file))).toBe(201);
  });
});
