/** Rules: who can send RPC commands? None of these doors asks for a password, and a command can stop the server. */
import type { ListenSocket, RouteBlock } from "../../../kamailio/config/reading.js";
import { factAt, type Row } from "../../../kamailio/knowledge/releases.js";
import type { ConfigFacts } from "../facts.js";
import { type ConfigFinding, finding } from "../finding.js";

/** Socket parameters of RPC modules, and the line that keeps them on the machine. */
const SOCKETS = [
  { module: "ctl", parameter: "binrpc", safe: 'modparam("ctl", "binrpc", "unix:/run/kamailio/kamailio_ctl")', plain: "udp" },
  { module: "ctl", parameter: "fifo", safe: 'modparam("ctl", "fifo", "fifo:/run/kamailio/kamailio_fifo")', plain: "file" },
  {
    module: "jsonrpcs",
    parameter: "dgram_socket",
    safe: 'modparam("jsonrpcs", "dgram_socket", "/run/kamailio/kamailio_rpc.sock")',
    plain: "file",
  },
  { module: "jsonrpcs", parameter: "tcp_socket", safe: 'modparam("jsonrpcs", "tcp_socket", "127.0.0.1:8228")', plain: "tcp" },
  {
    module: "mi_datagram",
    parameter: "socket_name",
    safe: 'modparam("mi_datagram", "socket_name", "/run/kamailio/mi.sock")',
    plain: "file",
  },
] as const;

/** Where ctl listens when no binrpc says it. */
const CTL_DEFAULT: readonly Row<string>[] = [
  { since: "3.3.5", until: "4.2.8", value: "unixs:/tmp/kamailio_ctl", source: "modules/ctl/ctl_defaults.h@4.2.8" },
  { since: "4.3.0", until: null, value: "unixs:RUN_DIR/kamailio_ctl", source: "src/modules/ctl/ctl_defaults.h@5.6.3" },
];

/** Where RPC commands are taken: what to give to kamcmd -s, kamctl and curl. */
export function rpcDoors(facts: ConfigFacts): ConfigFinding[] {
  const doors: string[] = [];
  const values = (module: string, name: string) =>
    facts.parameters(module, name).map((line) => String(line.value ?? "").slice(0, 200));
  if (facts.loaded("ctl")) {
    const sockets = [...values("ctl", "binrpc"), ...values("ctl", "fifo")];
    doors.push(
      `ctl on ${sockets.length > 0 ? sockets.join(", ") : (factAt(CTL_DEFAULT, facts.version) ?? "its default socket")}`,
    );
  }
  const transport = facts.number("jsonrpcs", "transport") ?? 0;
  const uses = (bit: number) => transport === 0 || (transport & bit) !== 0;
  if (facts.loaded("jsonrpcs")) {
    if (uses(2)) doors.push(`jsonrpcs FIFO ${values("jsonrpcs", "fifo_name").at(-1) ?? "RUN_DIR/kamailio_rpc.fifo"}`);
    if (uses(4)) doors.push(`jsonrpcs datagram ${values("jsonrpcs", "dgram_socket").at(-1) ?? "RUN_DIR/kamailio_rpc.sock"}`);
    if (uses(8) && values("jsonrpcs", "tcp_socket").length > 0)
      doors.push(`jsonrpcs TCP ${values("jsonrpcs", "tcp_socket").at(-1)}`);
  }
  if (facts.loaded("mi_fifo")) doors.push(`mi_fifo on ${values("mi_fifo", "fifo_name").at(-1) ?? "its default FIFO"}`);
  for (const { what } of httpDoors(facts)) doors.push(`${what} on the SIP sockets`);
  if (doors.length === 0) return [];
  return [
    finding(
      "rpc_doors",
      "info",
      facts.reading.modules.find((module) => module.name === "ctl" || module.name === "jsonrpcs") ?? null,
      {
        message: `RPC commands are taken by ${doors.join("; ")}`,
        why: "kamcmd talks to ctl, kamctl to the FIFO of jsonrpcs since 5.0 (of mi_fifo before), curl to HTTP (src/modules/ctl/ctl_defaults.h@5.6.3)",
      },
    ),
  ];
}

/** A socket on an address that others reach. */
export function openRpcSockets(facts: ConfigFacts): ConfigFinding[] {
  const findings: ConfigFinding[] = [];
  for (const { module, parameter, safe, plain } of SOCKETS) {
    for (const line of facts.parameters(module, parameter)) {
      const address = networkAddress(String(line.value ?? ""), plain);
      if (address === null || isLocal(address)) continue;
      findings.push(
        finding("rpc_socket_open", "error", line, {
          message: `${module} takes RPC commands on ${address === "" ? "every address" : address}, from anybody who reaches it`,
          why: `${module} knows no password: any command can be sent, core.kill among them (src/modules/${module}/README@5.6.3)`,
          write: safe,
        }),
      );
    }
  }
  return findings;
}

/** MI over HTTP listens on every address. */
export function openMiXmlrpc(facts: ConfigFacts): ConfigFinding[] {
  const loaded = facts.reading.modules.find((module) => module.name === "mi_xmlrpc");
  if (loaded === undefined) return [];
  return [
    finding("rpc_socket_open", "error", facts.parameter("mi_xmlrpc", "port") ?? loaded, {
      message: "mi_xmlrpc listens on every address of the host, without a password",
      why: "It has a port and no address (modules/mi_xmlrpc/README@4.4.7)",
    }),
  ];
}

/** HTTP RPC comes in on the SIP sockets: its route has to look who asks. */
export function openHttpRpc(facts: ConfigFacts): ConfigFinding[] {
  const doors = httpDoors(facts);
  if (doors.length === 0 || facts.setting("disable_tcp") === 1) return [];
  const findings: ConfigFinding[] = [];
  const open = openStreams(facts);
  for (const { module, what, route } of doors) {
    const guarded = route !== null && looksWhoAsks(facts, route);
    if (!open) continue;
    const loaded = facts.reading.modules.find((row) => row.name === module) ?? null;
    findings.push(
      finding("http_rpc_on_sip_sockets", guarded ? "info" : "warning", route ?? loaded, {
        message: guarded
          ? `${what} answers on every TCP and TLS socket of SIP; its route looks who asks: check that it lets in nobody else`
          : `${what} answers on every TCP and TLS socket of SIP, and its route does not look who asks`,
        why: "HTTP shares the SIP listeners; only the route can refuse (src/modules/xhttp/README@5.6.3)",
        write: guarded ? null : 'if(src_ip != 127.0.0.1) { xhttp_reply("403", "Forbidden", "text/html", ""); exit; }',
      }),
    );
  }
  return findings;
}

/** A control socket that any user of the host may write to. */
export function socketModes(facts: ConfigFacts): ConfigFinding[] {
  const rows = [
    { module: "ctl", parameter: "mode", default_mode: 0o600 },
    { module: "jsonrpcs", parameter: "fifo_mode", default_mode: 0o660 },
    { module: "jsonrpcs", parameter: "dgram_mode", default_mode: 0o660 },
    { module: "mi_fifo", parameter: "fifo_mode", default_mode: 0o660 },
  ];
  return rows.flatMap(({ module, parameter, default_mode }) => {
    const line = facts.parameter(module, parameter);
    const mode =
      typeof line?.value === "number" ? line.value : typeof line?.value === "string" ? Number.parseInt(line.value, 8) : 0;
    if (line === null || Number.isNaN(mode) || (mode & 0o002) === 0) return [];
    return [
      finding("rpc_socket_world_writable", "warning", line, {
        message: `${module}.${parameter} lets every user of the host send RPC commands`,
        why: `The mode is that of the socket's file (src/modules/${module}/README@5.6.3)`,
        write: `modparam("${module}", "${parameter}", 0${default_mode.toString(8)})`,
      }),
    ];
  });
}

function httpDoors(facts: ConfigFacts): { module: string; what: string; route: RouteBlock | null }[] {
  const route = (name: string) => facts.reading.routes.find((row) => row.name === name) ?? null;
  const doors: { module: string; what: string; route: RouteBlock | null }[] = [];
  const transport = facts.number("jsonrpcs", "transport") ?? 0;
  if (facts.loaded("jsonrpcs") && facts.loaded("xhttp") && (transport === 0 || (transport & 1) !== 0))
    doors.push({ module: "jsonrpcs", what: "JSON-RPC over HTTP", route: route("xhttp:request") });
  if (facts.loaded("jsonrpc-s") && facts.loaded("xhttp"))
    doors.push({ module: "jsonrpc-s", what: "JSON-RPC over HTTP", route: route("xhttp:request") });
  if (facts.loaded("xhttp_rpc")) doors.push({ module: "xhttp_rpc", what: "RPC over HTTP", route: route("xhttp:request") });
  if (facts.loaded("xhttp_pi")) doors.push({ module: "xhttp_pi", what: "provisioning over HTTP", route: route("xhttp:request") });
  if (facts.loaded("xmlrpc")) {
    const name = facts.text("xmlrpc", "route") ?? "";
    doors.push({ module: "xmlrpc", what: "XML-RPC", route: name === "" ? null : route(name) });
  }
  return doors;
}

/** Does a TCP or TLS socket stand on an address that others reach? Without `listen` all addresses are open. */
function openStreams(facts: ConfigFacts): boolean {
  const streams = facts.reading.sockets.filter((socket: ListenSocket) => socket.protocol !== "udp" && socket.protocol !== "sctp");
  return facts.reading.sockets.length === 0 || streams.some((socket) => !isLocal(socket.address));
}

function looksWhoAsks(facts: ConfigFacts, route: RouteBlock): boolean {
  const lines = (facts.reading.texts[route.file] ?? "").split("\n").slice(route.line - 1, route.end_line);
  const body = lines.map((line) => line.replace(/^\s{0,200}(?:#|\/\/).*$/, "")).join("\n");
  return /src_ip|\$si\b|\$Ri\b|allow_(?:source_address|address|trusted)|www_authenti|is_in_subnet|\$au\b|\$hdr\((?:X-API-Key|Authorization)/i.test(
    body,
  );
}

/** `udp:*:2046`, `tcp:10.0.0.1:2049`, `localhost`; `null` for a file. `plain` is what a value without a scheme is. */
function networkAddress(value: string, plain: "udp" | "tcp" | "file"): string | null {
  const scheme = /^(unixs|unixd|unixg|unix|fifo|udp|tcp):/i.exec(value);
  const kind = (scheme?.[1] ?? plain).toLowerCase();
  if (kind.startsWith("unix") || kind === "fifo" || kind === "file") return null;
  const rest = value.slice(scheme?.[0].length ?? 0);
  if (rest.startsWith("/")) return null;
  const close = rest.startsWith("[") ? rest.indexOf("]") : -1;
  if (close > 0) return rest.slice(1, close);
  const colon = rest.lastIndexOf(":");
  const host = colon >= 0 ? rest.slice(0, colon) : rest;
  return host === "*" || /^\d{1,5}$/.test(host) ? "" : host;
}

export function isLocal(address: string): boolean {
  return /^(?:127\.|localhost$|::1$|lo$|0:0:0:0:0:0:0:1$)/i.test(address);
}
