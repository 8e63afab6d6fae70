/**
 * A request that is answered before its body was read to the end (no token, over the limit, a broken gzip stream) ends its connection: the rest
 * of the body would otherwise have to be read, however long it is, before the next request can be.
 */
import type { IncomingMessage } from "node:http";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./env.js";

/**
 * How long the rest is still taken and thrown away. Whoever is sending it reads the answer then; a connection that is closed at once is a reset
 * to him, and the answer is lost. Milliseconds.
 */
const LINGER = 2_000;

export const closeUnread: MiddlewareHandler<ApiEnv> = async function closeUnread(c, next) {
  await next();
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage };
  if (incoming === undefined || incoming.complete || !hasBody(incoming)) return;
  c.header("Connection", "close");
  linger(incoming);
};

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Node ends a connection that says `close` with `destroySoon`, as soon as the answer is written. */
function linger(incoming: IncomingMessage): void {
  const { socket } = incoming;
  socket.destroySoon = () => {
    socket.end();
    const cut = setTimeout(() => socket.destroy(), LINGER);
    socket.once("close", () => clearTimeout(cut));
    incoming.resume();
  };
}
