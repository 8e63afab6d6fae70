/** What `kamailio -I` of a release prints, for tests that need a build of every release with every choice of manager and debugging. */
import type { Build } from "../../src/kamailio/binary/build.js";
import { readBuilds } from "../../src/kamailio/binary/read-builds.js";

export interface BuildText {
  product?: string;
  version: string;
  /** The words about memory, in Kamailio's order. */
  memory: readonly string[];
  architecture?: string;
  system?: string;
  modules?: string;
}

export function buildText({
  product = "kamailio",
  version,
  memory,
  architecture = "x86_64",
  system = "linux",
  modules,
}: BuildText): string {
  return [
    `Print out of ${product} internals`,
    `  Version: ${product} ${version} (${architecture}/${system}) `,
    "  Default config: /usr/local/etc/kamailio/kamailio.cfg",
    `  Default paths to modules: ${modules ?? "/usr/local/lib64/kamailio/modules"}`,
    `  Compile flags: USE_TCP, USE_TLS, TLS_HOOKS, USE_MCAST, DNS_IP_HACK, SHM_MMAP, ${[...memory, "USE_FUTEX"].join(", ")}, FAST_LOCK-ADAPTIVE_WAIT, USE_DNS_CACHE, USE_DNS_FAILOVER, USE_NAPTR, HAVE_RESOLV_RES`,
    "  MAX_RECV_BUFFER_SIZE=262144",
    "  MAX_URI_SIZE=1024",
    "  BUF_SIZE=65535",
    "  DEFAULT PKG_SIZE=8MB",
    "  DEFAULT SHM_SIZE=64MB",
    "  ADAPTIVE_WAIT_LOOPS=1024",
    "  TCP poll methods: poll, epoll_lt, epoll_et, sigio_rt, select",
    "  Source code revision ID: unknown ",
    "  Compiled with: gcc 12.2.0",
    "  Compiled on: ",
    `Thank you for flying ${product}!`,
    "",
  ].join("\n");
}

/** The build that our reader makes of it. */
export function buildOf(text: BuildText): Build {
  const [build] = readBuilds(buildText(text)).builds;
  if (build === undefined) throw new Error(`no build in the text of ${text.version}`);
  return build;
}
