/** Makes what the handlers reach beside their request; one a running service. */
import type { Logger } from "pino";
import type { Store } from "../store/store.js";
import { createImportRunner, type ImportRunner } from "./imports/runner.js";
import type { OutgoingClient } from "./outgoing/outgoing.js";

/** What the service does its work with. */
export interface Services {
  store: Store;
  log: Logger;
  /** Epoch ms. */
  now: () => number;
  auth: "none" | "token";
  /** Calls servers that callers name. */
  outgoing: OutgoingClient;
  imports: ImportRunner;
}

export interface ServiceOptions {
  store: Store;
  log: Logger;
  /** Epoch ms. */
  now: () => number;
  auth: Services["auth"];
  /** `OUTGOING_ALLOW`; without it, only public addresses are called. */
  outgoing_allow?: readonly string[];
  /** `RETENTION_ROLLUP_DAYS`. */
  history_days?: number;
}

const DEFAULT_HISTORY_DAYS = 730;

export function createServices(options: ServiceOptions): Services {
  const { store, log, now, auth, outgoing_allow = [], history_days = DEFAULT_HISTORY_DAYS } = options;
  const outgoing = loadedWhenCalled(outgoing_allow);
  return { store, log, now, auth, outgoing, imports: createImportRunner({ store, outgoing, log, now, history_days }) };
}

/** Most services never call anybody: the HTTP client, a megabyte of source, is loaded at the first call. */
function loadedWhenCalled(allow: readonly string[]): OutgoingClient {
  let loaded: Promise<OutgoingClient> | null = null;
  const client = () => {
    loaded ??= import("./outgoing/outgoing.js").then(({ createOutgoing }) => createOutgoing({ allow }));
    return loaded;
  };
  return {
    check: async (url) => (await client()).check(url),
    call: async (request) => (await client()).call(request),
    close: async () => (await loaded)?.close(),
  };
}

/** Stops what runs beside the requests. */
export async function stopServices({ imports, outgoing }: Services): Promise<void> {
  await imports.stop();
  await outgoing.close();
}
