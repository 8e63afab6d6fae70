/** Change effects: what each build, settings and configuration change, restart and mark did to memory. */
import { z } from "@hono/zod-openapi";
import { effectOf } from "../../analysis/change-effects/change-effects.js";
import { suspectsBetween } from "../../analysis/change-effects/suspects.js";
import { timestamp } from "../../kamailio/units.js";
import { changeList } from "../../service/facts/change-list.js";
import { recordedHistory } from "../../service/facts/history.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import { existingInstance } from "../instances/instances.js";
import { InstanceParams } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { PageQuery, readCursor, toPage } from "../kernel/page.js";
import { ChangeEffectPage } from "./change-effects-schema.js";

const getChangeEffects = operation({
  operationId: "getChangeEffects",
  method: "get",
  path: "/v1/instances/{instance}/change-effects",
  tags: ["Judgements"],
  summary: "What each change did to memory",
  description:
    "Every build, settings and configuration change, restart and mark, newest first: level, slope and cost of each object before and after, with a verdict; and what an upgrade may have brought.",
  scope: "read",
  request: { params: InstanceParams, query: PageQuery },
  responses: { 200: { description: "A page of changes", content: { "application/json": { schema: ChangeEffectPage } } } },
  problems: [404],
});

export function serveChangeEffects(api: Api) {
  handle(api, getChangeEffects, async (c) => {
    const { instance } = c.req.valid("param");
    const { limit, cursor } = c.req.valid("query");
    await existingInstance(c, instance);
    const { store, now } = c.get("services");
    const facts = await instanceFacts(store, instance);
    const { history } = await recordedHistory(store, facts, now());
    const changes = await changeList(store, instance, history);
    const moments = changes.map(({ at }) => at);
    const skipped = readCursor(cursor, z.number().int().min(0).max(1_000_000)) ?? 0;
    const shown = changes.slice(skipped, skipped + limit + 1).map((change, index) => ({ change, position: skipped + index + 1 }));
    const page = toPage(
      shown,
      limit,
      ({ change: { versions, ...change } }) => ({
        change: { ...change, at: timestamp(change.at) },
        pools: effectOf(history, change, moments),
        suspects: versions === null ? [] : suspectsBetween(versions.from, versions.to, facts.settings.modules.value),
      }),
      ({ position }) => position,
    );
    return c.json(page, 200);
  });
}
