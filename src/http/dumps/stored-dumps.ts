/** Dumps that were recorded: the list, one of them, and its allocation sites. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { withProcessNames } from "../../service/facts/process-names.js";
import type { StoredDump } from "../../store/dumps.js";
import { existingInstance } from "../instances/instances.js";
import { isNotModified, notFound } from "../kernel/conditional.js";
import type { ApiEnv } from "../kernel/env.js";
import { Bytes, Id, InstanceAndIdParams, InstanceParams } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { MAX_LIMIT, PageQuery, readCursor, toPage } from "../kernel/page.js";
import { PoolSchema } from "../usage/usage-schema.js";
import { Count, DumpPageSchema, DumpWithSitesSchema, dumpOnTheWire, Pid } from "./dump-schema.js";
import { groupSites, siteOnTheWire } from "./site-groups.js";
import { SiteSchema } from "./site-schema.js";

/** Sites shown with a dump itself. */
const TOP_SITES = 20;

const listDumps = operation({
  operationId: "listDumps",
  method: "get",
  path: "/v1/instances/{instance}/dumps",
  tags: ["Dumps and logs"],
  summary: "The recorded dumps, newest first",
  description: "By the time when they were taken. `pool` and `pid` keep those of one pool or process.",
  scope: "read",
  request: {
    params: InstanceParams,
    query: PageQuery.extend({
      pool: PoolSchema.optional().openapi({ param: { name: "pool", in: "query" } }),
      pid: z.coerce
        .number()
        .pipe(Pid)
        .optional()
        .openapi({ param: { name: "pid", in: "query", description: "Of the process that printed it" }, example: 3931 }),
    }),
  },
  responses: { 200: { description: "A page of dumps", content: { "application/json": { schema: DumpPageSchema } } } },
  problems: [404],
});

const getDump = operation({
  operationId: "getDump",
  method: "get",
  path: "/v1/instances/{instance}/dumps/{id}",
  tags: ["Dumps and logs"],
  summary: "A dump, with the sites that hold the most",
  description: "With an `ETag`. The dump names who allocated, not who forgot to free.",
  scope: "read",
  request: { params: InstanceAndIdParams },
  responses: {
    200: { description: "The dump", content: { "application/json": { schema: DumpWithSitesSchema } } },
    304: { description: "It is as the caller has it" },
  },
  problems: [404],
});

const SitePageSchema = z
  .object({
    dump_id: Id,
    total: Count.openapi({ description: "Items on all pages" }),
    bytes: Bytes.openapi({ description: "Of all sites" }),
    count: Count.nullable().openapi({ description: "Chunks of all sites" }),
    complete: z.boolean().openapi({ description: "false: the dump lacks lines" }),
    items: z.array(SiteSchema).max(MAX_LIMIT),
    next_cursor: z.string().max(1000).nullable(),
  })
  .openapi("SitePage");

const listDumpSites = operation({
  operationId: "listDumpSites",
  method: "get",
  path: "/v1/instances/{instance}/dumps/{id}/sites",
  tags: ["Dumps and logs"],
  summary: "The allocation sites of a dump",
  description:
    "By bytes or by number of chunks, largest first; a row each site, or summed up by function or by module. With what the catalogue knows of each: what it holds, when it is freed, which counter says how many there should be.",
  scope: "read",
  request: {
    params: InstanceAndIdParams,
    query: PageQuery.extend({
      order: z
        .enum(["bytes", "count"])
        .default("bytes")
        .openapi({ param: { name: "order", in: "query" } }),
      by: z
        .enum(["site", "function", "module"])
        .default("site")
        .openapi({ param: { name: "by", in: "query", description: "What is one row" } }),
    }),
  },
  responses: { 200: { description: "A page of sites", content: { "application/json": { schema: SitePageSchema } } } },
  problems: [404],
});

const DumpCursorSchema = z.object({ taken_at: z.number().int(), id: z.string().max(64) });
const OffsetCursorSchema = z.object({ from: z.number().int().min(0) });

export function serveStoredDumps(api: Api) {
  handle(api, listDumps, async (c) => {
    const { instance } = c.req.valid("param");
    const { limit, cursor, pool, pid } = c.req.valid("query");
    const { store } = c.get("services");
    await existingInstance(c, instance);
    const after = readCursor(cursor, DumpCursorSchema);
    const dumps = await store.dumps.list(instance, { pool, pid }, { after, limit: limit + 1 });
    return c.json(
      toPage(await withProcessNames(store, instance, dumps), limit, dumpOnTheWire, ({ taken_at, id }) => ({ taken_at, id })),
      200,
    );
  });

  handle(api, getDump, async (c) => {
    const { instance, id } = c.req.valid("param");
    const dump = await existingDump(c, instance, id);
    if (isNotModified(c, `"${dump.id}-${dump.last_seen_at.toString(36)}-${dump.process === null ? 0 : 1}"`))
      return c.body(null, 304);
    const sites = (await c.get("services").store.dumps.sites(instance, id)) ?? [];
    const total = sites.reduce((sum, { bytes }) => sum + bytes, 0);
    const top_sites = groupSites(sites, "site", "bytes")
      .slice(0, TOP_SITES)
      .map((site) => siteOnTheWire(site, dump.pool, total));
    return c.json({ ...dumpOnTheWire(dump), top_sites }, 200);
  });

  handle(api, listDumpSites, async (c) => {
    const { instance, id } = c.req.valid("param");
    const { limit, cursor, order, by } = c.req.valid("query");
    const dump = await existingDump(c, instance, id);
    const sites = (await c.get("services").store.dumps.sites(instance, id)) ?? [];
    const { from } = readCursor(cursor, OffsetCursorSchema) ?? { from: 0 };
    const groups = groupSites(sites, by, order);
    const bytes = sites.reduce((sum, site) => sum + site.bytes, 0);
    const counts = sites.map(({ count }) => count).filter((count) => count !== null);
    return c.json(
      {
        dump_id: dump.id,
        total: groups.length,
        bytes,
        count: counts.length < sites.length ? null : counts.reduce((sum, count) => sum + count, 0),
        complete: dump.complete,
        ...toPage(
          groups.slice(from, from + limit + 1),
          limit,
          (group) => siteOnTheWire(group, dump.pool, bytes),
          () => ({ from: from + limit }),
        ),
      },
      200,
    );
  });
}

/** The dump, with its process's name. @throws ProblemError 404 */
export async function existingDump(c: Context<ApiEnv>, instance: string, id: string): Promise<StoredDump> {
  await existingInstance(c, instance);
  const { store } = c.get("services");
  const dump = await store.dumps.get(instance, id);
  if (dump === null) throw notFound("dump", id, `GET /v1/instances/${instance}/dumps lists them.`);
  return (await withProcessNames(store, instance, [dump]))[0] ?? dump;
}
