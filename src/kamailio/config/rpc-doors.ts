/**
 * Where RPC commands are taken, as a configuration says it: the socket of `ctl`, and the FIFO and the HTTP address of `jsonrpcs`. Two servers
 * on one host differ in these alone, so whoever words a command must name them.
 *
 * `binrpc` forms (seen on 5.6.3): `unix:`/`unixs:` and a bare path are stream sockets, `unixd:` datagram, `udp:`/`tcp:` with `*`, an address or
 * a port alone; a name without a slash is made in the run directory.
 */
import type { SettingsReading } from "../settings/settings.js";
import type { ConfigPlace, ConfigReading, ConfigValue, ListenSocket } from "./reading.js";

type Values = SettingsReading["values"];
type Kept = Pick<ConfigReading, "core" | "modules" | "modparams" | "sockets" | "routes">;

/** Kamailio's SIP port, where no `listen` names one. */
const SIP_PORT = 5060;
/** The path of the example in the README of jsonrpcs. */
const USUAL_PATH = "/RPC";
const HTTP_BIT = 1;

/** @param texts the files by name, for what the HTTP route asks */
export function rpcDoors(reading: Kept, texts: ReadonlyMap<string, string>): Values {
  const values: Values = {};
  const loaded = (name: string) => reading.modules.findIndex((module) => module.name === name);
  const lines = (module: string, name: string) =>
    reading.modparams.filter((line) => line.name === name && line.modules.includes(module));
  const socket = bestSocket(lines("ctl", "binrpc"));
  if (socket !== null) values.ctl_socket = { value: socket.value, source: "config_file", quote: quoteOf(socket.line) };
  if (loaded("jsonrpcs") < 0) return values;
  const transport = lines("jsonrpcs", "transport").at(-1);
  if (transport !== undefined && typeof transport.value === "number")
    values.jsonrpcs_transport = { value: transport.value, source: "config_file", quote: quoteOf(transport) };
  const fifo = lines("jsonrpcs", "fifo_name").at(-1);
  if (fifo !== undefined && typeof fifo.value === "string" && fifo.value !== "")
    values.jsonrpcs_fifo = { value: fifo.value, source: "config_file", quote: quoteOf(fifo) };
  const bits = values.jsonrpcs_transport?.value ?? 0;
  const route = reading.routes.find(({ name }) => name === "xhttp:request");
  // jsonrpcs looks for xhttp when it is initialised, in the order of loadmodule.
  const xhttp = loaded("xhttp");
  if (route !== undefined && xhttp >= 0 && xhttp < loaded("jsonrpcs") && (bits === 0 || (bits & HTTP_BIT) !== 0)) {
    const url = httpAddress(reading, pathOf(texts.get(route.file) ?? "", route));
    if (url !== null)
      values.jsonrpcs_url = {
        value: url,
        source: "config_file",
        quote: `${route.file}:${route.line}: event_route[xhttp:request]`,
      };
  }
  return values;
}

interface Line extends ConfigPlace {
  value: ConfigValue;
  raw: string;
}

/** A file's socket before one of the network; of several the first. */
function bestSocket(lines: readonly Line[]): { value: string; line: Line } | null {
  const sockets = lines.flatMap((line) => {
    const value = typeof line.value === "string" || typeof line.value === "number" ? asked(String(line.value)) : null;
    return value === null ? [] : [{ value, line }];
  });
  return sockets.find(({ value }) => !/^(?:udp|tcp):/.test(value)) ?? sockets[0] ?? null;
}

/** As `kamcmd -s` takes it: a listener on every address is asked on loopback. */
function asked(binrpc: string): string | null {
  const match = /^(?:(unixs|unixd|unix|udp|tcp):)?(.{1,500})$/i.exec(binrpc.trim());
  const scheme = match?.[1]?.toLowerCase() ?? null;
  const rest = match?.[2];
  if (rest === undefined || /^(?:unixg|fifo):/i.test(binrpc)) return null;
  if (scheme === null && rest.includes("/")) return `unixs:${rest}`;
  if (scheme?.startsWith("unix")) return `${scheme}:${rest}`;
  const colon = rest.lastIndexOf(":");
  const [host, port] =
    colon < 0 ? (/^\d{1,5}$/.test(rest) ? ["*", rest] : [rest, null]) : [rest.slice(0, colon), rest.slice(colon + 1)];
  return `${scheme ?? "udp"}:${host === "*" || host === "0.0.0.0" ? "127.0.0.1" : host}${port === null ? "" : `:${port}`}`;
}

/** The first TCP or TLS socket; every address where none is named. */
function httpAddress({ core, sockets }: Kept, path: string): string | null {
  if (core.findLast(({ name }) => name === "disable_tcp")?.value === 1) return null;
  if (sockets.length === 0) return `http://127.0.0.1:${SIP_PORT}${path}`;
  const usable = sockets.filter(
    ({ protocol, virtual }) => !virtual && (protocol === null || protocol === "tcp" || protocol === "tls"),
  );
  const socket = usable.find(({ protocol }) => protocol !== "tls") ?? usable[0];
  if (socket === undefined) return null;
  return `${socket.protocol === "tls" ? "https" : "http"}://${hostOf(socket)}:${socket.port ?? SIP_PORT}${path}`;
}

function hostOf({ address }: ListenSocket): string {
  if (address === "*" || address === "0.0.0.0" || address === "" || !/^[\w.:[\]-]{1,255}$/.test(address)) return "127.0.0.1";
  return address;
}

/** The path that the route asks for before it hands the request on: `if ($hu =~ "^/RPC")`. */
function pathOf(text: string, { line, end_line }: ConfigPlace): string {
  for (const row of text.split("\n").slice(line - 1, end_line)) {
    const path = /\$hu\s{0,20}(?:=~|==)\s{0,20}"\^?(\/[\w./-]{0,200})/.exec(row.slice(0, 1000))?.[1];
    if (path !== undefined) return path;
  }
  return USUAL_PATH;
}

function quoteOf({ file, line, raw }: Line): string {
  return `${file}:${line}: ${raw}`;
}
