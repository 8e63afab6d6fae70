/**
 * How fast are memory dumps read, against what people use?
 *
 *     npx tsx bench/dump-reading.ts [megabytes, default 100]
 *
 * Writes a status dump of that size (stderr and rsyslog's ISO form) into a temporary directory and reads it in a process of its own.
 * Yardsticks, in the same run: `grep -c "alloc'd from"` (wall clock), an awk one-liner that sums sizes by site (user CPU), and
 * `zcat | wc -l` for the packed dump. Goals: within 3 x of grep, at most 0.4 x awk's CPU, gz within 1.3 x, below 160 MB.
 */
import { spawnSync } from "node:child_process";
import { closeSync, createReadStream, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { createDumpReader } from "../src/kamailio/dump/reader.js";

const MB = 1_048_576;
/** What a stream of a file gives at a time when asked for big pieces. */
const CHUNK = 1_048_576;
const RUNS = 3;
const AWK =
  '/address=/{match($0,/size=[0-9]+/); s=substr($0,RSTART+5,RLENGTH-5)} /alloc.d from/{i=index($0,"from "); n[substr($0,i+5)]+=s} END{for(k in n) print n[k],k}';

interface Measured {
  wall: number;
  user: number;
  rss: number;
}

const [mode, argument] = process.argv.slice(2);
if (mode === "read" && argument !== undefined) await read(argument);
else compare(Number(mode ?? 100));

/** The measured process: reads one file and prints what it took. */
async function read(file: string): Promise<void> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const reader = createDumpReader();
  if (file.endsWith(".gz"))
    for await (const chunk of createReadStream(file).pipe(createGunzip({ chunkSize: CHUNK }))) reader.push(chunk as Buffer);
  else {
    const handle = openSync(file, "r");
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let size = readSync(handle, buffer); size > 0; size = readSync(handle, buffer)) reader.push(buffer.subarray(0, size));
    closeSync(handle);
  }
  const { dumps } = reader.end();
  const wall = performance.now() - start;
  const user = process.cpuUsage(cpu).user / 1000;
  if (dumps.length !== 1 || dumps[0]?.complete !== true)
    throw new Error(`the dump was not read whole: ${dumps[0]?.incomplete_reason}`);
  console.log(JSON.stringify({ wall, user, rss: process.resourceUsage().maxRSS / 1024 }));
}

function compare(megabytes: number): void {
  const directory = mkdtempSync(join(tmpdir(), "dump-reading-"));
  try {
    const stderr = join(directory, "stderr.log");
    const iso = join(directory, "iso.log");
    writeDump(stderr, megabytes * MB, () => " 6(3931) ");
    writeDump(
      iso,
      megabytes * MB,
      (line) =>
        `2026-11-23T01:17:${String(10 + (line % 50))}.${String(line % 1_000_000).padStart(6, "0")}+00:00 vm kamailio[3931]: `,
    );
    spawnSync("gzip", ["-1kf", stderr]);

    const awk = spawnSync("mawk", ["-W", "version"]).status === 0 ? "mawk" : "awk";
    for (const [name, file] of [
      ["stderr", stderr],
      ["rsyslog ISO", iso],
    ] as const) {
      const ours = best(() => readInChild(file));
      const grep = best(() => shell(`grep -c "alloc'd from" ${file}`));
      const sums = best(() => shell(`${awk} '${AWK}' ${file}`));
      console.log(
        `${name}, ${megabytes} MB: ${ours.wall.toFixed(0)} ms, ${ours.user.toFixed(0)} ms user CPU, ${ours.rss.toFixed(0)} MB at most`,
      );
      console.log(`  wall clock / grep -c: ${(ours.wall / grep.wall).toFixed(2)} (goal 3)`);
      console.log(`  user CPU / ${awk}: ${(ours.user / sums.user).toFixed(2)} (goal 0.4)`);
    }
    const packed = best(() => readInChild(`${stderr}.gz`));
    const zcat = best(() => shell(`zcat ${stderr}.gz | wc -l`));
    console.log(
      `gz: ${packed.wall.toFixed(0)} ms\n  wall clock / zcat | wc -l: ${(packed.wall / zcat.wall).toFixed(2)} (goal 1.3)`,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The least of several runs: what other work on the machine adds is no part of the comparison. */
function best(run: () => Measured): Measured {
  const runs = Array.from({ length: RUNS }, run);
  return {
    wall: Math.min(...runs.map((one) => one.wall)),
    user: Math.min(...runs.map((one) => one.user)),
    rss: Math.max(...runs.map((one) => one.rss)),
  };
}

function readInChild(file: string): Measured {
  const child = spawnSync(process.execPath, [...process.execArgv, process.argv[1] ?? "", "read", file], { encoding: "utf8" });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as Measured;
}

function shell(command: string): Measured {
  // Not straight to /dev/null: grep sees that and stops at the first match.
  const start = performance.now();
  const { stdout } = spawnSync("sh", ["-c", `${command} | cat > /dev/null; times`], { encoding: "utf8" });
  const wall = performance.now() - start;
  // The second line of `times`: user and system time of the commands that ran.
  const match = /\n(\d+)m([\d.]+)s /.exec(stdout);
  return { wall, user: match ? (Number(match[1]) * 60 + Number(match[2])) * 1000 : Number.NaN, rss: 0 };
}

/** A pool of contacts, transactions and htable cells, as qm_status of 5.8 lists it. */
function writeDump(file: string, size: number, prefix: (line: number) => string): void {
  const sites = [
    ["usrloc: ucontact.c: new_ucontact(100)", 256],
    ["usrloc: ../../core/ut.h: shm_str_dup(892)", 32],
    ["usrloc: ../../core/ut.h: shm_str_dup(892)", 48],
    ["usrloc: urecord.c: new_urecord(57)", 64],
    ["htable: ht_api.c: ht_cell_new(185)", 112],
    ["tm: h_table.c: build_cell(360)", 5728],
    ["core: core/sip_msg_clone.c: sip_msg_shm_clone(495)", 7648],
  ] as const;
  const handle = openSync(file, "w");
  const block = 0x7f62226a3000;
  const control = 268_608;
  const overhead = 112;
  const heap = 2 ** 33;
  let line = 0;
  let lines: string[] = [];
  let written = 0;
  const say = (text: string) => lines.push(`${prefix(line++)}ALERT: ${text}`);
  const flush = () => {
    written += writeSync(handle, `${lines.join("\n")}\n`);
    lines = [];
  };
  const perChunk = 3 * (prefix(0).length + 40) + 200;
  const count = Math.floor(size / perChunk);
  let used = 0;
  for (let i = 0; i < count; i++) used += sites[(i * 31 + (i >> 5)) % sites.length]?.[1] ?? 0;
  const realUsed = used + control + overhead * (count + 1);
  say("<core> [core/pt.c:586]: mem_dump_shm_fixup(): Memory status (shm)");
  const q = "qm_status: qm_status(): ";
  say(`${q}(0x${block.toString(16)}):`);
  say(`${q}heap size= ${heap}`);
  say(`${q}used= ${used}, used+overhead=${realUsed}, free=${heap - realUsed}`);
  say(`${q}max used (+overhead)= ${realUsed}`);
  say(`${q}dumping all alloc'ed. fragments:`);
  let at = block + control;
  for (let i = 0; i < count; i++) {
    const [site, bytes] = sites[(i * 31 + (i >> 5)) % sites.length] ?? sites[0];
    say(`${q}   ${String(i).padStart(3)}. N  address=0x${(at + 64).toString(16)} frag=0x${at.toString(16)} size=${bytes} used=1`);
    say(`${q}          alloc'd from ${site}`);
    say(`${q}         start check=f0f0f0f0, end check= c0c0c0c0, abcdefed`);
    at += bytes + overhead;
    if (lines.length > 3000) flush();
  }
  say(`${q}dumping free list stats :`);
  say(`${q}hash= 2058. fragments no.:     1, unused:     0`);
  lines.push(`\t\t bucket size:  16777216 -  33554432 (first  ${heap - realUsed - overhead})`);
  say(`${q}-----------------------------`);
  flush();
  closeSync(handle);
  if (written < size / 2) throw new Error("the dump came out too small");
}
