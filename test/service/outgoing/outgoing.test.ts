import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { createOutgoing, type Lookup, type OutgoingClient } from "../../../src/service/outgoing/outgoing.js";

const closing: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(closing.map((close) => close())));

/** A server on loopback, and how many requests reached it. */
async function listen(answer: RequestListener): Promise<{ port: number; seen: () => number }> {
  let count = 0;
  const server: Server = createServer((request, response) => {
    count++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => server.close(() => {}));
  closing.push(async () => server.closeAllConnections());
  return { port: (server.address() as AddressInfo).port, seen: () => count };
}

let client: OutgoingClient | undefined;
afterEach(() => client?.close());

function outgoing(allow: string[] = [], lookup?: Lookup): OutgoingClient {
  client = createOutgoing({ allow, connect_timeout: 1_000, ...(lookup === undefined ? {} : { lookup }) });
  return client;
}

const resolvesTo =
  (...addresses: string[]): Lookup =>
  (_, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

describe("an address that is not public", () => {
  test.each([
    "http://127.0.0.1:PORT/",
    "http://localhost:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.1:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://017700000001:PORT/",
    "http://127.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://①②⑦.⓪.⓪.①:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://[::1]:PORT/",
    "http://[::]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[0:0:0:0:0:ffff:7f00:0001]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[64:ff9b::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "https://127.0.0.1:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://192.168.0.1/",
  ])("%s is refused, before and at the call", async (url) => {
    const server = await listen((_, response) => response.end("secret"));
    const target = url.replace("PORT", String(server.port));
    await expect(outgoing().check(target)).rejects.toMatchObject({ code: "address_not_allowed" });
    const call = outgoing().call({ url: target, most_bytes: 1000 });
    await expect(call).rejects.toMatchObject({ code: "address_not_allowed", hint: expect.stringContaining("OUTGOING_ALLOW") });
    expect(server.seen()).toBe(0);
  });

  test.each([
    ["loopback", ["127.0.0.1"]],
    ["loopback in IPv6", ["::1"]],
    ["a mapped loopback", ["::ffff:127.0.0.1"]],
    ["one public and one private address", ["8.8.8.8", "10.0.0.1"]],
  ])("a name that resolves to %s is refused", async (_, addresses) => {
    const server = await listen((_request, response) => response.end("secret"));
    const call = outgoing([], resolvesTo(...addresses)).call({
      url: `http://harmless.example:${server.port}/`,
      most_bytes: 1000,
    });
    await expect(call).rejects.toMatchObject({ code: "address_not_allowed" });
    expect(server.seen()).toBe(0);
  });

  test("a name that resolves to something else after the check leads nowhere", async () => {
    const server = await listen((_, response) => response.end("secret"));
    let asked = 0;
    const rebinding = outgoing([], (host, done) => resolvesTo(asked++ === 0 ? "8.8.8.8" : "127.0.0.1")(host, done));
    const url = `http://rebinding.example:${server.port}/`;
    await rebinding.check(url);
    await expect(rebinding.call({ url, most_bytes: 1000 })).rejects.toMatchObject({ code: "address_not_allowed" });
    expect(asked).toBe(2);
    expect(server.seen()).toBe(0);
  });
});

describe("a URL", () => {
  test.each([
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://example.com/",
    "javascript:alert(1)",
    "not a url",
    "",
    "http://",
    "http://user@example.com/",
    "http://user:password@example.com/",
    "//example.com/",
  ])("%s is not called", async (url) => {
    await expect(outgoing().check(url)).rejects.toMatchObject({ code: "invalid_url" });
    await expect(outgoing().call({ url, most_bytes: 1 })).rejects.toMatchObject({ code: "invalid_url" });
  });

  test("with a password in it is not quoted in the error", async () => {
    await expect(outgoing().check("http://user:hunter2@example.com/")).rejects.not.toMatchObject({
      message: expect.stringContaining("hunter2"),
    });
  });
});

describe("an allowed server", () => {
  const get = (port: number, more = {}) =>
    outgoing(["127.0.0.1"]).call({ url: `http://127.0.0.1:${port}/path?q=1`, most_bytes: 100_000, ...more });

  test("is called, with method, headers and body", async () => {
    const server = await listen((request, response) => {
      request.setEncoding("utf8");
      request.on("data", (body: string) => response.end(`${request.method} ${request.url} ${request.headers["x-a"]} ${body}`));
    });
    expect(await get(server.port, { method: "POST", headers: { "X-A": "b" }, body: "text" })).toMatchObject({
      status: 200,
      text: "POST /path?q=1 b text",
    });
  });

  test("is called by a listed name, whatever that resolves to", async () => {
    const server = await listen((_, response) => response.end("hello"));
    const call = outgoing(["prometheus.lan"], resolvesTo("127.0.0.1")).call({
      url: `http://prometheus.lan:${server.port}/`,
      most_bytes: 100,
    });
    expect(await call).toMatchObject({ status: 200, text: "hello" });
  });

  test.each([301, 302, 303, 307, 308])("that redirects (%s) is not followed", async (status) => {
    const target = await listen((_, response) => response.end("secret"));
    const server = await listen((_, response) =>
      response.writeHead(status, { Location: `http://127.0.0.1:${target.port}/` }).end(),
    );
    await expect(get(server.port)).rejects.toMatchObject({ code: "redirected" });
    expect(target.seen()).toBe(0);
  });

  test("whose answer is too large is cut off", async () => {
    const server = await listen((_, response) => {
      const chunk = Buffer.alloc(65_536, "x");
      const write = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", write);
      write();
    });
    await expect(get(server.port)).rejects.toMatchObject({ code: "answer_too_large" });
  });

  test("whose head is too large is cut off", async () => {
    const server = await listen((_, response) => response.setHeader("X-Long", "x".repeat(20_000)).end());
    await expect(get(server.port)).rejects.toMatchObject({ code: "unreachable" });
  });

  test.each<[string, RequestListener]>([
    ["never answers", () => {}],
    [
      "answers a byte now and then",
      (_, response) => {
        response.on("close", () => clearInterval(drip));
        const drip = setInterval(() => response.write("x"), 20);
      },
    ],
  ])("that %s is given up", async (_, answer) => {
    const server = await listen(answer);
    await expect(get(server.port, { timeout: 250 })).rejects.toMatchObject({ code: "timed_out" });
  });

  test("that hangs up is unreachable", async () => {
    const server = createTcpServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(async () => server.close());
    await expect(get((server.address() as AddressInfo).port)).rejects.toMatchObject({ code: "unreachable" });
  });

  test("that takes a connection and never speaks TLS is given up", async () => {
    const server = createTcpServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(async () => server.close());
    const call = outgoing(["127.0.0.1"]).call({
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      most_bytes: 100,
    });
    await expect(call).rejects.toMatchObject({ code: "timed_out" });
  });

  test("is left when the caller gives up", async () => {
    const server = await listen(() => {});
    const given = new AbortController();
    const call = get(server.port, { signal: given.signal });
    setTimeout(() => given.abort(), 20);
    await expect(call).rejects.toMatchObject({ code: "aborted" });
  });

  test("whose name is not known", async () => {
    const call = outgoing([], (_, done) => done(new Error("ENOTFOUND"), [])).check("http://no.example/");
    await expect(call).rejects.toMatchObject({ code: "host_not_found" });
  });
});
