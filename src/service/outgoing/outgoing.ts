/**
 * Calls other servers at addresses that callers name: webhooks, a Prometheus. Only http and https, no redirects, no proxy, no credentials in
 * URLs, limits on time and size; and the address is checked where the connection is made, so that a name that resolves to something else a
 * moment later (DNS rebinding) leads nowhere.
 */
import { lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector, errors } from "undici";
import { refusalOf } from "./address-guard.js";
import { AllowList } from "./allow-list.js";
import { OutgoingError } from "./outgoing-error.js";

export interface OutgoingRequest {
  url: string;
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  /** Bytes of the answer; more of them end the call. */
  most_bytes: number;
  /** Milliseconds for all of it. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface OutgoingAnswer {
  status: number;
  /** Lower-case names; of several with one name the first. */
  headers: Record<string, string>;
  text: string;
}

export interface OutgoingClient {
  /**
   * Is this an address that may be called, as far as one can say before? The call itself checks again.
   *
   * @throws OutgoingError `invalid_url`, `address_not_allowed`, `host_not_found`
   */
  check(url: string): Promise<void>;
  /** @throws OutgoingError when there is no whole answer; an answer of any status but a redirect is one */
  call(request: OutgoingRequest): Promise<OutgoingAnswer>;
  close(): Promise<void>;
}

export interface OutgoingOptions {
  /** `OUTGOING_ALLOW`. */
  allow: readonly string[];
  /** Resolves names; the system's resolver without it. */
  lookup?: Lookup;
  /** Milliseconds to a connection, TLS included. */
  connect_timeout?: number;
}

/** All addresses of a name. */
export type Lookup = (
  host: string,
  done: (error: Error | null, addresses: { address: string; family: number }[]) => void,
) => void;

const CONNECT_TIMEOUT = 5_000;
const CALL_TIMEOUT = 30_000;
/** An idle connection is closed after so long: the next one is checked anew. Milliseconds. */
const KEEP_ALIVE = 4_000;
/** Connections to one server. */
const CONNECTIONS = 8;
/** Bytes of an answer's head. */
const MOST_HEADERS = 16_384;

const ALLOW_HINT =
  "If the service is meant to call it, list the host, address or network in OUTGOING_ALLOW (such as OUTGOING_ALLOW=10.1.2.3,prometheus.lan,fd00::/8) and start the service again.";

const resolveWithSystem: Lookup = (host, done) =>
  systemLookup(host, { all: true }, (error, addresses) => done(error, addresses ?? []));

export function createOutgoing(options: OutgoingOptions): OutgoingClient {
  const allow = new AllowList(options.allow);
  const resolve = options.lookup ?? resolveWithSystem;

  /** The addresses of a host, all of them allowed. */
  function checkedAddresses(host: string): Promise<{ address: string; family: number }[]> {
    return new Promise((fulfil, reject) => {
      resolve(host, (error, addresses) => {
        if (error !== null || addresses.length === 0) {
          reject(notFound(host, error));
          return;
        }
        const refused = addresses.map(({ address }) => refusal(host, address)).find((problem) => problem !== null);
        if (refused == null) fulfil(addresses);
        else reject(refused);
      });
    });
  }

  function refusal(host: string, address: string): OutgoingError | null {
    const reason = refusalOf(address, host, allow);
    return reason === null ? null : notAllowed(host, address, reason);
  }

  /** Hands the addresses that were checked to the connection, which uses nothing else. */
  const lookup: LookupFunction = (host, { all, family }, done) => {
    checkedAddresses(host).then(
      (addresses) => {
        const fitting = addresses.filter((entry) => !family || entry.family === family);
        const [first] = fitting;
        if (first === undefined) done(notFound(host, null), "", 0);
        else if (all) done(null, fitting);
        else done(null, first.address, first.family);
      },
      (error: Error) => done(error, "", 0),
    );
  };

  const connector = buildConnector({ timeout: options.connect_timeout ?? CONNECT_TIMEOUT, lookup });
  const agent = new Agent({
    connect: (target, done) => {
      // No name is looked up for an address in the URL.
      const host = withoutBrackets(target.hostname);
      const refused = isIP(host) === 0 ? null : refusal(host, host);
      if (refused === null) connector({ ...target, hostname: host }, done);
      else done(refused, null);
    },
    connections: CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE,
    keepAliveMaxTimeout: KEEP_ALIVE,
    maxHeaderSize: MOST_HEADERS,
    pipelining: 1,
  });

  return {
    check: async (text) => {
      const host = withoutBrackets(readUrl(text).hostname);
      if (isIP(host) === 0) await checkedAddresses(host);
      const refused = isIP(host) === 0 ? null : refusal(host, host);
      if (refused !== null) throw refused;
    },
    call: async (request) => {
      const url = readUrl(request.url);
      const timeout = request.timeout ?? CALL_TIMEOUT;
      const deadline = AbortSignal.timeout(timeout);
      const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]);
      try {
        const answer = await agent.request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: request.method ?? "GET",
          headers: { "user-agent": "kamailio-assistant", ...request.headers },
          body: request.body ?? null,
          headersTimeout: timeout,
          bodyTimeout: timeout,
          signal,
        });
        if (answer.statusCode >= 300 && answer.statusCode < 400) {
          // An error that nobody listens to would end the process.
          answer.body.on("error", () => {}).destroy();
          throw redirected(url, answer.statusCode);
        }
        const text = await readText(answer.body, request.most_bytes, url);
        return { status: answer.statusCode, headers: plainHeaders(answer.headers), text };
      } catch (error) {
        throw asOutgoingError(error, url, timeout, deadline.aborted, request.signal?.aborted ?? false);
      }
    },
    close: () => agent.destroy(),
  };
}

/**
 * The URL, written the one way that its parser writes it: `http://2130706433`, `http://0x7f.1` and `http://①②⑦.0.0.1` are all 127.0.0.1 here.
 *
 * @throws OutgoingError `invalid_url`
 */
function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const wrong =
    url === null
      ? "it is no URL"
      : url.protocol !== "http:" && url.protocol !== "https:"
        ? `${url.protocol.slice(0, 20)} is neither http: nor https:`
        : url.username !== "" || url.password !== ""
          ? "it has a user name or password in it"
          : null;
  if (url !== null && wrong === null) return url;
  throw new OutgoingError(
    "invalid_url",
    `This address cannot be called: ${wrong ?? ""}.`,
    "Give an http:// or https:// URL, with credentials in a header.",
  );
}

function withoutBrackets(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

function notAllowed(host: string, address: string, reason: string): OutgoingError {
  const what = host === address ? address : `${host} (${address})`;
  return new OutgoingError("address_not_allowed", `The service does not call ${what}: it ${reason}.`, ALLOW_HINT);
}

function notFound(host: string, cause: Error | null): OutgoingError {
  return new OutgoingError(
    "host_not_found",
    `The name ${host.slice(0, 253)} has no address that the service can find.`,
    "Check the name, and that the service's own resolver knows it.",
    cause,
  );
}

function redirected(url: URL, status: number): OutgoingError {
  return new OutgoingError(
    "redirected",
    `${url.origin} answered with a redirect (${status}), and the service follows none.`,
    "Give the address that it leads to, if that is meant.",
  );
}

async function readText(body: AsyncIterable<Uint8Array>, most: number, url: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let read = 0;
  // Leaving the loop early destroys the body, and with it the connection.
  for await (const chunk of body) {
    read += chunk.length;
    if (read > most)
      throw new OutgoingError(
        "answer_too_large",
        `${url.origin} answered more than ${most} bytes.`,
        "Ask it for less at a time.",
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function plainHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name.toLowerCase(), first]];
    }),
  );
}

function asOutgoingError(error: unknown, url: URL, timeout: number, late: boolean, aborted: boolean): OutgoingError {
  if (error instanceof OutgoingError) return error;
  if (aborted) return new OutgoingError("aborted", `The call to ${url.origin} was given up.`, "", error);
  const slow =
    late ||
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError;
  if (slow)
    return new OutgoingError(
      "timed_out",
      `${url.origin} did not answer in time (${timeout / 1000} s for all of it).`,
      "Is it up, and can this machine reach it?",
      error,
    );
  const reason = error instanceof Error && "code" in error ? String(error.code) : "the connection failed";
  return new OutgoingError(
    "unreachable",
    `${url.origin} cannot be reached: ${reason}.`,
    "Is it up, is the port right, and can this machine reach it?",
    error,
  );
}
