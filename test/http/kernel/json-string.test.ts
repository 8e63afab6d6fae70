import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unquoted } from "../../../src/http/kernel/json-string.js";
import { testServer } from "../../support/server.js";

async function read(chunks: Uint8Array[]): Promise<{ text: string; wasString: boolean }> {
  let wasString = false;
  const parts: Uint8Array[] = [];
  const source = async function* () {
    yield* chunks;
  };
  for await (const part of unquoted(source(), () => {
    wasString = true;
  }))
    parts.push(part);
  return { text: Buffer.concat(parts).toString("utf8"), wasString };
}

const pieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));

describe("a body that is one JSON string", () => {
  test("is the text in it, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 300 }), fc.integer({ min: 1, max: 40 }), async (text, size) => {
        expect(await read(pieces(Buffer.from(` ${JSON.stringify(text)}\n`), size))).toEqual({ text, wasString: true });
      }),
    );
  });

  test("of many pieces is unescaped as it comes", async () => {
    const text = 'a "quoted" \\ line with ü and \u{1f600}\n'.repeat(20_000);
    expect(await read(pieces(Buffer.from(JSON.stringify(text)), 7919))).toEqual({ text, wasString: true });
    const escaped = JSON.stringify(text).replaceAll("ü", "\\u00fc").replaceAll("\u{1f600}", "\\ud83d\\ude00");
    expect((await read(pieces(Buffer.from(escaped), 65_521))).text).toBe(text);
  });

  test.each([
    ["a raw text", "total: 5\n"],
    ["a CSV with quoted names", '"Time","shm"\n1,2\n'],
    ["a quoted line and another", '"one"\ntwo\n'],
    ["a JSON object", '{"a": "b"}'],
    ["an open quote", '"not closed'],
    ["a string with a raw line end", '"one\ntwo"'],
    ["nothing", ""],
  ])("%s is left as it is", async (_name, text) => {
    expect(await read(text === "" ? [] : pieces(Buffer.from(text), 3))).toEqual({ text, wasString: false });
  });

  test("that breaks off late is refused", async () => {
    const text = JSON.stringify("x".repeat(200_000)).slice(0, -1);
    await expect(read(pieces(Buffer.from(text), 10_000))).rejects.toMatchObject({ status: 400, code: "malformed_json" });
  });
});

describe("everywhere that takes text", () => {
  const server = testServer();
  const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), "utf8");
  const DEBIAN = "5.6.3-debian-default";

  test.each([
    ["builds", `${DEBIAN}/I.txt`],
    ["settings", `${DEBIAN}/cmdline.txt`],
    ["configs", `${DEBIAN}/k.cfg`],
    ["usage", "more/5.6.3-debian/kamcmd-pkg.stats.txt"],
    ["dumps", `${DEBIAN}/idle/dump-shm-ms12.log`],
    ["logs", "log-texts/json-engine-errors.txt"],
    ["host-memory", "host-memory/meminfo.txt"],
  ])("%s", async (endpoint, name) => {
    for (const [index, type] of ["application/json", "text/plain"].entries()) {
      const path = `${server.url}/v1/instances/quoted${index}/${endpoint}?create=true`;
      const response = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": type },
        body: JSON.stringify(fixture(name)),
      });
      expect(response.status, `${type}: ${await response.clone().text()}`).toBe(201);
    }
  });

  test("analyses", async () => {
    const response = await fetch(`${server.url}/v1/analyses`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fixture(`${DEBIAN}/I.txt`)),
    });
    expect(response.status).toBe(200);
  });
});
