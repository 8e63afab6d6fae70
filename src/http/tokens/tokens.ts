/** Tokens over HTTP, for those who hold an admin one. The first is made on the command line. */
import { z } from "@hono/zod-openapi";
import { DAY, timestamp } from "../../kamailio/units.js";
import { type Binding, SCOPES, type Token } from "../../store/tokens.js";
import { bodyJson, bodyKind } from "../kernel/body.js";
import { notFound } from "../kernel/conditional.js";
import { Id, InstanceName, Timestamp } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { PageQuery, pageOf, readCursor, toPage } from "../kernel/page.js";
import { ProblemError } from "../kernel/problem.js";

const ScopeSchema = z
  .enum(SCOPES)
  .openapi("Scope", { description: "`write` includes `read` and `ingest`; `admin` includes all" });

/** With neither names nor labels a token is for all instances. */
const BoundNames = z.array(InstanceName).max(1000);
const BoundLabels = z.record(z.string().min(1).max(100), z.string().max(300));

const TokenSchema = z
  .object({
    id: Id,
    name: z.string().max(200),
    scopes: z.array(ScopeSchema).max(SCOPES.length),
    instances: BoundNames.openapi({ description: "Bound to these names" }),
    labels: BoundLabels.openapi({ description: "Bound to the instances that have all of these labels" }),
    created_at: Timestamp,
    expires_at: z.union([Timestamp, z.null()]),
    revoked_at: z.union([Timestamp, z.null()]),
    last_used_at: z.union([Timestamp, z.null()]).openapi({ description: "To the minute" }),
  })
  .openapi("Token");

const NewTokenSchema = TokenSchema.extend({
  secret: z.string().max(200).openapi({ description: "Shown this once; only its hash is kept", example: "kat_…" }),
}).openapi("NewToken");

const TokenCreateSchema = z
  .object({
    name: z.string().min(1).max(200),
    scopes: z.array(ScopeSchema).min(1).max(SCOPES.length),
    instances: BoundNames.optional(),
    labels: BoundLabels.optional(),
    expires_in_days: z.number().int().min(1).max(3650).optional(),
  })
  .strict()
  .refine(({ scopes, instances, labels }) => !scopes.includes("admin") || bindingOf(instances, labels) === null, {
    message: "an admin makes and revokes the tokens of all: it cannot be bound to instances",
    path: ["scopes"],
  })
  .openapi("TokenCreate", { example: { name: "collector sip1", scopes: ["ingest"], instances: ["sip1"], expires_in_days: 365 } });

const TokenPage = pageOf(TokenSchema, "TokenPage");

const createToken = operation({
  operationId: "createToken",
  method: "post",
  path: "/v1/tokens",
  tags: ["Tokens"],
  summary: "Make a token",
  description:
    "The secret is in this answer and nowhere else. An Idempotency-Key does not replay it. With AUTH=none tokens are made on the command line alone.",
  scope: "admin",
  body: { required: true, content: { "application/json": { schema: TokenCreateSchema } } },
  responses: { 201: { description: "The token with its secret", content: { "application/json": { schema: NewTokenSchema } } } },
  problems: [413, 415],
});

const listTokens = operation({
  operationId: "listTokens",
  method: "get",
  path: "/v1/tokens",
  tags: ["Tokens"],
  summary: "The tokens, newest first",
  description: "Without their secrets, which are not kept.",
  scope: "admin",
  request: { query: PageQuery },
  responses: { 200: { description: "A page of tokens", content: { "application/json": { schema: TokenPage } } } },
});

const revokeToken = operation({
  operationId: "revokeToken",
  method: "delete",
  path: "/v1/tokens/{id}",
  tags: ["Tokens"],
  summary: "Revoke a token",
  description: "It is refused from now on; its record stays in the list.",
  scope: "admin",
  request: { params: z.object({ id: Id.openapi({ param: { name: "id", in: "path" } }) }) },
  responses: { 200: { description: "The revoked token", content: { "application/json": { schema: TokenSchema } } } },
  problems: [404],
});

export function serveTokens(api: Api) {
  handle(api, createToken, async (c) => {
    const { store, now, auth } = c.get("services");
    if (auth === "none") throw madeOnTheCommandLine();
    bodyKind(c);
    const { name, scopes, instances, labels, expires_in_days } = await bodyJson(c, TokenCreateSchema);
    const at = now();
    const token = await store.tokens.create(
      {
        name,
        scopes: [...new Set(scopes)],
        binding: bindingOf(instances, labels),
        expires_at: expires_in_days === undefined ? null : at + expires_in_days * DAY,
      },
      at,
    );
    c.header("Cache-Control", "no-store");
    return c.json({ ...onTheWire(token), secret: token.secret }, 201);
  });

  handle(api, listTokens, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const rows = await c.get("services").store.tokens.list({ after: readCursor(cursor, z.string().max(64)), limit: limit + 1 });
    return c.json(
      toPage(rows, limit, onTheWire, ({ id }) => id),
      200,
    );
  });

  handle(api, revokeToken, async (c) => {
    const { id } = c.req.valid("param");
    const { store, now } = c.get("services");
    const token = await store.tokens.revoke(id, now());
    if (token === null) throw notFound("token", id, "GET /v1/tokens lists them.");
    return c.json(onTheWire(token), 200);
  });
}

/** With `AUTH=none` whoever reaches the port is an admin: a token made so would outlive the day when tokens are asked for. */
function madeOnTheCommandLine(): ProblemError {
  return new ProblemError(403, "anonymous_token", {
    detail: "A service without tokens makes none over HTTP: nobody knows who asks.",
    hint: "Make it where the service runs: kamailio-assistant token create --scope read. Over HTTP an admin token makes others, with AUTH=token.",
  });
}

function onTheWire(token: Token): z.infer<typeof TokenSchema> {
  const { id, name, scopes, binding, created_at, expires_at, revoked_at, last_used_at } = token;
  const time = (ms: number | null) => (ms === null ? null : timestamp(ms));
  return {
    id,
    name,
    scopes,
    instances: binding?.instances ?? [],
    labels: binding?.labels ?? {},
    created_at: timestamp(created_at),
    expires_at: time(expires_at),
    revoked_at: time(revoked_at),
    last_used_at: time(last_used_at),
  };
}

function bindingOf(instances: string[] = [], labels: Record<string, string> = {}): Binding | null {
  return instances.length + Object.keys(labels).length === 0 ? null : { instances, labels };
}
