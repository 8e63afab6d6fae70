import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../../src/kamailio/settings/read-settings.js";
import type { SettingsReading } from "../../../src/kamailio/settings/settings.js";

/** The plain values of a reading. */
function plain(reading: SettingsReading): Record<string, unknown> {
  return Object.fromEntries(Object.entries(reading.values).map(([name, entry]) => [name, entry.value]));
}

const UNIT = `[Unit]
Description=Kamailio
[Service]
Type=forking
User=kamailio
Group=kamailio
Environment='CFGFILE=/etc/kamailio/kamailio.cfg'
Environment='SHM_MEMORY=64'
Environment='PKG_MEMORY=8'
EnvironmentFile=-/etc/default/kamailio
PIDFile=/run/kamailio/kamailio.pid
ExecStart=/usr/sbin/kamailio -P /run/kamailio/kamailio.pid -f $CFGFILE -m $SHM_MEMORY -M $PKG_MEMORY --atexit=no
[Install]
WantedBy=multi-user.target
`;
const DEFAULT_FILE = '# Kamailio startup options\n#RUN_KAMAILIO=yes\nSHM_MEMORY=256\n  export PKG_MEMORY="16"  # per process\n';
const AUX = "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n";
const ARGS = "-P /run/k.pid -f /etc/k.cfg -m 64 -M 8";

describe("each form of text", () => {
  test.each<[string, string, string[], Record<string, unknown>]>([
    [
      "a command line",
      "$ /usr/sbin/kamailio -m 64 -M8 -x fm",
      ["command_line"],
      { shm_size_mb: 64, pkg_size_mb: 8, shm_manager: "fm", binary: "/usr/sbin/kamailio" },
    ],
    [
      "/proc/PID/cmdline raw",
      `/usr/sbin/kamailio\0-A\0X=a b -m 1\0-m\0${64}\0`,
      ["command_line"],
      { shm_size_mb: 64, binary: "/usr/sbin/kamailio" },
    ],
    ["/proc/PID/cmdline with an empty word", `kamailio\0-w\0\0-m\0${64}\0`, ["command_line"], { shm_size_mb: 64 }],
    [
      "/proc/PID/cmdline through tr",
      "/usr/sbin/kamailio -m 64 -M 8 ",
      ["command_line"],
      { shm_size_mb: 64, pkg_size_mb: 8, binary: "/usr/sbin/kamailio" },
    ],
    [
      "a continued command line",
      "kamailio -m 64 \\\n   -M 8 \\\n -DD",
      ["command_line"],
      { shm_size_mb: 64, pkg_size_mb: 8, fork: 1 },
    ],
    ["quoted mail", "> hello\n> kamailio -m 64 -M 8\n> bye", ["command_line"], { shm_size_mb: 64, pkg_size_mb: 8 }],
    ["root prompt", "# kamailio -m 64", ["command_line"], { shm_size_mb: 64 }],
    [
      "ps aux",
      `${AUX}kamailio    1234  0.0  0.1  99999  9999 ?  S  10:00  0:00 /usr/sbin/kamailio ${ARGS}\nkamailio    1235  0.0  0.1  99999  9999 ?  S  10:00  0:00 /usr/sbin/kamailio ${ARGS}\nroot  99 0.0 0.0 1 1 pts/0 S+ 10:01 0:00 grep kamailio`,
      ["ps"],
      {
        processes: 2,
        user: "kamailio",
        shm_size_mb: 64,
        pkg_size_mb: 8,
        binary: "/usr/sbin/kamailio",
        config_file: "/etc/k.cfg",
        pid_file: "/run/k.pid",
      },
    ],
    [
      "ps -ef without header",
      "kamailio  1234     1  0 10:00 ?        00:00:01 /usr/sbin/kamailio -m 128 -M 8",
      ["ps"],
      { user: "kamailio", shm_size_mb: 128, pkg_size_mb: 8, binary: "/usr/sbin/kamailio" },
    ],
    [
      "ps -o pid,args",
      "  PID COMMAND\n 1234 kamailio -DD -E -m 128\n 1235 kamailio -DD -E -m 128\n",
      ["ps"],
      { processes: 2, fork: 1, log_stderror: 1, shm_size_mb: 128 },
    ],
    ["threads are no processes", "PID LWP CMD\n1 1 kamailio -m 64\n1 2 kamailio -m 64", ["ps"], { shm_size_mb: 64 }],
    ["pgrep -a", "1234 /usr/sbin/kamailio -m 128", ["ps"], { shm_size_mb: 128, binary: "/usr/sbin/kamailio" }],
    [
      "systemctl status",
      "● kamailio.service - Kamailio\n     Active: active (running)\n    Process: 12 ExecStart=/usr/sbin/kamailio -m $SHM_MEMORY (code=exited, status=0/SUCCESS)\n   Main PID: 14 (kamailio)\n     CGroup: /system.slice/kamailio.service\n             ├─14 /usr/sbin/kamailio -m 64 -M 8\n             └─15 /usr/sbin/kamailio -m 64 -M 8\n",
      ["ps"],
      { processes: 2, shm_size_mb: 64, pkg_size_mb: 8, binary: "/usr/sbin/kamailio" },
    ],
    [
      "a unit",
      UNIT,
      ["systemd_unit"],
      {
        service_manager: "systemd",
        shm_size_mb: 64,
        pkg_size_mb: 8,
        user: "kamailio",
        group: "kamailio",
        binary: "/usr/sbin/kamailio",
        config_file: "/etc/kamailio/kamailio.cfg",
        pid_file: "/run/kamailio/kamailio.pid",
      },
    ],
    [
      "a drop-in that replaces ExecStart",
      `# /lib/systemd/system/kamailio.service\n${UNIT}\n# /etc/systemd/system/kamailio.service.d/override.conf\n[Service]\nExecStart=\nExecStart=/usr/sbin/kamailio -f $CFGFILE \\\n  -m 512 -M \${PKG_MEMORY} -x fm\n`,
      ["systemd_unit"],
      {
        service_name: "kamailio",
        service_manager: "systemd",
        shm_size_mb: 512,
        pkg_size_mb: 8,
        shm_manager: "fm",
        user: "kamailio",
        group: "kamailio",
        binary: "/usr/sbin/kamailio",
        config_file: "/etc/kamailio/kamailio.cfg",
        pid_file: "/run/kamailio/kamailio.pid",
      },
    ],
    [
      "a drop-in that sets a variable",
      "[Service]\nEnvironment=SHM_MEMORY=512\n",
      ["systemd_unit"],
      { service_manager: "systemd", shm_size_mb: 512 },
    ],
    [
      "systemctl show",
      "Type=forking\nExecStart={ path=/usr/sbin/kamailio ; argv[]=/usr/sbin/kamailio -m $SHM_MEMORY -M $PKG_MEMORY ; ignore_errors=no ; pid=12 }\nEnvironment=SHM_MEMORY=128 PKG_MEMORY=8\nUser=kamailio\n",
      ["systemd_unit"],
      { service_manager: "systemd", shm_size_mb: 128, pkg_size_mb: 8, user: "kamailio", binary: "/usr/sbin/kamailio" },
    ],
    [
      "a template unit",
      "# /etc/systemd/system/kamailio@edge1.service\n[Service]\nExecStart=/usr/sbin/kamailio -DD -f /etc/kamailio/kamailio-%i.cfg -m 64 -Y /run/kamailio-%i\n",
      ["systemd_unit"],
      {
        service_name: "kamailio@edge1",
        service_manager: "systemd",
        shm_size_mb: 64,
        fork: 1,
        binary: "/usr/sbin/kamailio",
        config_file: "/etc/kamailio/kamailio-edge1.cfg",
        run_dir: "/run/kamailio-edge1",
      },
    ],
    [
      "a shell in ExecStart",
      "[Service]\nExecStart=/bin/sh -c 'exec /usr/sbin/kamailio -DD -m 64'\n",
      ["systemd_unit"],
      { service_manager: "systemd", shm_size_mb: 64, fork: 1, binary: "/usr/sbin/kamailio" },
    ],
    ["/etc/default/kamailio", DEFAULT_FILE, ["default_file"], { shm_size_mb: 256, pkg_size_mb: 16 }],
    [
      "CentOS 6",
      "USER=kamailio\nGROUP=kamailio\nMEMORY=48\nPKG_MEMORY=4\n",
      ["default_file"],
      { shm_size_mb: 48, pkg_size_mb: 4, user: "kamailio", group: "kamailio" },
    ],
    [
      "Fedora",
      'OPTIONS="-m 32 -M 4 -u kamailio -g kamailio"',
      ["default_file"],
      { shm_size_mb: 32, pkg_size_mb: 4, user: "kamailio", group: "kamailio" },
    ],
    [
      "extra options stand last",
      'SHM_MEMORY=64\nEXTRA_OPTIONS="-m 128 -x fm"',
      ["default_file"],
      { shm_size_mb: 128, shm_manager: "fm" },
    ],
    ["the last assignment counts", "SHM_MEMORY=64\nSHM_MEMORY=96\n#SHM_MEMORY=128", ["default_file"], { shm_size_mb: 96 }],
    [
      "OpenRC",
      'KAMAILIO_OPTS="-u kamailio -f /etc/k.cfg -m 96"',
      ["openrc"],
      { service_manager: "openrc", shm_size_mb: 96, user: "kamailio", config_file: "/etc/k.cfg" },
    ],
    [
      "docker run",
      "docker run -d --name edge -p 5060:5060/udp -v /etc/k:/etc/kamailio --restart=always ghcr.io/kamailio/kamailio:5.8.4 -m 256 -M 16",
      ["docker"],
      { container: "edge", service_manager: "docker", shm_size_mb: 256, pkg_size_mb: 16 },
    ],
    [
      "docker run with a command",
      "$ docker run -it --rm -e A=b --entrypoint kamailio some/image:1 -DD -E -m 256",
      ["docker"],
      { service_manager: "docker", fork: 1, log_stderror: 1, shm_size_mb: 256 },
    ],
    [
      "podman over several lines",
      "podman run -d \\\n  --network host \\\n  localhost/edge:1 \\\n  kamailio -m 96 -DD",
      ["docker"],
      { service_manager: "docker", shm_size_mb: 96, fork: 1 },
    ],
    [
      "docker inspect",
      JSON.stringify([
        {
          Name: "/edge",
          Path: "kamailio",
          Args: ["-DD", "-E", "-m", "256"],
          Config: { Image: "kamailio/kamailio:5.8", Env: ["A=b"] },
        },
      ]),
      ["docker"],
      { container: "edge", service_manager: "docker", fork: 1, log_stderror: 1, shm_size_mb: 256 },
    ],
    ["docker inspect -f", "kamailio [-DD -E -m 256]", ["command_line"], { fork: 1, log_stderror: 1, shm_size_mb: 256 }],
    [
      "compose, a list",
      "services:\n  db:\n    image: mysql\n    command: [--x]\n  sip:\n    image: kamailio/kamailio:5.8\n    command: ['-m', '256', \"-M\", 16]\n",
      ["compose"],
      { service_manager: "docker", shm_size_mb: 256, pkg_size_mb: 16 },
    ],
    [
      "compose, a string",
      `version: '3'\nservices:\n  edge:\n    build: .\n    command: kamailio -DD -E -m \${SHM:-128} -M 16\n`,
      ["compose"],
      { service_manager: "docker", fork: 1, log_stderror: 1, shm_size_mb: 128, pkg_size_mb: 16 },
    ],
    [
      "compose, folded",
      "services:\n  edge:\n    image: x\n    entrypoint: /usr/sbin/kamailio\n    command: >-\n      -DD\n      -m 256\n",
      ["compose"],
      { service_manager: "docker", fork: 1, shm_size_mb: 256, binary: "/usr/sbin/kamailio" },
    ],
    [
      "one service without services",
      "kamailio:\n  image: kamailio/kamailio\n  command: -m 256\n",
      ["compose"],
      { service_manager: "docker", shm_size_mb: 256 },
    ],
    [
      "a Kubernetes manifest",
      "apiVersion: v1\nkind: Service\n---\napiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - name: sidecar\n        image: x\n        args: [a]\n      - name: sip\n        image: kamailio/kamailio:6.0\n        env:\n        - name: SHM\n          value: '512'\n        args: [-DD, -E, -m, $(SHM), -M, '16']\n",
      ["kubernetes"],
      { service_manager: "kubernetes", fork: 1, log_stderror: 1, shm_size_mb: 512, pkg_size_mb: 16 },
    ],
    [
      "kubectl get pod -o json",
      JSON.stringify({
        kind: "List",
        items: [{ kind: "Pod", spec: { containers: [{ name: "k", image: "i", command: ["kamailio"], args: ["-m", "64"] }] } }],
      }),
      ["kubernetes"],
      { service_manager: "kubernetes", shm_size_mb: 64 },
    ],
    [
      "cfg.get with its command",
      "$ kamcmd cfg.get core memlog\n5\n$ kamcmd cfg.get core debug\n2\n",
      ["cfg_get"],
      { memlog: 5, debug: 2 },
    ],
    [
      "cfg.get in the shell of kamcmd",
      "kamcmd> cfg.get core mem_summary\n12\nkamcmd> cfg.get core mem_join\n1",
      ["cfg_get"],
      { mem_summary: 12, mem_join: 1 },
    ],
    [
      "cfg.get with a socket",
      "# sudo kamcmd -s unixs:/run/kamailio/kamailio_ctl cfg.get core mem_safety\n1",
      ["cfg_get"],
      { mem_safety: 1, ctl_socket: "unixs:/run/kamailio/kamailio_ctl" },
    ],
    ["cfg.get in a loop", "debug: 2\nmemlog: 5\nmem_summary: 12\n", ["cfg_get"], { debug: 2, memlog: 5, mem_summary: 12 }],
    ["cfg.get with the group before it", "core.debug = 2\ncore.memdbg = 5", ["cfg_get"], { debug: 2, memdbg: 5 }],
    [
      "the whole group",
      "{\n\tdebug: 2\n\tmemdbg: 10\n\tmemlog: 1\n\tudp_mtu: 0\n}\n",
      ["cfg_get"],
      { debug: 2, memdbg: 10, memlog: 1 },
    ],
    [
      "cfg.get by JSON-RPC with its request",
      'curl -s -d \'{"jsonrpc":"2.0","method":"cfg.get","params":["core","memlog"],"id":1}\' http://127.0.0.1/RPC\n{"jsonrpc":"2.0","result":5,"id":1}',
      ["cfg_get"],
      { memlog: 5 },
    ],
    [
      "the group by JSON-RPC",
      '{\n\t"jsonrpc":\t"2.0",\n\t"result":\t{\n\t\t"debug":\t2,\n\t\t"memlog":\t1\n\t},\n\t"id":\t1\n}',
      ["cfg_get"],
      { debug: 2, memlog: 1 },
    ],
    [
      "core.arg",
      "/usr/sbin/kamailio\n-A\nX=a b\n-m\n64\n-DD\n",
      ["core_arg"],
      { shm_size_mb: 64, fork: 1, binary: "/usr/sbin/kamailio" },
    ],
    [
      "core.arg by JSON-RPC",
      '{"jsonrpc":"2.0","result":["kamailio","-m","64","-X","fm"],"id":1}',
      ["core_arg"],
      { shm_size_mb: 64, pkg_manager: "fm" },
    ],
    [
      "pkg.info and shm.info with their commands",
      "# kamcmd shm.info\n{\n\tname: q_malloc\n\tsize: 8388608\n}\n# kamcmd pkg.info\n{\n\tname: f_malloc\n\tsize: 16777216\n}",
      ["shm_info", "pkg_info"],
      { shm_size_mb: 8, shm_manager: "qm", pkg_size_mb: 16, pkg_manager: "fm" },
    ],
    [
      "two blocks without",
      "{\n\tname: q_malloc\n\tsize: 67108864\n}\n{\n\tname: f_malloc\n\tsize: 8388608\n}",
      ["pkg_info", "shm_info"],
      { shm_size_mb: 64, shm_manager: "qm", pkg_size_mb: 8, pkg_manager: "fm" },
    ],
    ["core.modules", "$ kamcmd core.modules\ntm\nsl\nmy_own\n", ["core_modules"], { modules: ["tm", "sl", "my_own"] }],
    [
      "core.modules by JSON-RPC",
      '{"jsonrpc":"2.0","result":["tm","sl","kex"],"id":1}',
      ["core_modules"],
      { modules: ["tm", "sl", "kex"] },
    ],
    [
      "core.psa by JSON-RPC",
      '{"result":[{"index":0,"pid":1,"status":1,"rank":0,"description":"main"},{"index":1,"pid":2,"status":1,"rank":1,"description":"x"}],"id":1}',
      ["core_ps"],
      { processes: 2 },
    ],
    [
      "core.ps",
      "$ kamcmd core.ps\n14816\nmain process - attendant\n14818\nudp receiver child=0 sock=127.0.0.1:25060\n",
      ["core_ps"],
      { processes: 2 },
    ],
    [
      "start-up lines in a journal, with a restart",
      "Nov 23 h kamailio[1]: INFO: <core> [main.c:1]: main(): private (per process) memory: 4194304 bytes\nNov 23 h kamailio[1]: INFO: <core> [main.c:1]: main(): processes (at least): 9 - shm size: 33554432 - pkg size: 4194304\nNov 23 h kamailio[2]: INFO: <core> [main.c:1]: main(): processes (at least): 13 - shm size: 134217728 - pkg size: 8388608",
      ["startup_log"],
      { processes: 13, shm_size_mb: 128, pkg_size_mb: 8 },
    ],
    [
      "start-up lines of 3.3",
      " 0(1) DEBUG: <core> [main.c:1]: Expect (at least) 13 SER processes in your process list\n 0(1) INFO: ser: shared memory: 33554432 bytes",
      ["startup_log"],
      { processes: 13, shm_size_mb: 32 },
    ],
    [
      "start-up lines in JSON logs",
      '{ "idx": 0, "pid": 8, "message": "processes (at least): 4 - shm size: 134217728 - pkg size: 8388608" }',
      ["startup_log"],
      { processes: 4, shm_size_mb: 128, pkg_size_mb: 8 },
    ],
    [
      "JSON",
      '{"pkg_size_mb": 16, "shm_manager": "q_malloc", "fork": false, "debug": -1, "modules": ["tm"], "children": 4}',
      ["json"],
      { pkg_size_mb: 16, shm_manager: "qm", fork: 0, debug: -1, modules: ["tm"], children: 4 },
    ],
  ])("%s", (_name, text, forms, values) => {
    const reading = readSettings(text);
    expect(plain(reading)).toEqual(values);
    expect(reading.forms).toEqual(forms);
    const crlf = readSettings(text.replaceAll("\n", "\r\n"));
    expect(plain(crlf)).toEqual(values);
  });
});

describe("a unit and its environment file in one text", () => {
  test.each([
    ["behind it", UNIT + DEFAULT_FILE],
    ["before it", DEFAULT_FILE + UNIT],
    ["under a name", `${UNIT}\n==> /etc/default/kamailio <==\n${DEFAULT_FILE}`],
  ])("%s: the file wins", (_name, text) => {
    const { values } = readSettings(text);
    expect(values.shm_size_mb).toEqual({ value: 256, source: "default_file", quote: "SHM_MEMORY=256" });
    expect(values.pkg_size_mb).toMatchObject({ value: 16, source: "default_file" });
    expect(values.config_file).toMatchObject({ value: "/etc/kamailio/kamailio.cfg", source: "service_unit" });
  });

  test("a unit that reads no file ignores it", () => {
    const reading = readSettings(UNIT.replace(/EnvironmentFile.*\n/, "") + DEFAULT_FILE);
    expect(reading.values.shm_size_mb).toMatchObject({ value: 64, source: "service_unit" });
    expect(reading.warnings.join()).toContain("names no EnvironmentFile");
  });

  test("alone, the unit's variables stay open for a file that comes later", () => {
    expect(readSettings(UNIT).values.shm_size_mb?.variable).toBe("SHM_MEMORY");
    expect(readSettings(UNIT.replace("-m $SHM_MEMORY", "-m 96")).values.shm_size_mb).toEqual({
      value: 96,
      source: "service_unit",
      quote: "-m 96",
    });
  });

  test("a variable that nothing sets is not guessed", () => {
    const open = readSettings(
      "[Service]\nEnvironmentFile=/etc/default/kamailio\nExecStart=/usr/sbin/kamailio -m $SHM_MEMORY -M 8\n",
    );
    expect(plain(open)).toEqual({ service_manager: "systemd", binary: "/usr/sbin/kamailio", pkg_size_mb: 8 });
    expect(open.warnings.join()).toContain("$SHM_MEMORY");
    // Without a file the word vanishes, and -m takes the next one.
    const closed = readSettings("[Service]\nExecStart=/usr/sbin/kamailio -m $SHM_MEMORY -M 8\n");
    expect(closed.refused.map((one) => one.quote)).toEqual(["-m -M"]);
  });

  test("EnvironmentFile= and Environment= without a value empty their lists", () => {
    const { values } = readSettings(
      `${UNIT}\n[Service]\nEnvironment=\nEnvironmentFile=\nEnvironment=SHM_MEMORY=1 PKG_MEMORY=2 CFGFILE=/x\n`,
    );
    expect(values.shm_size_mb).toEqual({ value: 1, source: "service_unit", quote: "Environment=SHM_MEMORY=1" });
  });
});

describe("what is said beside the values", () => {
  test.each([
    [
      "two instances",
      "1 /usr/sbin/kamailio -f /a -m 64\n2 /usr/sbin/kamailio -f /b -m 32\n3 /usr/sbin/kamailio -f /b -m 32",
      "2 different command lines",
    ],
    [
      "commented out",
      "#SHM_MEMORY=64\n# PKG_MEMORY=8\nDUMP_CORE=yes",
      "commented out, so they set nothing: SHM_MEMORY=64, PKG_MEMORY=8",
    ],
    ["a unit of megabytes", "SHM_MEMORY=64M", "without a unit"],
    ["two ExecStart", "[Service]\nExecStart=/usr/sbin/kamailio -m 64\nExecStart=/usr/sbin/kamailio -m 128", "several ExecStart"],
    ["a check", "kamailio -c -m 64", "checks the configuration"],
    ["-V", "kamailio -V", "print and end"],
    ["an unknown option", "kamailio --frobnicate -m 64", "no release knows"],
    ["a cut row", "kamailio  1234  0.0  0.1  99999  9999 ?  S  10:00  0:00 /usr/sbin/kamailio -P /run/kamailio -f", "cut off"],
    ["cfg.list", "core: debug\ncore: memlog\n", "kamcmd cfg.get core"],
    ["one pool block", "{\n\tname: q_malloc\n\tsize: 8388608\n}\n", "does not say which pool"],
    ["a bare number", "5\n", "keep the command above it"],
    ["an error", "$ kamcmd pkg.info\nerror: 500 - command pkg.info not found\n", "pkg.info answered: error: 500"],
    ["JSON of the wrong type", '{"pkg_size_mb": "many", "memlog": 1}', "megabytes above 0"],
    ["OpenSIPS", "/usr/sbin/opensips -m 64", "another product"],
    ["nothing", " \n", "empty"],
    ["HTML", "<!DOCTYPE html><html>", "HTML"],
    ["a config", '#!KAMAILIO\ndebug=2\nmemlog=5\nloadmodule "tm.so"\n', "/configs"],
    ["a build", "version: kamailio 5.6.3 (x86_64/linux)\nflags: USE_TCP\n", "/builds"],
    ["counters", "{\n\ttotal: 67108864\n\treal_used: 5\n}\n", "/usage"],
  ])("%s", (_name, text, warning) => {
    expect(readSettings(text).warnings.join("\n")).toContain(warning);
  });

  test("a listing of several servers is not guessed at: it is asked which one is meant", () => {
    const listing = "1 kamailio -f /a -m 64\n2 kamailio -f /b -m 32\n3 kamailio -f /b -m 32";
    const reading = readSettings(listing);
    expect(plain(reading)).toEqual({});
    expect(reading.choices).toEqual([
      { pid: 1, command: "kamailio -f /a -m 64", rows: 1 },
      { pid: 2, command: "kamailio -f /b -m 32", rows: 2 },
    ]);
    expect(plain(readSettings(listing, { pid: 3 }))).toEqual({ config_file: "/b", shm_size_mb: 32, processes: 2 });
  });

  test("other processes of a listing are not kept, with a header or without", () => {
    const rows =
      "root 7 0.0 0.0 1 1 ? S 10:00 0:00 backup --for someone\n1 root [kamailio] <defunct>\n2 root kamailio -m 64\n3 root kamailio -m 64\n";
    for (const text of [`PID USER COMMAND\n${rows}`, rows]) {
      const reading = readSettings(text);
      expect(reading.unknown).toEqual([]);
      expect(plain(reading)).toMatchObject({ shm_size_mb: 64, processes: 2 });
    }
  });

  test.each([
    ["kamailio -m 64", "complete"],
    ["1 /usr/sbin/kamailio -P /run/k.pid -f", "cut"],
    ["kamailio -c", null],
    ["SHM_MEMORY=64", null],
  ])("%s: the command line is %s", (text, state) => {
    expect(readSettings(text).command_line).toBe(state);
  });

  test("what the running process says of its version", () => {
    expect(readSettings("{\n\tversion: kamailio 5.6.3\n\tid: unknown \n\tcompiler: gcc 12.2.0\n}").running_version).toBe("5.6.3");
  });

  test.each([
    [""],
    ["hello world"],
    ["<html>"],
    ['#!KAMAILIO\nloadmodule "tm.so"'],
    ["{}"],
    ["[]"],
    ["null"],
    ["{\n}"],
    ["USER=root\nHOME=/root"],
    ["\0\0"],
    ["[Service]\nExecStart=/usr/sbin/nginx -g x"],
  ])("%j has no form", (text) => {
    expect(readSettings(text).forms).toEqual([]);
    expect(plain(readSettings(text))).toEqual({});
  });
});

describe("secrets", () => {
  test.each([
    ["kamailio -A DBPASS=hunter2 -m 64"],
    [`kamailio\0-A\0DBURL=mysql://k:hunter2@h/d\0-m\0${64}\0`],
    ["[Service]\nEnvironment=DB_PASSWORD=hunter2 SHM_MEMORY=64\nExecStart=/usr/sbin/kamailio -A P=$DB_PASSWORD -m $SHM_MEMORY"],
    ["docker run -e DB_PASSWORD=hunter2 kamailio/kamailio -m 64"],
    [
      "services:\n  kamailio:\n    image: x\n    environment:\n      DB_PASSWORD: hunter2\n    command: kamailio -A DBPASS=hunter2 -m 64\n",
    ],
  ])("%s", (text) => {
    const reading = readSettings(text);
    expect(JSON.stringify(reading)).not.toContain("hunter2");
    expect(reading.secrets_removed).toBeGreaterThan(0);
    expect(plain(reading).shm_size_mb).toBe(64);
  });
});

describe("any text", () => {
  const lines = fc.constantFrom(
    ...UNIT.split("\n"),
    ...DEFAULT_FILE.split("\n"),
    ...`{ } [ ] 5 - : = kamailio -m64 services: command: - image: <core> kamcmd cfg.get core memlog \0 \\ ' " \${A} $A A=$A$A A= PID CMD`.split(
      " ",
    ),
    "1 /usr/sbin/kamailio -m 64",
    "$ kamcmd pkg.info",
    "\tname: q_malloc",
    "\tsize: 8388608",
    '{"jsonrpc":"2.0","result":',
    "a: &a [*a, *a]",
  );

  test("is read without an error, and what is kept is bounded", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(lines, fc.string()), { maxLength: 40 }), (parts) => {
        const reading = readSettings(parts.join("\n"));
        expect(reading.unknown.length).toBeLessThanOrEqual(50);
        expect(reading.warnings.length).toBeLessThanOrEqual(50);
        expect(JSON.stringify(reading).length).toBeLessThan(100_000);
      }),
      { numRuns: 500 },
    );
  });

  test("of any size is read in linear time", () => {
    for (const unit of [
      "{\n",
      "[\n",
      "{",
      '{"a":',
      "kamailio -m ",
      "-m 64 ",
      "A=$A$A\n",
      "SHM_MEMORY=1\n",
      "core: a\n",
      "1\nx\n",
      "'",
      "x \\\n",
      "\0",
      "- a: b\n",
      "shared memory: ",
      "docker run ",
    ])
      expect(readSettings(unit.repeat(Math.ceil(200_000 / unit.length))).unknown.length).toBeLessThanOrEqual(50);
  }, 30_000);
});
