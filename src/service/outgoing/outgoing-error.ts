/** Why a call to another server did not give an answer, for a program (`code`) and for a person. */

export type OutgoingCode =
  /** No http(s) URL, or one with a user name in it. */
  | "invalid_url"
  /** The guard refuses the address; nothing was sent. */
  | "address_not_allowed"
  | "host_not_found"
  /** Refused, reset, no route, TLS failed. */
  | "unreachable"
  | "timed_out"
  | "answer_too_large"
  /** A redirect could lead anywhere, so none is followed. */
  | "redirected"
  /** Whoever asked for it does not want it any more. */
  | "aborted";

export class OutgoingError extends Error {
  override name = "OutgoingError";

  constructor(
    readonly code: OutgoingCode,
    message: string,
    readonly hint: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** Another try may work. */
  get isPassing(): boolean {
    return this.code === "unreachable" || this.code === "timed_out" || this.code === "host_not_found";
  }
}
