/**
 * A packaged Kamailio under a process supervisor of the test's own: `systemctl`, `journalctl` and `sudo` on a PATH of the test, the unit, its default
 * file, its log, run directory and sockets in a folder of the test, so that a runbook can be followed literally, restarts included, on any machine.
 */
import { execFile, execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./kamailio.js";

export interface Supervised {
  /** The name of its unit. */
  unit: string;
  folder: string;
  config_file: string;
  /** Runs a line of shell on "the server": paths below /etc and /tmp are the test's own. */
  shell(line: string): Promise<{ code: number; out: string }>;
  /** Milliseconds by which the clock of this world is ahead: a long `sleep` moves it on instead of waiting. */
  offset(): number;
  stop(): void;
}

/** A sleep up to so many seconds is slept; a longer one is passed over. */
const SLEPT_SECONDS = 6;

const MODULES = ["jsonrpcs", "ctl", "cfg_rpc", "kex", "corex", "tm", "sl", "pv", "dispatcher"];

export async function startSupervised(): Promise<Supervised> {
  const folder = mkdtempSync(join(tmpdir(), "kamailio-followed-"));
  const unit = "kamailio-followed";
  const port = await freePort();
  const at = (...names: string[]) => join(folder, ...names);
  for (const name of ["bin", "tmp", "etc/default", "etc/systemd/journald.conf.d", "run"])
    mkdirSync(at(name), { recursive: true });
  writeFileSync(at("etc/dispatcher.list"), "1 sip:127.0.0.1:5999\n");
  writeFileSync(
    at("etc/kamailio.cfg"),
    `#!KAMAILIO
children=1
disable_tcp=yes
memlog=5
debug=2
listen=udp:127.0.0.1:${port}
${MODULES.map((name) => `loadmodule "${name}.so"`).join("\n")}
modparam("dispatcher", "list_file", "${at("etc/dispatcher.list")}")
request_route { sl_send_reply("200", "OK"); }
`,
  );
  writeFileSync(at("etc/default", unit), "SHM_MEMORY=32\nPKG_MEMORY=4\n");
  writeFileSync(at("offset"), "0\n");
  writeFileSync(at("log"), "");
  const script = (name: string, body: string) => writeFileSync(at("bin", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const kamailio = execFileSync("sh", ["-c", "command -v kamailio"], { encoding: "utf8" }).trim();
  script("sudo", 'exec "$@"');
  script("journalctl", `exec cat ${at("log")}`);
  script(
    "sleep",
    `case "$1" in *[!0-9]*) exec /bin/sleep "$1";; esac
[ "$1" -le ${SLEPT_SECONDS} ] && exec /bin/sleep "$1"
echo $(( $(cat ${at("offset")}) + $1 )) > ${at("offset")}`,
  );
  writeFileSync(
    at("stamp.awk"),
    `{ if ((getline o < "${at("offset")}") > 0) ahead = o; close("${at("offset")}")
print strftime("%Y-%m-%dT%H:%M:%S+0000", systime() + ahead, 1) " host kamailio[1]: " $0; fflush() }\n`,
  );
  script(
    "kamailio-start",
    `. ${at("etc/default", unit)}
( ${kamailio} -DD -E -f ${at("etc/kamailio.cfg")} -m $SHM_MEMORY -M $PKG_MEMORY -Y ${at("run")} -P ${at("run/pid")} -w ${folder} 2>&1 | mawk -W interactive -f ${at("stamp.awk")} >> ${at("log")} ) >/dev/null 2>&1 </dev/null &
for i in $(seq 100); do kamcmd -s unixs:${at("run/kamailio_ctl")} core.uptime >/dev/null 2>&1 && exit 0; /bin/sleep 0.05; done
exit 1`,
  );
  script(
    "kamailio-stop",
    `p=$(cat ${at("run/pid")}); kill -TERM $p
for i in $(seq 100); do kill -0 $p 2>/dev/null || break; /bin/sleep 0.05; done
rm -f ${at("run")}/*`,
  );
  script(
    "systemctl",
    `case "$1 $2" in
"cat ${unit}") cat <<'UNIT'
# /lib/systemd/system/${unit}.service
[Service]
Environment='SHM_MEMORY=32'
Environment='PKG_MEMORY=4'
ExecStart=${kamailio} -DD -E -f ${at("etc/kamailio.cfg")} -m $SHM_MEMORY -M $PKG_MEMORY -Y ${at("run")} -P ${at("run/pid")}
UNIT
;;
"restart ${unit}") kamailio-stop && kamailio-start;;
"show -p") cat ${at("run/pid")};;
"daemon-reload "|"restart systemd-journald") ;;
*) echo "no such unit: $*" >&2; exit 4;;
esac`,
  );
  const shell = (line: string) =>
    new Promise<{ code: number; out: string }>((resolve) => {
      const local = line.replaceAll(/(?<![\w.])\/(etc|tmp)\/(?!kamailio-followed-)/g, `${folder}/$1/`);
      execFile(
        "sh",
        ["-c", local],
        { env: { ...process.env, PATH: `${at("bin")}:${process.env.PATH}` }, cwd: folder, maxBuffer: 64 * 1_048_576 },
        (error, out, err) =>
          resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, out: out + err }),
      );
    });
  const started = await shell("kamailio-start");
  if (started.code !== 0) throw new Error(`kamailio did not start:\n${started.out}\n${readFileSync(at("log"), "utf8")}`);
  // Processes wake for messages: without any, a worker never writes its dump.
  const socket = createSocket("udp4");
  const message = `OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 5\r\nContent-Length: 0\r\n\r\n`;
  const traffic = setInterval(() => socket.send(message, port, "127.0.0.1"), 50);
  return {
    unit,
    folder,
    config_file: at("etc/kamailio.cfg"),
    shell,
    offset: () => 1000 * Number(readFileSync(at("offset"), "utf8")),
    stop: () => {
      clearInterval(traffic);
      socket.close();
      execFileSync(at("bin/kamailio-stop"), { env: { ...process.env, PATH: `${at("bin")}:${process.env.PATH}` } });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
