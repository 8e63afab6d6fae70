import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { testServer } from "../../support/server.js";

/** Sends the head and then the body until the service has had enough; answers what came back, however the connection ended. */
function upload(port: number, head: string, body: Buffer, repeat: number): Promise<{ answer: string; reset: boolean }> {
  return new Promise((resolve) => {
    let answer = "";
    let reset = false;
    const socket = connect(port, "127.0.0.1");
    let sent = 0;
    const send = () => {
      while (sent < repeat && !socket.destroyed) {
        sent++;
        if (!socket.write(body)) return void socket.once("drain", send);
      }
    };
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => {
      reset = true;
    });
    socket.on("close", () => resolve({ answer, reset }));
    socket.write(head);
    send();
  });
}

describe("a body that is not read to its end", () => {
  const open = testServer();
  const guarded = testServer({ AUTH: "token" });
  const port = (url: string) => Number(new URL(url).port);
  const MB = 1_048_576;

  test.each<[string, () => string, string, string, Buffer, number]>([
    ["without a token", () => guarded.url, "/v1/instances/a/dumps", `Content-Length: ${64 * MB}`, Buffer.alloc(MB, "x"), 64],
    ["over the limit", () => open.url, "/v1/instances/a/builds", `Content-Length: ${64 * MB}`, Buffer.alloc(MB, "x"), 64],
    [
      "of another type",
      () => open.url,
      "/v1/instances/a/builds",
      `Content-Type: image/png\r\nContent-Length: ${64 * MB}`,
      Buffer.alloc(MB),
      64,
    ],
    [
      "that is no gzip",
      () => open.url,
      "/v1/instances/a/logs?create=true",
      `Content-Encoding: gzip\r\nContent-Length: ${64 * MB}`,
      Buffer.alloc(MB, "no gzip "),
      64,
    ],
    ["to a path that is not there", () => open.url, "/v1/nowhere", `Content-Length: ${64 * MB}`, Buffer.alloc(MB), 64],
  ])("%s: the answer arrives whole and says that the connection ends", async (_, url, path, headers, body, repeat) => {
    const host = `Host: 127.0.0.1\r\n`;
    const { answer, reset } = await upload(port(url()), `POST ${path} HTTP/1.1\r\n${host}${headers}\r\n\r\n`, body, repeat);
    const [head = "", problem = ""] = answer.split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(head.toLowerCase()).toContain("connection: close");
    expect(JSON.parse(problem)).toHaveProperty("code");
    expect(reset).toBe(false);
  });

  test("many refused uploads on kept connections all get their answer", async () => {
    const bomb = gzipSync(Buffer.alloc(100 * MB));
    for (let n = 0; n < 6; n++) {
      const answer = await open.fetch("/v1/instances/a/logs?create=true", {
        method: "POST",
        headers: { "Content-Encoding": "gzip" },
        body: bomb,
      });
      expect(answer.status).toBe(413);
      expect(await answer.json()).toMatchObject({ code: "gzip_bomb" });
    }
  });

  test("one that was read leaves the connection open", async () => {
    const answer = await open.fetch("/v1/instances/kept", { method: "PUT", body: "{}" });
    expect(answer.headers.get("connection")).not.toBe("close");
  });
});

describe("a gzip bomb", () => {
  const server = testServer();
  const MB = 1_048_576;
  const send = (path: string, body: Buffer) =>
    server.fetch(path, { method: "POST", headers: { "Content-Encoding": "gzip" }, body: gzipSync(body) });

  test.each(["dumps", "usage", "logs"])("of line ends costs %s no more than its first eight megabytes", async (endpoint) => {
    const answer = await send(`/v1/instances/a/${endpoint}?create=true`, Buffer.alloc(100 * MB, "\n"));
    expect(answer.status).toBe(413);
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    expect(code).toBe("gzip_bomb");
    expect(Number(/\((\d+) bytes/.exec(detail)?.[1])).toBeLessThan(9 * MB);
  });

  test("is not what merely repeats itself, up to that size", async () => {
    const answer = await send("/v1/instances/a/logs?create=true", Buffer.alloc(7 * MB, "kamailio[1]: INFO: the same\n"));
    expect(await answer.json()).not.toMatchObject({ code: "gzip_bomb" });
  });
});

describe("a slow sender", () => {
  const server = testServer({ UPLOAD_IDLE_S: "1", UPLOAD_MIN_RATE: "1000" });

  test.each([
    ["that stops", 0, "UPLOAD_IDLE_S"],
    ["that trickles", 50, "UPLOAD_MIN_RATE"],
  ])("%s is cut off with 408", async (_, every, named) => {
    let answer = "";
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      const trickle = every === 0 ? undefined : setInterval(() => socket.write("x\n"), every);
      socket.on("data", (chunk: Buffer) => {
        answer += chunk.toString("latin1");
        clearInterval(trickle);
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve());
      socket.write("POST /v1/instances/a/logs?create=true HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nbegin\n");
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer.toLowerCase()).toContain("connection: close");
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      code: "sender_too_slow",
      detail: expect.stringContaining(named),
    });
    expect(await (await server.fetch("/v1/instances")).json()).toMatchObject({ items: [] });
  });
});
