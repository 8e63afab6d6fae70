/** Lists: `?limit=&cursor=` in, `{items, next_cursor}` out. A cursor is opaque: it says where the next page begins. */
import { z } from "@hono/zod-openapi";
import { ProblemError } from "./problem.js";

export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 500;

export const PageQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .default(DEFAULT_LIMIT)
    .openapi({ param: { name: "limit", in: "query", description: "Items on the page" }, example: 50 }),
  cursor: z
    .string()
    .max(1000)
    .optional()
    .openapi({ param: { name: "cursor", in: "query", description: "`next_cursor` of the page before" } }),
});

/** The schema of a page of items. `name` is its name in the OpenAPI document. */
export function pageOf<Item extends z.ZodType>(item: Item, name: string) {
  return z
    .object({
      items: z.array(item).max(MAX_LIMIT),
      next_cursor: z.string().max(1000).nullable().openapi({ description: "Where the next page begins; null on the last one" }),
    })
    .openapi(name);
}

/** Cuts what was read (one more than the limit) into a page. */
export function toPage<Row, Item>(
  rows: Row[],
  limit: number,
  toItem: (row: Row) => Item,
  cursorAfter: (row: Row) => unknown,
): { items: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next_cursor =
    rows.length > limit && last !== undefined ? Buffer.from(JSON.stringify(cursorAfter(last))).toString("base64url") : null;
  return { items: shown.map(toItem), next_cursor };
}

/**
 * What a cursor holds.
 *
 * @throws ProblemError 400 when it is not one that this list gave
 */
export function readCursor<Schema extends z.ZodType>(cursor: string | undefined, schema: Schema): z.output<Schema> | null {
  if (cursor === undefined) return null;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch (cause) {
    throw new ProblemError(400, "invalid_cursor", {
      detail: "The cursor is not one that this list gave.",
      hint: "Begin without a cursor.",
      cause,
    });
  }
}

/** A cursor into a list of records, newest first. */
export const RecordCursorSchema = z.object({ recorded_at: z.number().int(), id: z.string().max(64) });
