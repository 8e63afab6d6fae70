/** Dumps that were recorded: the list, one of them, and its allocation sites. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { withProcessNames } from "../../service/facts/process-names.js";
import type { StoredDump } from "../../store/dumps.js";
import { dumpDocument, dumpListDocument, siteListDocument } from "../../web/inventory-documents.js";
import { existingInstance } from "../instances/instances.js";
import { isNotModified, notFound } from "../kernel/conditional.js";
import type { ApiEnv } from "../kernel/env.js";
import { Bytes, Id, InstanceAndIdParams, InstanceParams } from "../kernel/fields.js";
import { tableAnswer, tableResponse } from "../kernel/judgement.js";
import { FormatQuery, preferredFormat } from "../kernel/negotiate.js";
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
      format: FormatQuery,
    }),
  },
  responses: tableResponse(DumpPageSchema, "A page of dumps"),
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
  request: { params: InstanceAndIdParams, query: z.object({ format: FormatQuery }) },
  responses: {
    ...tableResponse(DumpWithSitesSchema, "The dump"),
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
      format: FormatQuery,
    }),
  },
  responses: tableResponse(SitePageSchema, "A page of sites"),
  problems: [404],
});

const DumpCursorSchema = z.object({ taken_at: z.number().int(), id: z.string().max(64) });
const OffsetCursorSchema = z.object({ from: z.number().int().min(0) });

export function serveStoredDumps(api: Api) {
  handle(api, listDumps, async (c) => {
    const { instance } = c.req.valid("param");
    const { limit, cursor, pool, pid, format } = c.req.valid("query");
    const { store } = c.get("services");
    await existingInstance(c, instance);
    const after = readCursor(cursor, DumpCursorSchema);
    const dumps = await store.dumps.list(instance, { pool, pid }, { after, limit: limit + 1 });
    const named = await withProcessNames(store, instance, dumps);
    const page = toPage(named, limit, dumpOnTheWire, ({ taken_at, id }) => ({ taken_at, id }));
    return tableAnswer(c, format, page, () => dumpListDocument(instance, page.items, page.next_cursor !== null));
  });

  handle(api, getDump, async (c) => {
    const { instance, id } = c.req.valid("param");
    const dump = await existingDump(c, instance, id);
    const { format } = c.req.valid("query");
    const shown = preferredFormat(c, ["json", "markdown", "text"], format);
    const suffix = shown === "json" ? "" : `-${shown}`;
    if (isNotModified(c, `"${dump.id}-${dump.last_seen_at.toString(36)}-${dump.process === null ? 0 : 1}${suffix}"`))
      return c.body(null, 304);
    const sites = (await c.get("services").store.dumps.sites(instance, id)) ?? [];
    const total = sites.reduce((sum, { bytes }) => sum + bytes, 0);
    const top_sites = groupSites(sites, "site", "bytes")
      .slice(0, TOP_SITES)
      .map((site) => siteOnTheWire(site, dump.pool, total));
    const body = dumpOnTheWire(dump);
    return tableAnswer(c, format, { ...body, top_sites }, () => dumpDocument(body, top_sites));
  });

  handle(api, listDumpSites, async (c) => {
    const { instance, id } = c.req.valid("param");
    const { limit, cursor, order, by, format } = c.req.valid("query");
    const dump = await existingDump(c, instance, id);
    const sites = (await c.get("services").store.dumps.sites(instance, id)) ?? [];
    const { from } = readCursor(cursor, OffsetCursorSchema) ?? { from: 0 };
    const groups = groupSites(sites, by, order);
    const bytes = sites.reduce((sum, site) => sum + site.bytes, 0);
    const counts = sites.map(({ count }) => count).filter((count) => count !== null);
    const page = toPage(
      groups.slice(from, from + limit + 1),
      limit,
      (group) => siteOnTheWire(group, dump.pool, bytes),
      () => ({ from: from + limit }),
    );
    const body = {
      dump_id: dump.id,
      total: groups.length,
      bytes,
      count: counts.length < sites.length ? null : counts.reduce((sum, count) => sum + count, 0),
      complete: dump.complete,
      ...page,
    };
    return tableAnswer(c, format, body, () => siteListDocument(dump.id, page.items, dump.complete, page.next_cursor !== null));
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
