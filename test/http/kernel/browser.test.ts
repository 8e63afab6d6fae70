/**
 * What a page of somebody else's can do to a service without tokens, in a real browser. `evil.example` is made to mean 127.0.0.1, as DNS
 * rebinding does it.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { testServer } from "../../support/server.js";

const CHROMIUM = [process.env.CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path !== "" && existsSync(path),
);
const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
    " ",
  );

describe.skipIf(CHROMIUM === undefined)("a page of another site (skipped without Chromium: install chromium)", () => {
  const service = testServer();
  const profile = mkdtempSync(join(tmpdir(), "assistant-chromium-"));
  let attacker: Server;
  let browser: BrowserContext;
  let page: Page;
  let evil = "";

  beforeAll(async () => {
    attacker = createServer((_, answer) =>
      answer.setHeader("Content-Type", "text/html").end("<!doctype html><title>evil</title>"),
    );
    await new Promise<void>((resolve) => attacker.listen(0, "127.0.0.1", resolve));
    evil = `http://evil.example:${(attacker.address() as AddressInfo).port}`;
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM ?? "",
      args: [...FLAGS, "--host-resolver-rules=MAP evil.example 127.0.0.1"],
    });
  });
  // One page a test: a navigation that is still under way in the last one would interrupt the next.
  beforeEach(async () => {
    page = await browser.newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => attacker.close(resolve));
    rmSync(profile, { recursive: true, force: true });
  });

  const instances = async () => {
    const answer = (await (await service.fetch("/v1/instances")).json()) as { items: { name: string }[] };
    return answer.items.map(({ name }) => name);
  };

  test("cannot send texts in, make instances or tokens, or delete", async () => {
    await service.fetch("/v1/instances/mine", { method: "PUT" });
    await page.goto(evil);
    const outcomes = await page.evaluate(async (url) => {
      const attempts: [string, RequestInit][] = [
        [
          "/v1/instances/forged/builds?create=true",
          { method: "POST", body: "version: kamailio 5.6.3 (x86_64/linux)\nflags: F_MALLOC\n" },
        ],
        ["/v1/tokens", { method: "POST", body: '{"name":"forged","scopes":["admin"]}' }],
        ["/v1/instances/forged", { method: "PUT", body: "{}" }],
        ["/v1/instances/mine", { method: "DELETE" }],
      ];
      const seen: string[] = [];
      for (const [path, init] of attempts)
        seen.push(
          await fetch(url + path, { mode: init.method === "POST" ? "no-cors" : "cors", ...init }).then(
            (answer) => `sent, ${answer.type}`,
            () => "not sent",
          ),
        );
      return seen;
    }, service.url);
    // The POSTs need no preflight: only the service can refuse them.
    expect(outcomes).toEqual(["sent, opaque", "sent, opaque", "not sent", "not sent"]);
    expect(await instances()).toEqual(["mine"]);
    expect(await (await service.fetch("/v1/tokens")).json()).toMatchObject({ items: [] });
  });

  test("cannot post a form", async () => {
    await page.goto(evil);
    await page.setContent(
      `<form method="post" enctype="text/plain" action="${service.url}/v1/instances/formed/builds?create=true"><textarea name="x">version: kamailio 5.6.3 (x86_64/linux)</textarea></form>`,
    );
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().startsWith(service.url)),
      page.evaluate("document.forms[0].submit()"),
    ]);
    expect(answer.status()).toBe(403);
    expect(await instances()).toEqual(["mine"]);
  });

  test("cannot read anything under a name that was bound to this machine", async () => {
    const answer = await page.goto(`http://evil.example:${new URL(service.url).port}/v1/instances`);
    expect(answer?.status()).toBe(421);
    expect(await answer?.text()).not.toContain("mine");
  });

  test("while a page of the service's own may use it", async () => {
    await page.goto(`${service.url}/docs`);
    const status = await page.evaluate(async () => (await fetch("/v1/instances/own", { method: "PUT", body: "{}" })).status);
    expect(status).toBe(201);
    expect(await instances()).toEqual(["mine", "own"]);
  });
});
