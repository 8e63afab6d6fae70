/** The listening server and its graceful stop. */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Logger } from "pino";
import type { Config } from "../config.js";
import { startHousekeeping } from "../service/housekeeping.js";
import { createServices, stopServices } from "../service/services.js";
import { openStore } from "../store/store.js";
import { createApp } from "./app.js";

/** Requests under way may finish for so long after a stop was asked for. Milliseconds. */
const STOP_GRACE = 10_000;

export interface RunningServer {
  /** Such as `http://127.0.0.1:8080`. */
  url: string;
  /** Answers what is under way, closes the store. */
  stop(): Promise<void>;
}

/**
 * Opens the store and listens.
 *
 * @throws when the port is taken, the database cannot be opened, or another service runs on it
 */
export async function startServer(config: Config, log: Logger, version: string): Promise<RunningServer> {
  const retention = { raw_days: config.retention_raw_days, rollup_days: config.retention_rollup_days };
  const store = openStore(config.database_url, retention, true);
  let stopping = false;
  const services = createServices({
    store,
    log,
    now: () => Date.now(),
    auth: config.auth,
    outgoing_allow: config.outgoing_allow,
    history_days: config.retention_rollup_days,
  });
  const app = createApp({
    ...services,
    version,
    allowed_hosts: config.allowed_hosts,
    limits: config,
    isStopping: () => stopping,
  });
  const server = serve({
    fetch: app.fetch,
    hostname: config.host,
    port: config.port,
    // Node gives a request five minutes; a large dump may take longer. Senders that are too slow are cut off where bodies are read.
    serverOptions: { requestTimeout: 0 },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("listening", resolve);
      server.once("error", reject);
    });
  } catch (error) {
    await store.close();
    throw error;
  }
  const stopHousekeeping = startHousekeeping(store, log, services.now);
  await services.imports.resume();
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  return {
    url: `http://${host}:${port}`,
    stop: async () => {
      stopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), STOP_GRACE);
      if ("closeIdleConnections" in server) server.closeIdleConnections();
      await closed;
      clearTimeout(cut);
      await stopServices(services);
      await stopHousekeeping();
      await store.close();
    },
  };
}
