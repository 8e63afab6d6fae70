/**
 * Uploads a status dump over HTTP, against reading the same file with the same two readers in one process, and asks other things meanwhile.
 *
 *     npm run bench:dump-upload [-- megabytes, default 300]
 *
 * Goals: at most 1.5 x the time of reading; other requests answered meanwhile, p99 under 50 ms; memory that does not follow the size, also
 * for a gigabyte without a newline.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createDumpReader } from "../src/kamailio/dump/reader.js";
import { createLogReader } from "../src/kamailio/log/reader.js";
import { inFolder, median, type Served, startOurs } from "./service.js";

const MB = 1_048_576;
const CHUNK = MB;
const ROUNDS = 5;
/** Milliseconds between two other requests. */
const ASK_EVERY = 10;

interface Upload {
  /** Milliseconds. */
  wall: number;
  status: number;
  /** Of other requests meanwhile, milliseconds. */
  answers: number[];
  /** Highest resident memory of the service, MB. */
  rss: number;
}

const [mode, argument] = process.argv.slice(2);
if (mode === "read" && argument !== undefined) read(argument);
else await compare(Number(mode ?? 300));

/** The yardstick: what `analyze` does with a file. */
function read(file: string): void {
  const start = performance.now();
  const dumps = createDumpReader();
  const log = createLogReader();
  const handle = openSync(file, "r");
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let size = readSync(handle, buffer); size > 0; size = readSync(handle, buffer)) {
    dumps.push(buffer.subarray(0, size));
    log.push(buffer.subarray(0, size));
  }
  closeSync(handle);
  log.end();
  const [dump] = dumps.end().dumps;
  if (dump?.complete !== true) throw new Error(`the dump was not read whole: ${dump?.incomplete_reason}`);
  console.log(performance.now() - start);
}

async function compare(megabytes: number): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, "dump.log");
    writeDump(file, megabytes * MB);
    const ours = await startOurs(folder);
    try {
      await fetch(`${ours.url}/v1/instances/sip1`, { method: "PUT" });
      const idle = await residentMb(ours);
      const rounds: { upload: Upload; read: number }[] = [];
      // The first round warms both up: it also brings the file into the page cache.
      for (let round = 0; round <= ROUNDS; round++) {
        const measured = { upload: await upload(ours, ["-T", file]), read: await readInChild(file) };
        if (measured.upload.status >= 300) throw new Error(`the upload was answered ${measured.upload.status}`);
        if (round > 0) rounds.push(measured);
      }
      const answers = rounds.flatMap((round) => round.upload.answers).sort((a, b) => a - b);
      const ratio = median(rounds.map((round) => round.upload.wall / round.read));
      const wall = median(rounds.map((round) => round.upload.wall));
      console.log(`${megabytes} MB uploaded in ${wall.toFixed(0)} ms, ratio to reading it ${ratio.toFixed(2)} (goal 1.5)`);
      console.log(
        `${answers.length} other requests meanwhile: p50 ${quantile(answers, 0.5)} ms, p99 ${quantile(answers, 0.99)} ms (goal 50), max ${quantile(answers, 1)} ms`,
      );
      console.log(`resident: ${idle} MB idle, at most ${Math.max(...rounds.map((round) => round.upload.rss))} MB`);
      const junk = await upload(ours, ["-T", "-"], "head -c 1073741824 /dev/zero | tr '\\0' x");
      console.log(`1 GB without a newline: ${junk.status}, resident at most ${junk.rss} MB, ${junk.wall.toFixed(0)} ms`);
    } finally {
      await ours.stop();
    }
  });
}

/** Sends with curl, a process of its own as callers are, and asks for the instance again and again until the answer is there. */
async function upload(ours: Served, source: string[], producer = ":"): Promise<Upload> {
  const url = `${ours.url}/v1/instances/sip1/dumps?at=${new Date().toISOString()}`;
  const start = performance.now();
  const curl = spawn("sh", [
    "-c",
    `${producer} | curl -s -o /dev/null -w '%{http_code}' -X POST -H 'Expect:' ${source.join(" ")} '${url}'`,
  ]);
  const done = finished(curl);
  let wall = 0;
  let status = 0;
  const over = done.then((output) => {
    wall = performance.now() - start;
    status = Number(output);
  });
  const answers: number[] = [];
  let rss = 0;
  while (wall === 0) {
    const asked = performance.now();
    await (await fetch(`${ours.url}/v1/instances/sip1`)).arrayBuffer();
    answers.push(performance.now() - asked);
    if (answers.length % 20 === 0) rss = Math.max(rss, await residentMb(ours));
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, ASK_EVERY))]);
  }
  return { wall, status, answers, rss };
}

async function finished(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("no output");
  const output = text(child.stdout);
  await once(child, "exit");
  return output;
}

async function readInChild(file: string): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? "", "read", file]);
  return Number(await finished(child));
}

async function residentMb({ url }: Served): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Math.round(Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]) / MB);
}

function quantile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1);
}

/** A pool of contacts, transactions and messages, as qm_status of 5.8 lists it on stderr. */
function writeDump(file: string, size: number): void {
  const sites = [
    ["usrloc: ucontact.c: new_ucontact(100)", 256],
    ["usrloc: ../../core/ut.h: shm_str_dup(892)", 32],
    ["htable: ht_api.c: ht_cell_new(185)", 112],
    ["tm: h_table.c: build_cell(360)", 5728],
    ["core: core/sip_msg_clone.c: sip_msg_shm_clone(495)", 7648],
  ] as const;
  const say = (message: string) => ` 6(3931) ALERT: qm_status: qm_status(): ${message}\n`;
  const [block, control, overhead, heap] = [0x7f62226a3000, 268_608, 112, 2 ** 35];
  const bytesPerChunk = 340;
  const count = Math.floor(size / bytesPerChunk);
  let used = 0;
  for (let i = 0; i < count; i++) used += sites[i % sites.length]?.[1] ?? 0;
  const realUsed = used + control + overhead * (count + 1);
  const handle = openSync(file, "w");
  writeSync(
    handle,
    [
      " 6(3931) ALERT: <core> [core/pt.c:586]: mem_dump_shm_fixup(): Memory status (shm)\n",
      say(`(0x${block.toString(16)}):`),
      say(`heap size= ${heap}`),
      say(`used= ${used}, used+overhead=${realUsed}, free=${heap - realUsed}`),
      say(`max used (+overhead)= ${realUsed}`),
      say("dumping all alloc'ed. fragments:"),
    ].join(""),
  );
  let at = block + control;
  let lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const [site, bytes] = sites[i % sites.length] ?? sites[0];
    const [address, frag] = [(at + 64).toString(16), at.toString(16)];
    lines.push(
      say(`   ${String(i).padStart(3)}. N  address=0x${address} frag=0x${frag} size=${bytes} used=1`),
      say(`          alloc'd from ${site}`),
      say("         start check=f0f0f0f0, end check= c0c0c0c0, abcdefed"),
    );
    at += bytes + overhead;
    if (lines.length > 3000) {
      writeSync(handle, lines.join(""));
      lines = [];
    }
  }
  lines.push(
    say("dumping free list stats :"),
    say("hash= 2058. fragments no.:     1, unused:     0"),
    `\t\t bucket size:  16777216 -  33554432 (first  ${heap - realUsed - overhead})\n`,
    say("-----------------------------"),
  );
  writeSync(handle, lines.join(""));
  closeSync(handle);
}
