/**
 * How many `kamailio -I` texts are read a second, against the least that any reader must do: one String.split of the same text into lines.
 *
 *     npx tsx bench/build-reading.ts
 */
import { readBuilds } from "../src/kamailio/binary/read-builds.js";
import { recognise } from "../src/kamailio/recognise.js";

const FLAGS =
  "USE_TCP, USE_TLS, USE_SCTP, TLS_HOOKS, USE_RAW_SOCKS, DISABLE_NAGLE, USE_MCAST, DNS_IP_HACK, SHM_MMAP, PKG_MALLOC, MEM_JOIN_FREE, " +
  "Q_MALLOC, F_MALLOC, TLSF_MALLOC, DBG_SR_MEMORY, USE_FUTEX, FAST_LOCK-ADAPTIVE_WAIT, USE_DNS_CACHE, USE_DNS_FAILOVER, USE_NAPTR, " +
  "USE_DST_BLOCKLIST, HAVE_RESOLV_RES, TLS_PTHREAD_MUTEX_SHARED";

function internals(patch: number): string {
  return `Print out of kamailio internals
  Version: kamailio 5.8.${patch} (x86_64/linux) 9a8b7c
  Default config: /etc/kamailio/kamailio.cfg
  Default paths to modules: /usr/lib/x86_64-linux-gnu/kamailio/modules
  Compile flags: ${FLAGS}
  MAX_RECV_BUFFER_SIZE=262144
  MAX_SEND_BUFFER_SIZE=262144
  MAX_URI_SIZE=1024
  BUF_SIZE=65535
  DEFAULT PKG_SIZE=8MB
  DEFAULT SHM_SIZE=64MB
  ADAPTIVE_WAIT_LOOPS=1024
  TCP poll methods: poll, epoll_lt, epoll_et, sigio_rt, select
  Source code revision ID: 9a8b7c
  Compiled with: gcc 12.2.0
  Compiled architecture: x86_64
  Compiled on: 00:49:02 Nov 23 2026
Thank you for flying kamailio!
`;
}

/** Different texts, so that nothing is found twice. */
const TEXTS = Array.from({ length: 64 }, (_, index) => internals(index));
const ROUNDS = 400;

/** The best of five runs, in texts a second: the machine's other work only ever slows a run. */
function rate(read: (text: string) => unknown): number {
  let best = 0;
  for (let run = 0; run < 5; run++) {
    let kept: unknown;
    const start = process.hrtime.bigint();
    for (let round = 0; round < ROUNDS; round++) for (const text of TEXTS) kept = read(text);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    if (kept === undefined) throw new Error("the reader returned nothing");
    best = Math.max(best, (ROUNDS * TEXTS.length) / seconds);
  }
  return best;
}

const split = rate((text) => text.split("\n"));
for (const [name, read] of [
  ["readBuilds", readBuilds],
  ["recognise", recognise],
] as const) {
  const measured = rate(read);
  console.log(
    `${name}: ${Math.round(measured)} texts/s; String.split: ${Math.round(split)} texts/s; ratio ${(split / measured).toFixed(1)} (times as long as one split)`,
  );
}
