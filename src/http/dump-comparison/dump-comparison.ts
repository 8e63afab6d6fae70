/** Compares recorded dumps: what grew, how fast, and whom to suspect. */
import { z } from "@hono/zod-openapi";
import { type Reach, reachOf } from "../../analysis/commands/reach.js";
import { compareDumps, type DumpComparison } from "../../analysis/dump-comparison/dump-comparison.js";
import type { Dump } from "../../kamailio/dump/dump.js";
import { MINUTE, timestamp } from "../../kamailio/units.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import type { StoredDump } from "../../store/dumps.js";
import type { Store } from "../../store/store.js";
import { dumpComparisonDocument } from "../../web/dump-comparison-document.js";
import { existingDump } from "../dumps/stored-dumps.js";
import { Id, InstanceAndIdParams } from "../kernel/fields.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { ProblemError } from "../kernel/problem.js";
import { ComparisonLimit, comparisonOnTheWire, DumpComparisonSchema, MAX_BASES } from "./dump-comparison-schema.js";

const compareDumpsOperation = operation({
  operationId: "compareDumps",
  method: "get",
  path: "/v1/instances/{instance}/dumps/{id}/comparison",
  tags: ["Dumps and logs"],
  summary: "What grew from earlier dumps to this one",
  description:
    "Sites with count and byte deltas and rates, and suspects, ranked. `base` names an earlier dump; repeated, several: growth in every interval is the strongest sign, and two dumps alone cannot tell warm-up from a leak. Sites are matched across releases and forms. `ok` is false when there is a suspect of medium or high confidence.",
  scope: "read",
  request: {
    params: InstanceAndIdParams,
    query: z.object({
      base: z.union([Id, z.array(Id).min(1).max(MAX_BASES)]).openapi({
        param: {
          name: "base",
          in: "query",
          required: true,
          description: "Id of an earlier dump; can be repeated",
          schema: { type: "array", items: { type: "string", maxLength: 64 }, minItems: 1, maxItems: MAX_BASES },
        },
      }),
      limit: ComparisonLimit.openapi({ param: { name: "limit", in: "query", description: "Sites shown" } }),
      start_up: z
        .enum(["hide", "show"])
        .default("hide")
        .openapi({
          param: { name: "start_up", in: "query", description: "show: also what every start builds and what did not change" },
        }),
      ...JudgementQuery,
    }),
  },
  responses: judgementResponses(DumpComparisonSchema, "The comparison"),
  problems: [404],
});

export function serveDumpComparison(api: Api) {
  handle(api, compareDumpsOperation, async (c) => {
    const { instance, id } = c.req.valid("param");
    const query = c.req.valid("query");
    const bases = [...new Set([query.base].flat())];
    if (bases.includes(id))
      throw new ProblemError(400, "same_dump", {
        detail: "A dump cannot be compared with itself.",
        hint: `GET /v1/instances/${instance}/dumps lists the others.`,
        errors: [{ parameter: "base", message: "is the dump itself" }],
      });
    const { store } = c.get("services");
    const later = await existingDump(c, instance, id);
    const earlier: StoredDump[] = [];
    for (const base of bases) earlier.push(await existingDump(c, instance, base));
    // Ids grow with time: they order what was taken at one moment, such as dumps of one text without times.
    earlier.sort((a, b) => a.taken_at - b.taken_at || (a.id < b.id ? -1 : 1));
    const { comparison, labels } = await compareStored(
      store,
      instance,
      [...earlier, later],
      reachOf(await instanceFacts(store, instance)),
    );
    const answer = comparisonOnTheWire(comparison, labels, query);
    return judgementAnswer(c, query, answer, () => dumpComparisonDocument(comparison, labels));
  });
}

/** `dumps`: oldest first, with the names of their processes. */
export async function compareStored(
  store: Store,
  instance: string,
  dumps: readonly StoredDump[],
  reach: Reach,
): Promise<{ comparison: DumpComparison; labels: string[] }> {
  const times = trustedTimes(dumps);
  const whole: Dump[] = [];
  for (const [index, dump] of dumps.entries()) whole.push(await wholeDump(store, dump, times.taken_at[index] ?? null));
  const labels = dumps.map((dump) => dump.id);
  const populations = await populationsAt(store, instance, dumps.at(-1)?.taken_at ?? 0);
  const judged = compareDumps(whole, { labels, populations, reach });
  return { comparison: { ...judged, warnings: [...judged.warnings, ...times.warnings] }, labels };
}

async function wholeDump(store: Store, stored: StoredDump, taken_at: number | null): Promise<Dump> {
  const sites = (await store.dumps.sites(stored.instance, stored.id)) ?? [];
  return { ...stored, taken_at: taken_at === null ? null : timestamp(taken_at), sites };
}

/** Dumps that come in closer together were collected before and posted one after another. Milliseconds. */
const POSTED_TOGETHER = MINUTE;

/** Times that rates can be made of. When a dump came in tells when it was taken only if nothing else came in with it. */
function trustedTimes(dumps: readonly StoredDump[]): { taken_at: (number | null)[]; warnings: string[] } {
  const taken_at = dumps.map((dump) => dump.taken_at);
  const clocked = dumps.filter((dump) => dump.taken_at_source === "clock").map((dump) => dump.taken_at);
  if (clocked.length === 0) return { taken_at, warnings: [] };
  const advice = "post a dump without times with ?at= to have rates that are right";
  if (!clocked.some((at, index) => index > 0 && at - (clocked[index - 1] ?? 0) < POSTED_TOGETHER))
    return { taken_at, warnings: [`not all dumps show when they were taken; when they came in is used: ${advice}`] };
  return {
    taken_at: dumps.map((dump) => (dump.taken_at_source === "clock" ? null : dump.taken_at)),
    warnings: [`the dumps do not show when they were taken and came in together, so there are no rates: ${advice}`],
  };
}

/** A counter says how many objects a dump should hold only if it was read about when the dump was taken. Milliseconds. */
const SAME_MOMENT = 5 * MINUTE;

/**
 * Load counters whose objects the catalogue of sites counts one by one, under the words that the catalogue uses. Not `tm.stats current`, which is
 * in the words for branches too, and not active dialogs alone: early ones hold the same chunks.
 */
const POPULATIONS: Readonly<Record<string, string>> = {
  current_transactions: "tmx:inuse_transactions",
  tls_current_connections: "tls.info opened_connections",
  tcp_current_connections: "core.tcp_info opened_connections",
  ws_current_connections: "websocket:ws_current_connections",
};

async function populationsAt(store: Store, instance: string, at: number): Promise<Record<string, number>> {
  const [sample] = await store.usage.latest(instance, at + SAME_MOMENT, 1);
  if (sample === undefined || Math.abs(sample.at - at) > SAME_MOMENT) return {};
  return Object.fromEntries(
    Object.entries(sample.sample.load).flatMap(([name, value]) => {
      const counter = POPULATIONS[name];
      return counter === undefined ? [] : [[counter, value]];
    }),
  );
}
