import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findCommand } from "../../../src/kamailio/settings/command-line.js";
import { readOptions } from "../../../src/kamailio/settings/options.js";

const words = (line: string) => line.split(" ").map((text) => ({ text }));

/** The values that a line of options sets. */
function valuesOf(line: string): Record<string, unknown> {
  return Object.fromEntries(readOptions(words(line)).values.map(({ name, value }) => [name, value]));
}

describe("Kamailio's options as getopt reads them", () => {
  test.each([
    ["-m 64 -M 8", { shm_size_mb: 64, pkg_size_mb: 8 }],
    ["-m64 -M8", { shm_size_mb: 64, pkg_size_mb: 8 }],
    ["-m 64 -m 128", { shm_size_mb: 128 }],
    ["-m 0", { shm_size_mb: 0 }],
    ["-m +64", { shm_size_mb: 64 }],
    ["-DD", { fork: 1 }],
    ["-D", { fork: 0 }],
    ["-D -D -D", { fork: 1 }],
    ["-DDE -m64", { fork: 1, log_stderror: 1, shm_size_mb: 64 }],
    ["-Em 64", { log_stderror: 1, shm_size_mb: 64 }],
    ["-d", { debug: 1 }],
    ["-ddd -d", { debug: 4 }],
    ["--debug=3", { debug: 3 }],
    ["--debug 3 -d", { debug: 4 }],
    ["-dd --debug=-1", { debug: -1 }],
    ["--deb=2", { debug: 2 }],
    ["-x fm", { shm_manager: "fm" }],
    ["-X tlsf_malloc", { pkg_manager: "tlsf" }],
    ["-x q_malloc -X fmalloc", { shm_manager: "qm", pkg_manager: "fm" }],
    ["-n 4 -N 2 -T", { children: 4, tcp_children: 2, disable_tcp: 1 }],
    [
      "-f /etc/k.cfg -P /run/k.pid -Y /run/k -u kam -g grp",
      { config_file: "/etc/k.cfg", pid_file: "/run/k.pid", run_dir: "/run/k", user: "kam", group: "grp" },
    ],
    ["--log-engine=json:M", { log_engine: "json:M" }],
    ["--loadmodule=kex.so --loadmodule corex", { modules: ["kex.so", "corex"] }],
    ["-A WITH_AUTH -A X=-m64 -m 32", { shm_size_mb: 32 }],
    ["-l udp:127.0.0.1:5060 -w /tmp -L /lib -W epoll_lt -m 32", { shm_size_mb: 32 }],
    ["other words -m 32 more", { shm_size_mb: 32 }],
    ["-m 32 -- -M 8", { shm_size_mb: 32 }],
    ["--atexit=no --modparam=auth:x:i:1 --substdef=a --alias=b -m 1", { shm_size_mb: 1 }],
  ])("%s", (line, expected) => {
    expect(valuesOf(line)).toEqual(expected);
    expect(readOptions(words(line)).refused).toEqual([]);
  });

  test.each([
    ["-m 8x", "shm_size_mb", "bad shmem size number"],
    ["-M abc", "pkg_size_mb", "bad private mem size number"],
    ["-m 64M", "shm_size_mb", "not a number"],
    ["-m 0x40", "shm_size_mb", "not a number"],
    ["-m 64.5", "shm_size_mb", "not a number"],
    ["-m -5", "shm_size_mb", "negative"],
    ["-M -1", "pkg_size_mb", "negative"],
    ["-m -M 8", "shm_size_mb", "not a number"],
    ["-m 16777217", "shm_size_mb", "above 16777216 MB"],
    ["-M 1048577", "pkg_size_mb", "above 1048576 MB"],
    ["-m 8x -m 64", "shm_size_mb", "bad shmem size number"],
    ["-x sm", "shm_manager", "ends with 255"],
    ["-X foo", "pkg_manager", "ends with 255"],
    ["-n four", "children", "not a number"],
    ["--debug=high", "debug", "not a number"],
  ])("%s is refused by every release", (line, name, reason) => {
    const reading = readOptions(words(line));
    expect(reading.refused.map((one) => one.name)).toEqual([name]);
    expect(reading.refused[0]?.reason).toContain(reason);
    expect(valuesOf(line)).not.toHaveProperty(name);
  });

  test.each([
    ["-M 0", "5.8.0 and newer refuse"],
    ["-m 32 -M 1024", "look swapped"],
    ["-m 64 -M", "has no value"],
  ])("%s is kept with a warning", (line, warning) => {
    expect(readOptions(words(line)).warnings.join()).toContain(warning);
  });

  test.each([
    ["-c -f x", "check"],
    ["-I", "print"],
    ["-V", "print"],
    ["--version", "print"],
    ["-m 64", "serve"],
  ] as const)("%s: %s", (line, action) => {
    expect(readOptions(words(line)).action).toBe(action);
  });

  test("any words are read, and sizes that are given are found", () => {
    const noise = fc.constantFrom("-E", "-DD", "-l", "x", "-A", "-f", "-Q", "--", "-", "--x", "-é", "");
    fc.assert(
      fc.property(fc.array(noise), fc.integer({ min: 1, max: 1_000_000 }), (before, size) => {
        expect(() => readOptions(before.map((text) => ({ text })))).not.toThrow();
        const line = [`-m${size}`, ...before].map((text) => ({ text }));
        expect(readOptions(line).values).toContainEqual({ name: "shm_size_mb", value: size, quote: `-m${size}` });
      }),
    );
  });
});

describe("where the command line of Kamailio is", () => {
  test.each([
    ["kamailio -m 64", ["-m", "64"]],
    ["$ kamailio -m 64", ["-m", "64"]],
    ["root@sip1:~# /usr/sbin/kamailio -m 64", ["-m", "64"]],
    ["[root@sip1 ~]# /usr/sbin/kamailio -m 64", ["-m", "64"]],
    ["sudo kamailio -m 64", ["-m", "64"]],
    ["sudo -u kamailio kamailio -m 64", ["-m", "64"]],
    ["nohup taskset -c 0-3 /usr/sbin/kamailio -m 64 >/dev/null 2>&1 &", ["-m", "64"]],
    ["cd /etc && LD_PRELOAD=x kamailio -m 64", ["-m", "64"]],
    ["sh -c 'exec kamailio -m 64 -M 8'", ["-m", "64", "-M", "8"]],
    ["start-stop-daemon --start --exec /usr/sbin/kamailio --pidfile /run/k.pid -- -m 64", ["-m", "64"]],
    ["/opt/kamailio-5.8/sbin/kamailio -m 64", ["-m", "64"]],
    ["/usr/sbin/kamailio-edge -m 64", ["-m", "64"]],
    ["/usr/local/sbin/ser -m 64", ["-m", "64"]],
    ["gdb --args kamailio -A 'DEFVAL=\"str val\"' -m 64", ["-A", 'DEFVAL="str val"', "-m", "64"]],
    ['kamailio  1234  0.0  0.1 1 2 ? S 10:00 0:00 /usr/sbin/kamailio -A X="a -m 64', ["-A", 'X="a', "-m", "64"]],
    ["1234 kamailio -DD -E", ["-DD", "-E"]],
    ["root  1 0 0 10:00 ? 00:00:01 kamailio -DD -E", ["-DD", "-E"]],
    ["/usr/sbin/kamailio", []],
  ])("%s", (line, args) => {
    expect(findCommand(line)?.args).toEqual(args);
  });

  test.each([
    ["grep kamailio -m 3"],
    ["grep --color=auto kamailio"],
    ["journalctl -u kamailio -f"],
    ["systemctl status kamailio -l"],
    ["docker logs kamailio -f"],
    ["tail -f /var/log/kamailio"],
    ["vim /etc/kamailio/kamailio.cfg -R"],
    ["kamcmd core.info"],
    ["kamailio_ctl -m 3"],
    ["Process: 12 ExecStart=/usr/sbin/kamailio -m $SHM_MEMORY (code=exited)"],
    ["opensips -m 64"],
    [""],
  ])("%s holds none", (line) => {
    expect(findCommand(line)).toBeNull();
  });
});
