/** Prints what `kamailio -I` and `-V` of any release print, from the facts about each release, for tests of releases without a capture. */

export interface PrintedBuild {
  version: string;
  /** The memory words behind PKG_MALLOC, in the order of ver_defs.h. */
  memoryWords: readonly string[];
  os?: string;
  revision?: string;
  state?: string;
  compiledAt?: string;
  pkgMalloc?: boolean;
}

/** "5.8.8" -> 50808, for the ranges below. */
function number(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0);
  return major * 10_000 + minor * 100 + patch;
}

export function printedFlags({ version, memoryWords, pkgMalloc = true }: PrintedBuild): string[] {
  const release = number(version);
  return [
    ...(release < 50_300 ? ["STATS: Off"] : []),
    ...(release < 40_200 ? ["USE_IPV6"] : []),
    "USE_TCP",
    "USE_TLS",
    "TLS_HOOKS",
    "USE_RAW_SOCKS",
    "DISABLE_NAGLE",
    "USE_MCAST",
    "DNS_IP_HACK",
    ...(release < 50_300 ? ["SHM_MEM"] : []),
    "SHM_MMAP",
    ...(pkgMalloc ? ["PKG_MALLOC"] : []),
    ...memoryWords,
    "USE_FUTEX",
    "FAST_LOCK-ADAPTIVE_WAIT",
    "USE_DNS_CACHE",
    "USE_DNS_FAILOVER",
    "USE_NAPTR",
    release < 50_500 ? "USE_DST_BLACKLIST" : "USE_DST_BLOCKLIST",
    "HAVE_RESOLV_RES",
  ];
}

function sizes(version: string): { pkg: number; shm: number } {
  return number(version) < 40_200 ? { pkg: 4, shm: 32 } : { pkg: 8, shm: 64 };
}

function firstLine({ version, os = "linux", revision, state = "" }: PrintedBuild): string {
  return `kamailio ${version} (x86_64/${os}) ${revision ?? ""}${state}`;
}

export function printInternals(build: PrintedBuild): string {
  const release = number(build.version);
  const { pkg, shm } = sizes(build.version);
  return [
    "Print out of kamailio internals",
    `  Version: ${firstLine(build)}`,
    "  Default config: /usr/local/etc/kamailio/kamailio.cfg",
    "  Default paths to modules: /usr/local/lib64/kamailio/modules",
    ...(release >= 60_002 ? ["  Default path to runtime dir: /var/run/kamailio"] : []),
    `  Compile flags: ${printedFlags(build).join(", ")}`,
    "  MAX_RECV_BUFFER_SIZE=262144",
    ...(release >= 50_800 ? ["  MAX_SEND_BUFFER_SIZE=262144"] : []),
    ...(release < 50_105 ? ["  MAX_LISTEN=16"] : []),
    "  MAX_URI_SIZE=1024",
    "  BUF_SIZE=65535",
    `  DEFAULT PKG_SIZE=${pkg}MB`,
    `  DEFAULT SHM_SIZE=${shm}MB`,
    "  ADAPTIVE_WAIT_LOOPS=1024",
    "  TCP poll methods: poll, epoll_lt, epoll_et, sigio_rt, select",
    `  Source code revision ID: ${build.revision ?? "unknown"} ${build.state ?? ""}`,
    "  Compiled with: gcc 9.4.0",
    ...(release >= 50_300 ? ["  Compiled architecture: x86_64"] : []),
    `  Compiled on: ${build.compiledAt ?? ""}`,
    "Thank you for flying kamailio!",
    "",
  ].join("\n");
}

export function printVersion(build: PrintedBuild): string {
  const release = number(build.version);
  // 5.1 and 5.2 lost the comma together with MAX_LISTEN.
  const listen = release < 50_105 ? "262144, MAX_LISTEN 16," : release < 50_300 ? "262144" : "262144,";
  return [
    `version: ${firstLine(build)}`,
    `flags: ${printedFlags(build).join(", ")}`,
    `ADAPTIVE_WAIT_LOOPS${release < 50_300 ? "=" : " "}1024, MAX_RECV_BUFFER_SIZE ${listen} MAX_URI_SIZE 1024, BUF_SIZE 65535, DEFAULT PKG_SIZE ${sizes(build.version).pkg}MB`,
    "poll method support: poll, epoll_lt, epoll_et, sigio_rt, select.",
    `id: ${build.revision ?? "unknown"} ${build.state ?? ""}`,
    build.compiledAt === undefined ? "compiled with gcc 9.4.0" : `compiled on ${build.compiledAt} with gcc 9.4.0`,
    "",
  ].join("\n");
}

/** What `kamcmd core.info` of the running process prints. */
export function printCoreInfo(build: PrintedBuild): string {
  return [
    "{",
    `\tversion: kamailio ${build.version}`,
    `\tid: ${build.revision ?? "unknown"} ${build.state ?? ""}`,
    "\tcompiler: gcc 9.4.0",
    `\tcompiled: ${build.compiledAt ?? ""}`,
    `\tflags: ${printedFlags(build).join(", ")}`,
    "}",
    "",
  ].join("\n");
}
