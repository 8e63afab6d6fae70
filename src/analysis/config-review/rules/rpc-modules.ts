/** Rules: can the server be asked about its memory, and by what? */
import { versionInRange } from "../../../kamailio/version.js";
import type { ConfigFacts } from "../facts.js";
import { type ConfigFinding, finding } from "../finding.js";
import { missingDebugModules } from "../patch/debug-patch.js";

const WHAT: Record<string, { lost: string; why: string }> = {
  ctl: { lost: "kamcmd cannot reach the server", why: "kamcmd talks to the socket of ctl (src/modules/ctl@5.6.3)" },
  kex: {
    lost: "pkg.stats, mod.stats and the shmem statistics are missing: private memory cannot be watched",
    why: "pkg.stats, pkg.info, mod.* and stats.* are commands of kex (src/modules/kex/pkg_stats.c@5.6.3)",
  },
  corex: {
    lost: "shm.stats, shm.report, corex.shm_summary and corex.pkg_summary are missing",
    why: "They are commands of corex: 4.2.0 brought corex.shm_*, 5.5.0 shm.stats, 5.6.0 shm.report (src/modules/corex/corex_rpc.c@5.6.3)",
  },
  cfg_rpc: {
    lost: "cfg.get and cfg.set_now_int are missing: a dump cannot be asked for, and debugging takes a restart",
    why: "mem_dump_pkg, mem_dump_shm, memlog and mem_summary are set at run time through cfg_rpc (src/modules/cfg_rpc@5.6.3)",
  },
};

/** Doors that an RPC command can come through, by release. */
const DOORS = [
  { module: "ctl", since: "3.3.5", until: null },
  { module: "jsonrpcs", since: "5.0.0", until: null },
  { module: "jsonrpc-s", since: "4.0.4", until: "4.4.7" },
  { module: "xmlrpc", since: "3.3.5", until: null },
  { module: "xhttp_rpc", since: "3.3.5", until: null },
  { module: "mi_rpc", since: "3.3.5", until: "4.4.7" },
] as const;

export function rpcModules(facts: ConfigFacts): ConfigFinding[] {
  const door = DOORS.find((row) => facts.loaded(row.module))?.module ?? null;
  return missingDebugModules(facts).map((name) => {
    const row = WHAT[name] ?? { lost: "", why: "" };
    const isOnlyDoor = name === "ctl" && door === null;
    const severity = isOnlyDoor ? "error" : name === "ctl" ? "info" : "warning";
    const other = name === "ctl" && door !== null ? ` (${door} answers RPC commands)` : "";
    const none = isOnlyDoor ? ", and no other module takes RPC commands" : "";
    return finding(`module_${name}_missing`, severity, null, {
      message: `${name} is not loaded: ${row.lost}${none}${other}`,
      why: row.why,
      write: `loadmodule "${name}.so"`,
    });
  });
}

/** From 5.0 kamctl talks JSON-RPC, before that MI over its FIFO. */
export function kamctlDoor(facts: ConfigFacts): ConfigFinding[] {
  if (facts.version === null) return [];
  const isNew = versionInRange(facts.version, { since: "5.0.0", until: null });
  const module = isNew ? "jsonrpcs" : "mi_fifo";
  if (facts.loaded(module)) return [];
  return [
    finding(`module_${module}_missing`, "info", null, {
      message: `${module} is not loaded: kamctl stats shmem and other kamctl commands do not work`,
      why: isNew
        ? "kamctl uses the FIFO of jsonrpcs since 5.0.0 (utils/kamctl@5.0.0)"
        : "kamctl uses the FIFO of mi_fifo up to 4.4 (utils/kamctl@4.4.7)",
      write: `loadmodule "${module}.so"`,
    }),
  ];
}

/** Metrics for Prometheus: 5.3.0 brought xhttp_prom, 6.0.0 private memory in it. */
export function prometheus(facts: ConfigFacts): ConfigFinding[] {
  const { version } = facts;
  if (version === null || !versionInRange(version, { since: "5.3.0", until: null })) return [];
  const loaded = facts.reading.modules.find((module) => module.name === "xhttp_prom");
  const why = "xhttp_prom answers on the HTTP of xhttp (src/modules/xhttp_prom/README@5.6.3)";
  if (loaded === undefined)
    return [
      finding("module_xhttp_prom_missing", "info", null, {
        message: "xhttp_prom is not loaded: nothing to scrape, so there is no history of memory but what somebody writes down",
        why,
        write: 'loadmodule "xhttp_prom.so"',
      }),
    ];
  const findings: ConfigFinding[] = [];
  if (!facts.loaded("xhttp"))
    findings.push(
      finding("xhttp_prom_without_xhttp", "error", loaded, {
        message: "xhttp_prom is loaded without xhttp: it cannot answer",
        why,
        write: 'loadmodule "xhttp.so"',
      }),
    );
  if (facts.parameter("xhttp_prom", "xhttp_prom_stats") === null)
    findings.push(
      finding("xhttp_prom_stats_missing", "warning", loaded, {
        message: "xhttp_prom_stats is not set: no statistic of shared memory is shown",
        why: "The default is no group (src/modules/xhttp_prom/README@5.6.3)",
        write: 'modparam("xhttp_prom", "xhttp_prom_stats", "all")',
      }),
    );
  if (versionInRange(version, { since: "6.0.0", until: null }) && facts.number("xhttp_prom", "xhttp_prom_pkg_stats") !== 1)
    findings.push(
      finding("xhttp_prom_pkg_stats_off", "info", loaded, {
        message: "xhttp_prom_pkg_stats is off: private memory of the processes is not shown",
        why: "It exists since 6.0.0 and is off by default (src/modules/xhttp_prom/xhttp_prom.c@6.0.0)",
        write: 'modparam("xhttp_prom", "xhttp_prom_pkg_stats", 1)',
      }),
    );
  return findings;
}

/** HTTP comes in over TCP, and a route has to answer it. */
export function httpNeedsTcp(facts: ConfigFacts): ConfigFinding[] {
  const loaded = facts.reading.modules.find((module) => module.name === "xhttp");
  if (loaded === undefined) return [];
  const findings: ConfigFinding[] = [];
  if (facts.setting("disable_tcp") === 1)
    findings.push(
      finding("http_without_tcp", "error", facts.assigned("disable_tcp"), {
        message: "xhttp is loaded and TCP is disabled: no HTTP request can come in",
        why: "xhttp takes requests from the SIP TCP and TLS sockets (src/modules/xhttp@5.6.3)",
        write: "disable_tcp=no",
      }),
    );
  if (
    facts.reading.engine === null &&
    !facts.reading.routes.some((route) => route.name === "xhttp:request") &&
    facts.parameter("xhttp", "event_callback") === null
  )
    findings.push(
      finding("http_route_missing", "warning", loaded, {
        message: "xhttp is loaded and no event_route[xhttp:request] answers it",
        why: "xhttp runs event_route[xhttp:request]; without it nothing is sent back (src/modules/xhttp/xhttp_mod.c@5.6.3)",
      }),
    );
  if (facts.core("tcp_accept_no_cl") === 0)
    findings.push(
      finding("http_without_content_length", "info", facts.assigned("tcp_accept_no_cl"), {
        message: "tcp_accept_no_cl is off: an HTTP request without Content-Length (every GET) is refused",
        why: "SIP over TCP needs Content-Length; tcp_accept_no_cl=yes lets HTTP through (src/core/tcp_read.c@5.6.3)",
        write: "tcp_accept_no_cl=yes",
      }),
    );
  return findings;
}
