/**
 * The yardstick for posted usage: the least that a hono + better-sqlite3 server can do. Stores a sample as plain rows, one for the shared pool and
 * one a process, committed before it answers.
 */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { type PlainSample, plainTables } from "./plain-usage.js";

const tables = plainTables(process.argv[2] ?? ":memory:");

const app = new Hono();
app.post("/v1/instances/:instance/usage", async (c) => {
  const sample = JSON.parse(await c.req.text()) as PlainSample;
  tables.commit(() => tables.insert(c.req.param("instance"), sample));
  return c.json({ at: sample.at }, 201);
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", () => process.exit(0));
