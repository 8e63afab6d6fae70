/**
 * Who may do what: every operation of the OpenAPI document x every scope x own, foreign and missing instance. A new route is in the matrix by
 * itself; one without a rule fails here.
 */
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../../src/http/app.js";
import { openApiDocument } from "../../../src/http/system/openapi.js";
import { createServices } from "../../../src/service/services.js";
import { openStore } from "../../../src/store/store.js";
import { type Binding, SCOPES, type Scope } from "../../../src/store/tokens.js";

const store = openStore(":memory:");
const api = createApp({
  ...createServices({ store, log: pino({ level: "silent" }), now: () => 1, auth: "token" }),
  version: "0",
  isStopping: () => false,
});
afterAll(() => store.close());

interface Operation {
  name: string;
  method: string;
  path: string;
  scope: Scope | "public";
}

const OPERATIONS: Operation[] = Object.entries(openApiDocument(api, "0").paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Record<string, { operationId: string; "x-required-scope": Scope | "public" }>).map(
    ([method, operation]) => ({
      name: operation.operationId,
      method: method.toUpperCase(),
      path,
      scope: operation["x-required-scope"],
    }),
  ),
);

/** What each scope includes. Said again here, so that a change of the rule is seen. */
const HOLDS: Record<Scope, Scope[]> = {
  read: ["read"],
  ingest: ["ingest"],
  write: ["read", "ingest", "write"],
  admin: ["read", "ingest", "write", "admin"],
};

/** Operations whose answer depends on more instances than one in the path: each filters by the binding, and has a test below. */
const OF_MANY = ["listInstances"];
/** Operations that say nothing of any instance. */
const OF_NONE = ["analyseTexts", "createToken", "listTokens", "revokeToken", "getMetrics", "listRunbookKinds"];

const BINDINGS: Record<string, Binding | null> = {
  unbound: null,
  named: { instances: ["own"], labels: {} },
  labelled: { instances: [], labels: { site: "a" } },
};

const secrets = new Map<string, string>();
const secretOf = (scope: Scope, binding: string) => secrets.get(`${scope} ${binding}`) ?? "";

beforeAll(async () => {
  await store.instances.put({ name: "own", labels: { site: "a", rack: "1" } }, 1, null);
  await store.instances.put({ name: "foreign", labels: { site: "b" } }, 1, null);
  for (const scope of SCOPES)
    for (const [name, binding] of Object.entries(BINDINGS)) {
      const token = await store.tokens.create({ name, scopes: [scope], binding, expires_at: null }, 1);
      secrets.set(`${scope} ${name}`, token.secret);
    }
});

const call = async (secret: string, method: string, path: string, body?: string) => {
  const answer = await api.request(path, {
    method,
    headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const { code = null, detail = null } = text.startsWith("{") ? (JSON.parse(text) as { code?: string; detail?: string }) : {};
  return { status: answer.status, code, detail, text };
};

const at = (path: string, instance: string) => path.replace("{instance}", instance).replaceAll(/\{\w+\}/g, "none");

describe.each(OPERATIONS.filter(({ scope }) => scope !== "public").map((operation) => [operation.name, operation] as const))(
  "%s",
  (_, { name, method, path, scope }) => {
    test("is allowed to its scope alone", async () => {
      // DELETE of the instances that the matrix needs goes to one that is not there.
      const target = at(path, name === "deleteInstance" ? "missing" : "own");
      for (const held of SCOPES) {
        const { status, code } = await call(secretOf(held, "unbound"), method, target);
        const isAllowed = HOLDS[held].includes(scope as Scope);
        expect([held, status === 403 && code === "forbidden"]).toEqual([held, !isAllowed]);
        expect(status).not.toBe(401);
      }
    });

    if (path.includes("{instance}"))
      test.each(["named", "labelled"])(
        "a %s token finds a foreign instance no more than one that is not there",
        async (binding) => {
          for (const held of SCOPES.filter((one) => HOLDS[one].includes(scope as Scope))) {
            const foreign = await call(secretOf(held, binding), method, at(path, "foreign"));
            const missing = await call(secretOf(held, binding), method, at(path, "missing"));
            expect([held, foreign.status, foreign.code]).toEqual([held, 404, "instance_not_found"]);
            expect([missing.status, missing.code]).toEqual([404, "instance_not_found"]);
            expect(foreign.detail?.replace("foreign", "X")).toBe(missing.detail?.replace("missing", "X"));
            if (name === "deleteInstance" || name === "putInstance") continue;
            const own = await call(secretOf(held, binding), method, at(path, "own"));
            expect(own.code).not.toBe("instance_not_found");
          }
        },
      );
    else
      test("says nothing of instances, or filters them by the token", () => {
        expect([...OF_MANY, ...OF_NONE]).toContain(name);
      });
  },
);

describe("a bound token", () => {
  const names = async (secret: string) =>
    (JSON.parse((await call(secret, "GET", "/v1/instances")).text) as { items: { name: string }[] }).items.map(
      ({ name }) => name,
    );

  test("lists its own instances", async () => {
    expect(await names(secretOf("read", "unbound"))).toEqual(["foreign", "own"]);
    expect(await names(secretOf("read", "named"))).toEqual(["own"]);
    expect(await names(secretOf("read", "labelled"))).toEqual(["own"]);
  });

  test("by names or all labels", async () => {
    const made = await store.tokens.create(
      { name: "x", scopes: ["read"], binding: { instances: ["foreign"], labels: { site: "a", rack: "1" } }, expires_at: null },
      1,
    );
    expect(await names(made.secret)).toEqual(["foreign", "own"]);
    const none = await store.tokens.create(
      { name: "y", scopes: ["read"], binding: { instances: [], labels: { site: "a", rack: "2" } }, expires_at: null },
      1,
    );
    expect(await names(none.secret)).toEqual([]);
  });

  test("is told no foreign name as a near one", async () => {
    const { detail } = await call(secretOf("read", "named"), "GET", "/v1/instances/foreigm");
    expect(detail).toBe('There is no instance "foreigm".');
    expect((await call(secretOf("read", "unbound"), "GET", "/v1/instances/foreigm")).detail).toContain("Near names: foreign");
  });

  test("of a collector makes the instance that it names, writes it, and reads nothing", async () => {
    const { secret } = await store.tokens.create(
      { name: "collector", scopes: ["ingest"], binding: { instances: ["fresh"], labels: {} }, expires_at: null },
      1,
    );
    const build = "version: kamailio 5.6.3 (x86_64/linux)\nflags: USE_TCP, DBG_SR_MEMORY\n";
    const post = (instance: string) =>
      api.request(`/v1/instances/${instance}/builds?create=true`, {
        method: "POST",
        headers: { Authorization: `Bearer ${secret}` },
        body: build,
      });
    expect((await post("fresh")).status).toBe(201);
    expect((await post("other")).status).toBe(404);
    expect((await call(secret, "GET", "/v1/instances/fresh")).status).toBe(403);
    expect((await call(secretOf("ingest", "unbound"), "POST", "/v1/instances/nobody/builds?create=true")).status).not.toBe(201);
  });

  test("with write does not change labels", async () => {
    const put = (binding: string, body: object) =>
      call(secretOf("write", binding), "PUT", "/v1/instances/own", JSON.stringify(body));
    for (const binding of ["named", "labelled"]) {
      expect(await put(binding, { labels: { site: "b" } })).toMatchObject({ status: 403, code: "labels_bound" });
      expect((await put(binding, { labels: { rack: "1", site: "a" }, description: `by ${binding}` })).status).toBe(200);
      expect((await put(binding, { description: "words" })).status).toBe(200);
    }
    expect((await put("unbound", { labels: { site: "a", rack: "1" } })).status).toBe(200);
  });

  test("is made over HTTP, shown with its binding, and never for an admin", async () => {
    const make = (body: object) => call(secretOf("admin", "unbound"), "POST", "/v1/tokens", JSON.stringify(body));
    const made = await make({ name: "c", scopes: ["ingest"], instances: ["sip1"], labels: { site: "a" } });
    expect(JSON.parse(made.text)).toMatchObject({ instances: ["sip1"], labels: { site: "a" } });
    expect(await make({ name: "c", scopes: ["admin"], instances: ["sip1"] })).toMatchObject({
      status: 400,
      code: "invalid_body",
    });
  });
});
