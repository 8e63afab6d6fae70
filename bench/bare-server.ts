/** The yardstick: the least that a hono + better-sqlite3 server can do. Stores what it is sent as a row, committed before it answers. */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import Sqlite from "better-sqlite3";
import { Hono } from "hono";

const db = new Sqlite(process.argv[2] ?? ":memory:");
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(
  "CREATE TABLE rows (id INTEGER PRIMARY KEY, instance TEXT NOT NULL, recorded_at INTEGER NOT NULL, text TEXT NOT NULL, value TEXT NOT NULL)",
);
const insert = db.prepare("INSERT INTO rows (instance, recorded_at, text, value) VALUES (?, ?, ?, ?)");

const app = new Hono();
app.post("/v1/instances/:instance/:kind", async (c) => {
  const text = await c.req.text();
  const { lastInsertRowid } = insert.run(c.req.param("instance"), Date.now(), text, JSON.stringify({ length: text.length }));
  return c.json({ id: Number(lastInsertRowid) }, 201);
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", () => process.exit(0));
