/**
 * How fast does `analyze` say what a memory dump means, against what people use?
 *
 *     npm run build && npx tsx bench/analyze.ts [megabytes, default 300]
 *
 * Writes a status dump of that size into a temporary directory and analyses it with the built command line, as JSON. Yardsticks, in the same run:
 * `grep -c "alloc'd from"` (wall clock), an awk one-liner that sums sizes by site (user CPU), and `zcat | wc -l` for the packed dump. Our
 * figures are those of the whole process, start of node included. Goals: user CPU 0.4 x awk, wall clock 3 x grep, gz 1.3 x, memory below 160 MB.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MB = 1_048_576;
const RUNS = 5;
/** Three lines of the list. */
const BYTES_A_CHUNK = 315;
const CLI = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const AWK =
  '/address=/{match($0,/size=[0-9]+/); s=substr($0,RSTART+5,RLENGTH-5)} /alloc.d from/{i=index($0,"from "); n[substr($0,i+5)]+=s} END{for(k in n) print n[k],k}';

interface Measured {
  /** ms */
  wall: number;
  /** ms */
  user: number;
  /** MB */
  rss: number;
}

const megabytes = Number(process.argv[2] ?? 300);
const directory = mkdtempSync(join(tmpdir(), "analyze-"));
try {
  const dump = join(directory, "kamailio.log");
  const chunks = writeDump(dump, megabytes * MB);
  spawnSync("gzip", ["-1kf", dump]);
  check(dump, chunks);

  const awk = spawnSync("mawk", ["-W", "version"]).status === 0 ? "mawk" : "awk";
  const node = best(() => measure(process.execPath, ["-e", "0"]));
  const ours = best(() => measure(process.execPath, [CLI, "analyze", "--format", "json", dump]));
  const grep = best(() => measure("grep", ["-c", "alloc'd from", dump]));
  const sums = best(() => measure(awk, [AWK, dump]));
  const packed = best(() => measure(process.execPath, [CLI, "analyze", "--format", "json", `${dump}.gz`]));
  const zcat = best(() => measure("sh", ["-c", `zcat ${dump}.gz | wc -l`]));
  console.log(`analyze, ${megabytes} MB: ${show(ours)}; ${ours.rss.toFixed(0)} MB at most (goal 160); node alone: ${show(node)}`);
  console.log(
    `  user CPU / ${awk}: ${(ours.user / sums.user).toFixed(2)} (goal 0.4); without node's own: ${((ours.user - node.user) / sums.user).toFixed(2)}`,
  );
  console.log(
    `  wall clock / grep -c: ${(ours.wall / grep.wall).toFixed(2)} (goal 3); without node's own: ${((ours.wall - node.wall) / grep.wall).toFixed(2)}`,
  );
  console.log(`packed: ${show(packed)}; ${packed.rss.toFixed(0)} MB at most`);
  console.log(`  wall clock / zcat | wc -l: ${(packed.wall / zcat.wall).toFixed(2)} (goal 1.3)`);
} finally {
  rmSync(directory, { recursive: true });
}

function show({ wall, user }: Measured): string {
  return `${wall.toFixed(0)} ms, ${user.toFixed(0)} ms user CPU`;
}

/** What is measured must be right: every chunk, and the dump whole. */
function check(dump: string, chunks: number): void {
  const { stdout } = spawnSync(process.execPath, [CLI, "analyze", "--format", "json", dump], { encoding: "utf8" });
  const [read] = (JSON.parse(stdout) as { dumps: { complete: boolean; chunks: number }[] }).dumps;
  if (read?.complete !== true || read.chunks !== chunks)
    throw new Error(`the dump was read wrongly: ${JSON.stringify(read).slice(0, 500)}`);
}

/** The least of several runs: what other work on the machine adds is no part of the comparison. */
function best(run: () => Measured): Measured {
  const runs = Array.from({ length: RUNS }, run);
  const least = (of: (one: Measured) => number) => Math.min(...runs.map(of));
  return { wall: least(({ wall }) => wall), user: least(({ user }) => user), rss: Math.max(...runs.map(({ rss }) => rss)) };
}

/** Runs a command with its output in a pipe: grep stops at the first match when it writes to /dev/null. */
function measure(command: string, args: string[]): Measured {
  const quoted = [command, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const start = performance.now();
  const { stderr } = spawnSync("sh", ["-c", `/usr/bin/time -f '%U %M' ${quoted} | cat > /dev/null`], { encoding: "utf8" });
  const wall = performance.now() - start;
  const [user = "", rss = ""] = (stderr.trim().split("\n").at(-1) ?? "").split(" ");
  return { wall, user: Number(user) * 1000, rss: Number(rss) / 1024 };
}

/** Lists chunks of some sites as qm_status of 5.8 does; returns how many. */
function writeDump(file: string, size: number): number {
  const sites = [
    ["usrloc: ucontact.c: new_ucontact(100)", 256],
    ["usrloc: ../../core/ut.h: shm_str_dup(892)", 32],
    ["usrloc: urecord.c: new_urecord(57)", 64],
    ["htable: ht_api.c: ht_cell_new(185)", 112],
    ["tm: h_table.c: build_cell(360)", 5728],
    ["core: core/sip_msg_clone.c: sip_msg_shm_clone(495)", 7648],
  ] as const;
  const block = 0x7f62226a3000;
  const control = 268_608;
  const overhead = 112;
  const heap = 2 ** 33;
  const handle = openSync(file, "w");
  let lines: string[] = [];
  const say = (text: string) => lines.push(` 6(3931) ALERT: ${text}`);
  const flush = () => {
    writeSync(handle, `${lines.join("\n")}\n`);
    lines = [];
  };
  const siteOf = (index: number) => sites[(index * 31 + (index >> 5)) % sites.length] ?? sites[0];
  const count = Math.floor(size / BYTES_A_CHUNK);
  let used = 0;
  for (let i = 0; i < count; i++) used += siteOf(i)[1];
  const realUsed = used + control + overhead * (count + 1);
  const q = "qm_status: qm_status(): ";
  say("<core> [core/pt.c:586]: mem_dump_shm_fixup(): Memory status (shm)");
  for (const line of [
    `(0x${block.toString(16)}):`,
    `heap size= ${heap}`,
    `used= ${used}, used+overhead=${realUsed}, free=${heap - realUsed}`,
    `max used (+overhead)= ${realUsed}`,
    "dumping all alloc'ed. fragments:",
  ])
    say(q + line);
  let at = block + control;
  for (let i = 0; i < count; i++) {
    const [site, bytes] = siteOf(i);
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
  return count;
}
