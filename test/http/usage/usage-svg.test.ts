import { describe, expect, test } from "vitest";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";
import { DAY, HOUR, lineOf, linesOf, MB, sampleAt } from "./samples.js";

const server = testServer();
const NOW = Math.floor(Date.now() / HOUR) * HOUR;

describe("GET usage.svg answers", () => {
  runScenarios(server, [
    {
      name: "404 for an instance that nobody made",
      path: "/v1/instances/nobody/usage.svg",
      status: 404,
      code: "instance_not_found",
    },
    {
      name: "200 without any history",
      before: [["PUT", "/v1/instances/empty"]],
      path: "/v1/instances/empty/usage.svg",
      status: 200,
      has: ["<svg", "no usage is recorded in this stretch"],
      answerHeaders: { "Content-Type": /^image\/svg\+xml/, "Content-Security-Policy": /default-src 'none'/ },
    },
    {
      name: "200 with the shared pool, in the colours that the reader prefers",
      before: [["POST", "/v1/instances/a/usage?create=true", linesOf([sampleAt(NOW - HOUR, 50 * MB), sampleAt(NOW, 51 * MB)])]],
      path: "/v1/instances/a/usage.svg",
      status: 200,
      has: ["a: shm, 64 MB", "51 MB in use, peak 51 MB (80 %)", "prefers-color-scheme", 'width="800"'],
    },
    {
      name: "200 with the processes",
      path: "/v1/instances/a/usage.svg?pool=pkg&width=600&theme=dark",
      status: 200,
      has: ["a: pkg, 8 MB a process", "main process - attendant", 'width="600"'],
      hasNot: ["prefers-color-scheme"],
    },
    { name: "400 for another pool", path: "/v1/instances/a/usage.svg?pool=heap", status: 400, code: "invalid_parameter" },
    { name: "400 for another theme", path: "/v1/instances/a/usage.svg?theme=blue", status: 400, code: "invalid_parameter" },
    { name: "400 for a stamp", path: "/v1/instances/a/usage.svg?width=100", status: 400, code: "invalid_parameter" },
    { name: "400 for a wall", path: "/v1/instances/a/usage.svg?width=20000", status: 400, code: "invalid_parameter" },
    {
      name: "400 for an end before the beginning",
      path: "/v1/instances/a/usage.svg?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
      status: 400,
      code: "invalid_parameter",
    },
  ]);

  test("304 for the same picture", async () => {
    const etag = (await server.fetch("/v1/instances/a/usage.svg")).headers.get("ETag") ?? "";
    expect((await server.fetch("/v1/instances/a/usage.svg", { headers: { "If-None-Match": etag } })).status).toBe(304);
  });

  test("a leak is drawn to the day when the pool is full, in a picture that reaches the end of the history alone", async () => {
    const hours = 20 * 24;
    const leak = Array.from({ length: hours }, (_, n) =>
      sampleAt(NOW - (hours - n) * HOUR, 20 * MB + n * 70_000, { uptime: (n + 1) * 3600 }),
    );
    await server.fetch("/v1/instances/leak/usage?create=true", { method: "POST", body: linesOf(leak) });
    expect(await (await server.fetch("/v1/instances/leak/usage.svg")).text()).toContain("; full between ");
    const early = await server.fetch(`/v1/instances/leak/usage.svg?to=${new Date(NOW - 10 * DAY).toISOString()}`);
    expect(await early.text()).not.toContain("full between");
  });

  test("both pools stand in one picture where both are full, and pool= takes one of them", async () => {
    const full = Array.from({ length: 12 }, (_, n) => {
      const sample = sampleAt(NOW - (12 - n) * HOUR, 64 * MB - 2000);
      return { ...sample, pkg: sample.pkg.map((row) => ({ ...row, used: 8 * MB - 1000, real_used: 8 * MB - 100, free: 100 })) };
    });
    await server.fetch("/v1/instances/both/usage?create=true", { method: "POST", body: linesOf(full) });
    const picture = async (query: string) => (await server.fetch(`/v1/instances/both/usage.svg${query}`)).text();
    const together = await picture("?width=800");
    expect(together.match(/<title [^>]*>[^<]*/g)?.map((title) => title.replace(/.*>/, ""))).toEqual([
      "both: shm, 64 MB",
      "both: pkg, 8 MB a process",
    ]);
    expect(together).toMatch(/^<svg width="800" height="832"/);
    expect(together).toContain('<svg y="416"');
    const ids = [...together.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const one = await picture("?pool=pkg");
    expect(one).toContain("both: pkg");
    expect(one).not.toContain("both: shm");
  });

  test("a hostile description cannot break out of the picture", async () => {
    const one = sampleAt(NOW, 5 * MB);
    const desc = '</text><script>alert(1)</script>"\u0007\u0000]]>&';
    await server.fetch("/v1/instances/hostile/usage?create=true", {
      method: "POST",
      body: lineOf({ ...one, pkg: one.pkg.map((row) => ({ ...row, desc })) }),
    });
    const svg = await (await server.fetch("/v1/instances/hostile/usage.svg?pool=pkg")).text();
    expect(svg).not.toContain("<script");
    expect(svg).toContain("&lt;/text&gt;");
    expect(svg).not.toMatch(/[\u0000-\u0008]/);
  });
});
