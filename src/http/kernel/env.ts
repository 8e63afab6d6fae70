/** What travels with a request through the kernel and the handlers. Types alone, so that every file of the kernel can name them. */
import type { Logger } from "pino";
import type { Services } from "../../service/services.js";
import type { Binding, Scope } from "../../store/tokens.js";
import type { Limits } from "./limits.js";

/** Who sends the request: a token, or the one local user of a service without tokens. */
export interface Caller {
  id: string;
  scopes: readonly Scope[];
  /** `null`: all instances. */
  binding: Binding | null;
}

/** Follows a body as it is read, for `Idempotency-Key`. */
export interface BodyWitness {
  /** The body was read to its end. */
  complete: boolean;
  update(chunk: Uint8Array): void;
}

export interface ApiEnv {
  Variables: {
    requestId: string;
    log: Logger;
    caller: Caller;
    services: Services;
    limits: Limits;
    bodyHash?: BodyWitness /** The body was one JSON string, and what was read is the text in it. */;
    bodyWasString?: boolean;
  };
}
