/**
 * What the packaged Kamailio takes at start and for each contact, against the tables in `src/kamailio/knowledge/costs/`: two starts with and without the
 * one thing, and a ramp of REGISTERs. Prints measured, table and their ratio, under each memory manager. Run: npx tsx bench/costs.ts
 */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { costUnder } from "../src/kamailio/knowledge/costs/by-manager.js";
import { CONTACT } from "../src/kamailio/knowledge/costs/objects.js";
import { pause, type StartedServer, startConfig } from "../test/support/start-config.js";

const PLAIN = readFileSync(new URL("../test/fixtures/capacity/plain.cfg", import.meta.url), "utf8");
const CONTACTS = 400;
const LINES = 1000;
const MANAGERS = ["qm", "fm", "tlsf"] as const;

async function started(config: string, manager: string): Promise<StartedServer> {
  const server = await startConfig(config, { options: ["-m", "128", "-M", "32", "-x", manager, "-X", manager] });
  if ("log" in server) throw new Error(server.log.slice(-1000));
  return server;
}

async function worker(config: string, manager: string): Promise<number> {
  const server = await started(config, manager);
  const used = server.pools().pkg.find(({ desc }) => desc.startsWith("udp receiver"))?.real_used ?? Number.NaN;
  await server.stop();
  return used;
}

async function register(server: StartedServer, from: number, to: number): Promise<void> {
  const socket = createSocket("udp4");
  const port = server.ports.get("31760") ?? 0;
  for (let n = from; n < to; n++) {
    const user = `user-${String(n).padStart(8, "0")}`;
    const lines = [
      "REGISTER sip:example.com SIP/2.0",
      `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK${n}`,
      `From: <sip:${user}@example.com>;tag=${n}`,
      `To: <sip:${user}@example.com>`,
      `Call-ID: ${n}@127.0.0.1`,
      "CSeq: 1 REGISTER",
      `Contact: <sip:${user}@127.0.0.1:9999>`,
      "Expires: 3600",
      "Content-Length: 0",
      "",
      "",
    ];
    socket.send(lines.join("\r\n"), port, "127.0.0.1");
    if (n % 50 === 49) await pause(50);
  }
  await pause(500);
  socket.close();
}

function print(what: string, manager: string, measured: number, table: number): void {
  console.log(
    `${what} (${manager}): measured ${measured.toFixed(0)}, table ${table.toFixed(0)}, ratio ${(measured / table).toFixed(2)}`,
  );
}

for (const manager of MANAGERS) {
  const server = await started(PLAIN, manager);
  await register(server, 0, 10);
  const before = server.pools().shm.real_used;
  await register(server, 10, 10 + CONTACTS);
  const each = (server.pools().shm.real_used - before) / CONTACTS;
  await server.stop();
  print("contact", manager, each, costUnder(CONTACT[0]?.value.likely ?? { qm: 0, fm: 0, tlsf: 0 }, manager));
  const line = 'if (is_method("INVITE")) { drop; }\n';
  const long = PLAIN.replace("request_route {", `route[LONG] {\n${line.repeat(LINES)}}\nrequest_route {`);
  const statement = ((await worker(long, manager)) - (await worker(PLAIN, manager))) / LINES;
  print("if with a function and drop", manager, statement, { qm: 3656, fm: 3368, tlsf: 3248 }[manager]);
}
