import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RUNBOOK_KINDS } from "../../../src/runbooks/runbook.js";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), "utf8");
const JSON_BODY = { "Content-Type": "application/json" };

interface Runbook {
  id: string;
  status: string;
  next_step: string | null;
  verdict: { outcome: string } | null;
  steps: {
    id: string;
    status: string;
    title: string;
    submit: string | null;
    commands: { text: string }[];
    satisfied_by: { kind: string; id: string | null; detail: string } | null;
  }[];
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = JSON_BODY,
): Promise<Response> {
  return server.fetch(`/v1/instances/${path}`, {
    method,
    headers,
    body: typeof body === "string" ? body : body === undefined ? null : JSON.stringify(body),
  });
}

async function made(instance: string, body: unknown): Promise<Runbook> {
  const response = await send("POST", `${instance}/runbooks`, body);
  expect(response.status, await response.clone().text()).toBe(201);
  return (await response.json()) as Runbook;
}

const read = async (instance: string, id: string) => (await (await send("GET", `${instance}/runbooks/${id}`)).json()) as Runbook;
const step = (runbook: Runbook, id: string) => {
  const found = runbook.steps.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no step ${id}`);
  return found;
};

describe("runbooks over HTTP", () => {
  runScenarios(server, [
    {
      name: "the kinds",
      path: "/v1/runbook-kinds",
      status: 200,
      has: [...RUNBOOK_KINDS.map((kind) => `"${kind}"`), "when_to_use", "wait_seconds"],
    },
    {
      name: "of an instance that nobody made",
      method: "POST",
      path: "/v1/instances/nobody/runbooks",
      body: '{"kind":"leak_hunt"}',
      headers: JSON_BODY,
      status: 404,
      code: "instance_not_found",
    },
    {
      name: "of an unknown kind, with the near names",
      before: [["PUT", "/v1/instances/sip1"]],
      method: "POST",
      path: "/v1/instances/sip1/runbooks",
      body: '{"kind":"leak_hnt"}',
      headers: JSON_BODY,
      status: 422,
      code: "unknown_runbook_kind",
      has: ["Near names: leak_hunt"],
    },
    {
      name: "without a kind",
      method: "POST",
      path: "/v1/instances/sip1/runbooks",
      body: "{}",
      headers: JSON_BODY,
      status: 400,
      code: "invalid_body",
      has: ["/kind"],
    },
    {
      name: "with a parameter that it does not take",
      method: "POST",
      path: "/v1/instances/sip1/runbooks",
      body: '{"kind":"resize","pid":3}',
      headers: JSON_BODY,
      status: 400,
      code: "invalid_parameter",
      has: ["/pid", "shm_size_mb"],
    },
    {
      name: "with a value out of bounds",
      method: "POST",
      path: "/v1/instances/sip1/runbooks",
      body: '{"kind":"gdb_walk","pid":0}',
      headers: JSON_BODY,
      status: 400,
      code: "invalid_parameter",
      has: ["1 to 4194304"],
    },
    {
      name: "with a line break in a name",
      method: "POST",
      path: "/v1/instances/sip1/runbooks",
      body: '{"kind":"collect_dump","container":"a\\nb"}',
      headers: JSON_BODY,
      status: 400,
      code: "invalid_parameter",
    },
    {
      name: "no JSON",
      method: "POST",
      path: "/v1/instances/sip1/runbooks",
      body: "kind=leak_hunt",
      headers: JSON_BODY,
      status: 400,
      code: "malformed_json",
    },
    {
      name: "made",
      method: "POST",
      path: "/v1/instances/sip1/runbooks",
      body: '{"kind":"first_15_minutes"}',
      headers: JSON_BODY,
      status: 201,
      json: { kind: "first_15_minutes", instance: "sip1", status: "open", next_step: "alive" },
      answerHeaders: { Location: /^\/v1\/instances\/sip1\/runbooks\/[\w-]+$/, ETag: /^"1-/ },
    },
    { name: "one that is not there", path: "/v1/instances/sip1/runbooks/nosuch", status: 404, code: "runbook_not_found" },
    {
      name: "a list of one kind",
      path: "/v1/instances/sip1/runbooks?kind=first_15_minutes",
      status: 200,
      json: { items: [{ kind: "first_15_minutes", progress: { waiting: 8 } }], next_cursor: null },
      hasNot: ["commands"],
    },
    {
      name: "an empty list",
      path: "/v1/instances/sip1/runbooks?kind=resize",
      status: 200,
      json: { items: [], next_cursor: null },
    },
  ]);

  test("pages through a list", async () => {
    await send("PUT", "pages");
    for (const kind of ["resize", "corruption", "leak_hunt"]) await made("pages", { kind });
    const first = (await (await send("GET", "pages/runbooks?limit=2")).json()) as {
      items: { kind: string }[];
      next_cursor: string;
    };
    const rest = (await (await send("GET", `pages/runbooks?limit=2&cursor=${first.next_cursor}`)).json()) as typeof first;
    expect([...first.items, ...rest.items].map(({ kind }) => kind)).toEqual(["leak_hunt", "corruption", "resize"]);
    expect(rest.next_cursor).toBeNull();
  });
});

describe("a runbook that is worked on", () => {
  test("records that come later satisfy its steps, and a person marks the rest", async () => {
    await send("PUT", "leaky");
    const runbook = await made("leaky", { kind: "out_of_memory" });
    expect(runbook.next_step).toBe("find_lines");
    expect(step(runbook, "record_build").status).toBe("open");

    await send("POST", "leaky/builds", fixture("5.6.3-debian-default/I.txt"), {});
    await send(
      "POST",
      "leaky/logs",
      `${new Date().toISOString()} sip1 kamailio[4242]: ERROR: <core> [core/msg_translator.c:2000]: build_req_buf_from_sip_req(): could not allocate private memory from pkg pool\n`,
      {},
    );
    const later = await read("leaky", runbook.id);
    expect(step(later, "record_build")).toMatchObject({
      status: "satisfied",
      satisfied_by: { kind: "build", detail: "kamailio 5.6.3, DBG_SR_MEMORY" },
    });
    expect(step(later, "find_lines")).toMatchObject({ status: "satisfied", satisfied_by: { kind: "incident" } });
    expect(step(later, "dump_before_restart").commands.at(-1)?.text).toContain("mem_dump_pkg 4242");

    const answer = await send("PATCH", `leaky/runbooks/${runbook.id}/steps/${later.next_step}`, {
      status: "skipped",
      note: "no console",
    });
    expect(answer.status).toBe(200);
    const marked = (await answer.json()) as Runbook;
    expect(step(marked, later.next_step ?? "")).toMatchObject({
      status: "skipped",
      satisfied_by: { kind: "person", detail: "no console" },
    });
    expect(marked.next_step).not.toBe(later.next_step);
    expect(await read("leaky", runbook.id)).toEqual(marked);
  });

  test("a change is guarded by the state that it was made for", async () => {
    await send("PUT", "guarded");
    const { id } = await made("guarded", { kind: "corruption" });
    const tag = (await send("GET", `guarded/runbooks/${id}`)).headers.get("ETag") ?? "";
    const path = `guarded/runbooks/${id}/steps/find_lines`;
    expect((await send("GET", `guarded/runbooks/${id}`, undefined, { "If-None-Match": tag })).status).toBe(304);
    expect((await send("PATCH", path, { status: "done" }, { ...JSON_BODY, "If-Match": tag })).status).toBe(200);
    expect((await send("PATCH", path, { status: "failed" }, { ...JSON_BODY, "If-Match": tag })).status).toBe(412);
    expect((await send("GET", `guarded/runbooks/${id}`, undefined, { "If-None-Match": tag })).status).toBe(200);
  });

  test.each([
    ["an unknown step", "find_line", { status: "done" }, 404, "step_not_found"],
    ["a status that only records can give", "find_lines", { status: "satisfied" }, 400, "invalid_body"],
    ["a field too many", "find_lines", { status: "done", by: "me" }, 400, "invalid_body"],
  ])("refuses %s", async (_, name, body, status, code) => {
    await send("PUT", "marks");
    const { id } = await made("marks", { kind: "corruption" });
    const answer = await send("PATCH", `marks/runbooks/${id}/steps/${name}`, body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });

  test("deleting the instance takes its runbooks along", async () => {
    await send("PUT", "gone");
    const { id } = await made("gone", { kind: "corruption" });
    await send("DELETE", "gone");
    await send("PUT", "gone");
    expect((await send("GET", `gone/runbooks/${id}`)).status).toBe(404);
  });
});

describe("the formats", () => {
  const HOSTILE = "/opt/<script>alert(1)</script>/kamailio";

  test("say the same steps, commands and statuses", async () => {
    await send("POST", "forms/builds?create=true", fixture("5.6.3-debian-default/I.txt"), {});
    const { id } = await made("forms", { kind: "leak_hunt", pool: "pkg" });
    const json = await read("forms", id);
    const get = async (accept: string) => {
      const response = await send("GET", `forms/runbooks/${id}?open=false`, undefined, { Accept: accept });
      expect(response.headers.get("Content-Type")).toContain(accept);
      return await response.text();
    };
    const [markdown, text, html] = [await get("text/markdown"), await get("text/plain"), await get("text/html")];
    for (const { id: name, commands, submit } of json.steps)
      for (const shown of [markdown, text, html]) {
        expect(shown).toContain(name);
        for (const line of [...commands.map((one) => one.text), submit ?? ""].flatMap((one) => one.split("\n")))
          expect(unescaped(shown)).toContain(line);
      }
    expect(markdown).toMatch(/^# Leak hunt in pkg of forms\n/);
    expect(markdown).toContain("RISK: load.");
    expect(markdown.indexOf("RISK:")).toBeLessThan(markdown.indexOf("mem_dump_pkg"));
    expect(markdown.match(/^```/gm)?.length ?? 1).toSatisfy((fences: number) => fences % 2 === 0);
  });

  test("text and Markdown show what is open, with one line for what is settled; JSON with ?open=true", async () => {
    const { id } = await made("forms", { kind: "leak_hunt", pool: "pkg" });
    const settled = (await read("forms", id)).steps.filter(({ status }) => status === "satisfied").map((step) => step.id);
    expect(settled).toContain("record_build");
    for (const format of ["text", "markdown"]) {
      const shown = await (await send("GET", `forms/runbooks/${id}?format=${format}`)).text();
      expect(shown).toMatch(new RegExp(`Settled, ${settled.length} of \\d+: .*record_build`));
      expect(shown).not.toContain("/kamailio -I");
      expect(shown).toContain("record_settings");
    }
    const open = (await (await send("GET", `forms/runbooks/${id}?open=true`)).json()) as Runbook & { settled: string };
    expect(open.steps.map((step) => step.id)).not.toContain("record_build");
    expect(open.settled).toContain("record_build");
    const page = await (await send("GET", `forms/runbooks/${id}?format=html`)).text();
    expect(page).toContain("Record the build");
  });

  test("the page is escaped, prints, and fetches nothing", async () => {
    await send("POST", "page/settings?create=true", { binary: HOSTILE, shm_size_mb: 64 });
    await send("POST", "page/settings", `${HOSTILE} -m 64 -M 8 -P /run/kamailio.pid`, {});
    const { id } = await made("page", { kind: "first_15_minutes", container: HOSTILE });
    await send("PATCH", `page/runbooks/${id}/steps/alive`, {
      status: "done",
      note: "<img src=x onerror=alert(1)> ](http://x) `code`",
    });
    const response = await send("GET", `page/runbooks/${id}?format=html`);
    const html = await response.text();
    expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    expect(html).toContain("@media print");
    expect(html).not.toMatch(/<(?:script|img|link|iframe)|@import|url\(/i);
    expect(html).toContain("&lt;img");
    const markdown = await (await send("GET", `page/runbooks/${id}?format=markdown&open=false`)).text();
    expect(markdown).toContain("\\<img");
  });

  test("an unknown format and a media type that it has not", async () => {
    const { id } = await made("page", { kind: "resize" });
    expect((await send("GET", `page/runbooks/${id}?format=pdf`)).status).toBe(400);
    expect((await send("GET", `page/runbooks/${id}`, undefined, { Accept: "image/png" })).status).toBe(406);
  });
});

describe("who may", () => {
  const guarded = testServer({ AUTH: "token" });
  test("nobody without a token", async () => {
    expect((await guarded.fetch("/v1/runbook-kinds")).status).toBe(401);
    expect(
      (await guarded.fetch("/v1/instances/a/runbooks", { method: "POST", body: '{"kind":"resize"}', headers: JSON_BODY })).status,
    ).toBe(401);
  });
});

function unescaped(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
