/**
 * Request bodies: raw text as curl sends it, JSON, NDJSON, any of them gzipped; read as a stream, bounded, and never trusted.
 */

import { createHash, type Hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Context } from "hono";
import type { z } from "zod";
import { nestsTooDeep } from "../../kamailio/nesting.js";
import { KB, MB } from "../../kamailio/units.js";
import type { ApiEnv, BodyWitness } from "./env.js";
import { unquoted } from "./json-string.js";
import { nestedTooDeep, ProblemError, validationProblem } from "./problem.js";
import { fastEnough } from "./slow-sender.js";

/** A text that a person pastes or a small command prints. The longest `-I`, unit or process list seen is far below. */
export const SMALL_TEXT_LIMIT = MB;

/**
 * gzip makes at most 1032 bytes out of one; real logs and dumps stay under 60. A body beyond this ratio, once it is large, is a bomb. What was
 * unpacked until then was also read: eight megabytes of line ends are as many lines as a day's log has.
 */
const BOMB_RATIO = 300;
const BOMB_CHECK_FROM = 8 * MB;

export type BodyKind = "json" | "ndjson" | "text";

const SENDING =
  "Send the text as it was printed: curl --data-binary @- (text/plain, or no content type), or JSON as application/json.";

/**
 * What the content type says the body is. curl's default (`application/x-www-form-urlencoded`) counts as text, since `--data-binary` sends
 * raw text under it.
 *
 * @throws ProblemError 415 for a type that is not read anywhere
 */
export function bodyKind(c: Context<ApiEnv>): BodyKind {
  const type = (c.req.header("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json" || type.endsWith("+json")) return "json";
  if (type === "application/x-ndjson" || type === "application/ndjson" || type === "application/jsonl") return "ndjson";
  if (type === "" || type.startsWith("text/") || TEXT_TYPES.has(type)) return "text";
  throw new ProblemError(415, "unsupported_media_type", {
    detail: `A body of type "${type.slice(0, 100)}" is not read here.`,
    hint: SENDING,
  });
}

const TEXT_TYPES = new Set([
  "application/x-www-form-urlencoded",
  "application/octet-stream",
  "application/gzip",
  "application/x-gzip",
  "application/x-tar",
]);

/** Hash of what was read, for `Idempotency-Key`; complete once the body was read to its end. */
export class BodyHash implements BodyWitness {
  readonly #hash: Hash = createHash("sha256");
  complete = false;
  update(chunk: Uint8Array) {
    this.#hash.update(chunk);
  }
  digest(): string {
    return this.#hash.digest("base64url");
  }
}

/**
 * The body's bytes, unpacked, in chunks. A gzip body is recognised by its `Content-Encoding` or its first bytes.
 *
 * @param limit bytes after unpacking; `Number.POSITIVE_INFINITY` where any size is read as a stream
 * @throws ProblemError 413 over the limit or for a gzip bomb, 415 for another encoding, 400 for a broken gzip stream or an upload that was cut
 */
export async function* bodyChunks(c: Context<ApiEnv>, limit: number): AsyncGenerator<Uint8Array> {
  const encoding = (c.req.header("Content-Encoding") ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip" && encoding !== "x-gzip")
    throw new ProblemError(415, "unsupported_encoding", {
      detail: `The content encoding "${encoding.slice(0, 50)}" is not read here.`,
      hint: "Send the body plain or with Content-Encoding: gzip.",
      headers: { "Accept-Encoding": "gzip" },
    });
  const declared = Number(c.req.header("Content-Length") ?? 0);
  if (encoding === "identity" && declared > limit) throw tooLarge(limit, 0, declared);
  let read = 0;
  for await (const chunk of unpack(receive(sentBytes(c), c.get("bodyHash")), encoding !== "identity")) {
    read += chunk.length;
    if (read > limit) throw tooLarge(limit, read, null);
    yield chunk;
  }
}

/**
 * The body as it was sent. On a socket Node's own stream is read, which is faster than the one of the Fetch API around it.
 */
export function sentBytes(c: Context<ApiEnv>): AsyncIterable<Uint8Array> {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage };
  // Not destroyed when it is left unread: the connection still has to carry the answer.
  if (incoming?.complete === false) return fastEnough(incoming.iterator({ destroyOnReturn: false }), c.get("limits"));
  return incoming?.iterator({ destroyOnReturn: false }) ?? ((c.req.raw.body ?? []) as AsyncIterable<Uint8Array>);
}

/** zlib's default of 16 KB makes a callback of every sixteen kilobytes of a gigabyte. */
const UNPACKED_CHUNK = 256 * KB;

async function* receive(stream: AsyncIterable<Uint8Array>, hash: BodyWitness | undefined): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) {
      hash?.update(chunk);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
    throw new ProblemError(400, "upload_cut", { detail: "The upload ended before its end.", hint: "Send it again.", cause });
  }
  if (hash !== undefined) hash.complete = true;
}

const GZIP_MAGIC_1 = 0x1f;
const GZIP_MAGIC_2 = 0x8b;

async function* unpack(raw: AsyncGenerator<Uint8Array>, declaredGzip: boolean): AsyncGenerator<Uint8Array> {
  const first = await raw.next();
  if (first.done) return;
  const head = first.value;
  async function* whole() {
    yield head;
    yield* raw;
  }
  if (!declaredGzip && !(head[0] === GZIP_MAGIC_1 && head[1] === GZIP_MAGIC_2)) {
    yield* whole();
    return;
  }
  const source = Readable.from(whole(), { objectMode: false });
  const gunzip = createGunzip({ chunkSize: UNPACKED_CHUNK });
  source.on("error", (error) => gunzip.destroy(error));
  try {
    let unpacked = 0;
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Uint8Array>) {
      unpacked += chunk.length;
      if (unpacked > BOMB_CHECK_FROM && unpacked > gunzip.bytesWritten * BOMB_RATIO) throw bomb(unpacked, gunzip.bytesWritten);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
    throw new ProblemError(400, "bad_gzip", {
      detail: "The gzip body is damaged or cut.",
      hint: "Pack it again, or send it plain.",
      cause,
    });
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** @param packed what was unpacked so far, not what was received: several hundred kilobytes may wait */
function bomb(unpacked: number, packed: number): ProblemError {
  return new ProblemError(413, "gzip_bomb", {
    detail: `The body unpacks to more than ${BOMB_RATIO} times its size (${unpacked} bytes out of ${packed} so far).`,
    hint: "Send the text without compression.",
  });
}

function tooLarge(limit: number, read: number, declared: number | null): ProblemError {
  const size = declared === null ? `${read} bytes were read so far` : `it is ${declared} bytes`;
  return new ProblemError(413, "body_too_large", {
    detail: `The body is over this endpoint's limit of ${limit} bytes: ${size}.`,
    hint: "Logs and memory dumps of any size go to .../dumps or .../logs, usage histories to .../usage.",
  });
}

/** As `bodyChunks`, of a body that is a text: one that is a single JSON string stands for the text in it. */
export function textChunks(c: Context<ApiEnv>, limit: number): AsyncGenerator<Uint8Array> {
  return unquoted(bodyChunks(c, limit), () => c.set("bodyWasString", true));
}

/** The whole body as text; bytes that are no UTF-8 become U+FFFD. For bodies with a small limit. */
export async function bodyText(c: Context<ApiEnv>, limit: number = SMALL_TEXT_LIMIT): Promise<string> {
  const decoder = new TextDecoder("utf-8");
  let text = "";
  for await (const chunk of textChunks(c, limit)) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/**
 * The body as JSON that fits the schema.
 *
 * @throws ProblemError 400 when it is no JSON or does not fit
 */
export async function bodyJson<Schema extends z.ZodType>(
  c: Context<ApiEnv>,
  schema: Schema,
  limit: number = SMALL_TEXT_LIMIT,
): Promise<z.output<Schema>> {
  return parseJson(await bodyText(c, limit), schema);
}

/** JSON text that fits the schema; an empty text counts as `{}`. The same problems as `bodyJson`, and 422 for endless nesting. */
export function parseJson<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
  let value: unknown;
  try {
    value = text.trim() === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw new ProblemError(400, "malformed_json", {
      detail: `The body is not JSON: ${cause instanceof Error ? cause.message.slice(0, 200) : "it cannot be read"}.`,
      hint: SENDING,
      cause,
    });
  }
  // Before anything walks down the value.
  if (nestsTooDeep(text)) throw nestedTooDeep();
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw validationProblem(parsed.error, "json");
  return parsed.data;
}
