/** What callers are told when the store cannot do its work: 503, why in their words, and when to come back. */
import type { StoreError, StoreTrouble } from "../../store/errors.js";
import { ProblemError } from "./problem.js";

/** What the store says when it cannot do its work; the caller can do nothing but wait, the operator something. */
const TROUBLES: Record<StoreTrouble, { code: string; detail: string; hint: string; retry_after_s: number }> = {
  full: {
    code: "disk_full",
    detail: "The service's disk is full; nothing was stored.",
    hint: "Free some space on the service's disk and send it again; the service goes on by itself.",
    retry_after_s: 60,
  },
  busy: {
    code: "store_busy",
    detail: "Another process holds the database; nothing was stored.",
    hint: "Send it again in a moment.",
    retry_after_s: 2,
  },
  read_only: {
    code: "store_unavailable",
    detail: "The database cannot be written; nothing was stored.",
    hint: "Check the owner and the mode of the service's database, and whether its file system is mounted read-only.",
    retry_after_s: 60,
  },
  gone: {
    code: "store_gone",
    detail: "The database was deleted or replaced while the service runs; nothing was stored.",
    hint: "Restart the service: it opens the file that is there now, or makes an empty one. A copy is put back with: kamailio-assistant restore FILE",
    retry_after_s: 60,
  },
  unavailable: {
    code: "store_unavailable",
    detail: "The database cannot be reached; nothing was stored.",
    hint: "The service's log says why.",
    retry_after_s: 10,
  },
};

export function storeProblem(error: StoreError): ProblemError {
  const { code, detail, hint, retry_after_s } = TROUBLES[error.trouble];
  return new ProblemError(503, code, { detail, hint, headers: { "Retry-After": String(retry_after_s) }, cause: error });
}
