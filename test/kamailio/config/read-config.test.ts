import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../../src/kamailio/config/read-config.js";
import { readVersion } from "../../../src/kamailio/version.js";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const V = (text: string) => readVersion(text);

describe("the packaged configuration of each release", () => {
  const stock = readdirSync(new URL("stock-configs/", FIXTURES)).filter((name) => name.endsWith(".gz"));
  test.each(stock)("%s is read without an unknown", (name) => {
    const text = gunzipSync(readFileSync(new URL(`stock-configs/${name}`, FIXTURES))).toString("utf8");
    const reading = readConfig(text, { version: V(/-(\d+\.\d+\.\d+)/.exec(name)?.[1] ?? "") });
    expect(reading.unknown).toEqual([]);
    expect(reading.warnings).toEqual([]);
    expect(reading.settings.debug?.value).toBe(2);
    expect(reading.settings.memlog?.value).toBe(5);
    expect(reading.modules.map((module) => module.name)).toEqual(
      expect.arrayContaining(["tm", "kex", "ctl", "cfg_rpc", "usrloc"]),
    );
    expect(reading.includes.map(({ kind, found }) => [kind, found])).toEqual(reading.includes.map(() => ["import_file", null]));
    expect(reading.routes.map((route) => route.name)).toEqual(expect.arrayContaining(["RELAY", "REGISTRAR"]));
    expect(reading.script_type).toBe("kamailio");
  });

  test("a token that a transformation names is no secret, and no bracket of a route is lost to it (kazoo)", () => {
    const reading = readConfig(readFileSync(new URL("capacity/kazoo-transformation.cfg", FIXTURES), "utf8"));
    expect(reading.unknown).toEqual([]);
    expect(reading.secrets_removed).toBe(0);
    expect(reading.routes).toMatchObject([{ kind: "route", name: "REGISTRAR_SEARCH_TOKEN", line: 2, end_line: 9 }]);
  });

  test("every feature switched on is read without an unknown too", () => {
    const text = gunzipSync(readFileSync(new URL("stock-configs/kamailio-5.6.3-debian.cfg.gz", FIXTURES))).toString("utf8");
    const names = [...text.matchAll(/#!ifdef (WITH_\w{1,40})/g)].map((match) => match[1] ?? "");
    const reading = readConfig(text, { version: V("5.6.3"), defines: new Map(names.map((name) => [name, null])) });
    expect(reading.unknown).toEqual([]);
    expect(reading.custom.map(({ group, name }) => `${group}.${name}`)).toContain("voicemail.srv_port");
    expect(reading.modparams.find((line) => line.modules.includes("usrloc") && line.name === "db_mode")?.value).toBe(2);
    expect(JSON.stringify(reading)).not.toContain("kamailiorw");
  });
});

describe("the configurations of the recorded servers", () => {
  const folders = readdirSync(FIXTURES, { recursive: true, encoding: "utf8" }).filter((path) => /(?:^|[/-])k\.cfg$/.test(path));
  test.each(folders)("%s is read without an unknown", (path) => {
    const reading = readConfig(readFileSync(new URL(path, FIXTURES), "utf8"));
    expect(reading.unknown).toEqual([]);
    expect(reading.sockets.map((socket) => socket.protocol)).toEqual(["udp", "tcp"]);
    expect(reading.settings.children?.value).toBe(2);
    expect(reading.routes.length).toBeGreaterThan(0);
  });
});

test("values carry their line, their words and what they come to", () => {
  const reading = readConfig(
    '#!KAMAILIO\n#!define LEVEL 3\n/* a /* nested */ comment */\ndebug = LEVEL memlog=-1 # end\nshm_mem_size=512\nuser="sip"\n',
  );
  expect(reading.core.map(({ name, written, raw, value, line }) => [name, written, raw, value, line])).toEqual([
    ["debug", "debug", "LEVEL", 3, 4],
    ["memlog", "memlog", "-1", -1, 4],
    ["shm", "shm_mem_size", "512", 512, 5],
    ["user", "user", '"sip"', "sip", 6],
  ]);
  expect(reading.settings.shm_size_mb).toEqual({ value: 512, source: "config_file", quote: "kamailio.cfg:5: shm_mem_size=512" });
});

test("the first shm_mem_size wins, the last of all others", () => {
  const { settings } = readConfig("shm_mem_size=512\nshm_mem=64\ndebug=1\ndebug=2\n");
  expect([settings.shm_size_mb?.value, settings.debug?.value]).toEqual([512, 2]);
});

test("4.4 parses shm_mem_size and ignores it", () => {
  expect(readConfig("shm_mem_size=512\n", { version: V("4.4.7") }).settings.shm_size_mb).toBeUndefined();
  expect(readConfig("shm_mem_size=512\n", { version: V("5.0.0") }).settings.shm_size_mb?.value).toBe(512);
});

describe("conditions", () => {
  const levels = (text: string, version = "5.8.8", defines = new Map<string, string | null>()) =>
    readConfig(text, { version: V(version), defines }).core.map((assignment) => assignment.value);
  test.each([
    ["#!ifdef A\ndebug=1\n#!else\ndebug=2\n#!endif\n", [2]],
    ["#!define A\n#!ifdef A\ndebug=1\n#!else\ndebug=2\n#!endif\n", [1]],
    ["!!define A\n!!ifndef A\ndebug=1\n!!endif\ndebug=3\n", [3]],
    ["#!ifdef A\n#!ifdef B\ndebug=1\n#!endif\ndebug=2\n#!else\ndebug=3\n#!endif\n", [3]],
    ['loadmodule "tm.so"\n#!ifdef MOD_tm\ndebug=1\n#!endif\n', [1]],
    ["#!ifdef KAMAILIO_5\ndebug=1\n#!endif\n", [1]],
    ["#!ifexp KAMAILIO_VERSION >= 5009000\ndebug=1\n#!else\ndebug=2\n#!endif\n", [2]],
    ["#!trydef A 1\n#!trydef A 2\ndebug=A\n", [1]],
    ["#!define A 1\n#!redefine A 2\ndebug=A\n", [2]],
    ["#!define A \\\n 3\ndebug=A\n", [3]],
    ["#!defexp A 1 + 2\ndebug=A\n", [3]],
    ["# #!ifdef A\ndebug=1\n/* #!ifdef A */ debug=2\n", [1, 2]],
    ["#!ifdef A\n/* #!endif\n*/ debug=1\n", []],
    ["#!define A B\n#!define B A\nmemlog=1\n#!ifdef A\ndebug=2\n#!endif\n", [1, 2]],
  ])("%s", (text, values) => {
    expect(levels(text).filter((value) => typeof value === "number")).toEqual(values);
  });

  test("-A on the command line", () => {
    expect(
      levels(
        "#!ifdef A\ndebug=B\n#!endif\n",
        "5.6.3",
        new Map([
          ["A", null],
          ["B", "2"],
        ]),
      ),
    ).toEqual([2]);
  });

  test("#!ifexp guards nothing before 5.7, where it is a comment", () => {
    expect(levels("#!ifexp 0\ndebug=1\n#!endif\n", "5.6.3")).toEqual([1]);
    expect(levels("#!ifexp 0\ndebug=1\n#!endif\n", "5.7.0")).toEqual([]);
  });

  test("what is left out is told with its lines", () => {
    expect(readConfig("debug=1\n#!ifdef A\nmemlog=1\n#!endif\n").skipped).toEqual([
      { file: "kamailio.cfg", line: 2, end_line: 4, condition: "#!ifdef A" },
    ]);
  });

  test("an assignment knows whether it is always read", () => {
    const reading = readConfig("#!define A\n#!ifdef A\ndebug=1\n#!endif\nmemlog=1\n");
    expect(reading.core.map(({ name, depth }) => [name, depth])).toEqual([
      ["debug", 1],
      ["memlog", 0],
    ]);
  });
});

describe("several files", () => {
  const files = {
    "/etc/kamailio/kamailio.cfg":
      '#!KAMAILIO\ninclude_file "local.cfg"\ndebug=LEVEL\nimport_file "absent.cfg"\n#!include_file "gone.cfg"\nmemlog=1\n',
    "/etc/kamailio/local.cfg": "#!define LEVEL 3\nlisten=udp:10.0.0.1:5060\n",
    "/etc/kamailio/unused.cfg": "debug=9\n",
  };
  const reading = readConfig({ files });

  test("are read where they are included", () => {
    expect(reading.main).toBe("/etc/kamailio/kamailio.cfg");
    expect(reading.files_read).toEqual(["/etc/kamailio/kamailio.cfg", "/etc/kamailio/local.cfg"]);
    expect(reading.core.map(({ name, value, file, line }) => [name, value, file, line])).toEqual([
      ["listen", "udp:10.0.0.1:5060", "/etc/kamailio/local.cfg", 2],
      ["debug", 3, "/etc/kamailio/kamailio.cfg", 3],
      ["memlog", 1, "/etc/kamailio/kamailio.cfg", 6],
    ]);
  });

  test("what is missing is said", () => {
    expect(reading.includes.map(({ kind, path, found }) => [kind, path, found])).toEqual([
      ["include_file", "local.cfg", "/etc/kamailio/local.cfg"],
      ["import_file", "absent.cfg", null],
      ["include_file", "gone.cfg", null],
    ]);
    expect(reading.warnings).toEqual([
      '/etc/kamailio/kamailio.cfg:5: include_file "gone.cfg" is not among the given files',
      "/etc/kamailio/unused.cfg: no file that was read includes it",
    ]);
  });

  test("an include of itself ends", () => {
    expect(readConfig({ files: { "kamailio.cfg": 'include_file "kamailio.cfg"\ndebug=1\n' } }).core.length).toBeGreaterThan(0);
  });
});

describe("modules", () => {
  test.each([
    ['loadmodule "tm.so"', "tm"],
    ['loadmodule "/usr/lib/kamailio/modules/tm.so"', "tm"],
    ["loadmodule 'tm'", "tm"],
    ['loadmodule("tm.so")', "tm"],
    ['loadmodulex("tm.so", "g")', "tm"],
  ])("%s", (text, name) => {
    expect(readConfig(`${text}\n`).modules).toMatchObject([{ name, line: 1, raw: text }]);
  });

  test.each([
    ['modparam("tm", "fr_timer", 30000)', ["tm"], "fr_timer", "int", 30000],
    ['modparam("tm|tmx", "x", -1)', ["tm", "tmx"], "x", "int", -1],
    ['modparam("registrar", "use_path", yes)', ["registrar"], "use_path", "int", 1],
    ['modparam("acc", "log_extra",\n\t"a=$fU;"\n\t"b=$tU")', ["acc"], "log_extra", "string", "a=$fU;b=$tU"],
    ['#!define SIZE 8\nmodparam("x", "y", SIZE)', ["x"], "y", "int", 8],
    ['#!substdef "!HOST!10.0.0.1!g"\nmodparam("x", "y", "sip:HOST")', ["x"], "y", "string", "sip:10.0.0.1"],
    ['#!substdefs "!HOST!10.0.0.1!g"\nmodparam("x", "y", HOST)', ["x"], "y", "string", "10.0.0.1"],
    ['#!define A "b"\nmodparamx("x", "y", "$def(A)/c")', ["x"], "y", "string", "b/c"],
    ['modparamx("x", "y", $env(HOME))', ["x"], "y", "variable", null],
  ])("%s", (text, modules, name, type, value) => {
    expect(readConfig(`${text}\n`).modparams).toMatchObject([{ modules, name, type, value }]);
  });
});

describe("sockets", () => {
  test.each([
    ["listen=udp:10.0.0.1:5060", [["udp", "10.0.0.1", 5060, 0]]],
    ["listen=eth0", [[null, "eth0", null, 0]]],
    [
      "listen = tcp:127.0.0.1:5060 udp:127.0.0.1:5060",
      [
        ["tcp", "127.0.0.1", 5060, 0],
        ["udp", "127.0.0.1", 5060, 0],
      ],
    ],
    [
      "socket_workers=4\nlisten=udp:10.0.0.1:5060\nlisten=udp:10.0.0.2:5060",
      [
        ["udp", "10.0.0.1", 5060, 4],
        ["udp", "10.0.0.2", 5060, 0],
      ],
    ],
    ["#!define IP 10.0.0.9\nlisten=udp:IP:5060", [["udp", "10.0.0.9", 5060, 0]]],
    ["listen=tls:[2001:db8::1]:5061", [["tls", "2001:db8::1", 5061, 0]]],
    ['socket = {\n bind = udp:10.0.0.1:5080;\n workers = 6;\n name = "s1";\n}', [["udp", "10.0.0.1", 5080, 6]]],
  ])("%s", (text, sockets) => {
    const reading = readConfig(`${text}\nfork=yes\n`);
    expect(reading.sockets.map(({ protocol, address, port, workers }) => [protocol, address, port, workers])).toEqual(sockets);
    expect(reading.unknown).toEqual([]);
    expect(reading.settings.fork?.value).toBe(1);
  });

  test("advertise, name and virtual belong to the socket", () => {
    expect(readConfig('listen=udp:10.0.0.1:5060 advertise 192.0.2.1:5060 name "edge" virtual\n').sockets).toMatchObject([
      { address: "10.0.0.1", advertise: "192.0.2.1:5060", name: "edge", virtual: true },
    ]);
  });
});

test("routes are skipped by their braces, whatever stands in them", () => {
  const reading = readConfig(
    [
      "request_route {",
      '  if ($rU =~ "}{") { xlog("} # not a comment\\n"); } # }',
      '  $var(x) = $(ru{s.substr,0,1}); /* } */ $var(y) = "$(hdr(X){re.subst,/"//g})";',
      '  $var(z) = $(hdr(X){re.subst,/"}//g});',
      "}",
      "route[ONE] { debug=9; }",
      'event_route[xhttp:request] { xhttp_reply("200", "OK", "", ""); }',
      "debug=3",
    ].join("\n"),
  );
  expect(reading.routes.map(({ kind, name, line, end_line }) => [kind, name, line, end_line])).toEqual([
    ["request_route", "", 1, 5],
    ["route", "ONE", 6, 6],
    ["event_route", "xhttp:request", 7, 7],
  ]);
  expect(reading.core.map(({ name, value }) => [name, value])).toEqual([["debug", 3]]);
  expect(reading.unknown).toEqual([]);
});

test("what no release knows is kept with its line", () => {
  const reading = readConfig('debug=1\nfifo="/tmp/ser_fifo"\nwhat is this { debug=2 }\nmemlog=1\n');
  expect(reading.unknown.map(({ line, text, reason }) => [line, text, reason])).toEqual([
    [2, 'fifo="/tmp/ser_fifo"', "not a core parameter of any release from 3.3"],
    [3, "what is this { debug=2 }", "not a statement that any release knows"],
  ]);
  expect(reading.settings.memlog?.value).toBe(1);
});

describe("secrets", () => {
  const text = [
    '#!define DBURL "mysql://kamailio:hunter22@db/kamailio"',
    '#!define SALT "quiet-salt-77"',
    '#!substdef "!DBPASS!subst-pass-88!g"',
    'modparam("usrloc", "db_url", DBURL)',
    'modparam("auth", "secret", SALT)',
    'modparam("uac", "auth_password", "plain-99")',
    'modparam("acc", "db_url",\n  "mysql://kam:"\n  "glued-pass@db/x")',
    "debug=1",
  ].join("\n");
  const reading = readConfig(text);

  test.each(["hunter22", "quiet-salt-77", "subst-pass-88", "plain-99", "glued-pass"])("%s is nowhere", (secret) => {
    expect(JSON.stringify(reading)).not.toContain(secret);
  });

  test("lines stay, and the changed ones are told", () => {
    expect(reading.texts["kamailio.cfg"]?.split("\n").length).toBe(text.split("\n").length);
    expect(reading.redacted_lines["kamailio.cfg"]).toEqual([1, 2, 3, 6, 9]);
    expect(reading.secrets_removed).toBeGreaterThanOrEqual(5);
    expect(reading.core).toMatchObject([{ name: "debug", line: 10 }]);
  });
});

test("more than is kept is said", () => {
  const reading = readConfig("debug=1\n".repeat(20_001));
  expect(reading.core.length).toBe(20_000);
  expect(reading.warnings).toEqual(["more than 20000 core: the rest is not kept"]);
});

describe("hostile input", () => {
  const words = fc.constantFrom(
    "#!ifdef A\n",
    "#!else\n",
    "#!endif\n",
    "#!define A ",
    "A",
    "{",
    "}",
    "(",
    ")",
    '"',
    "'",
    "/*",
    "*/",
    "$(",
    "\\",
    "listen=",
    "udp:",
    "debug=",
    "route[",
    "]",
    "modparam(",
    'loadmodule "x"\n',
    "include_file ",
    "\n",
    " ",
    "!!",
    "#!subst ",
    ";",
    "socket={",
    "=",
    ".",
    ",",
    "1",
  );
  test("no text makes it throw, and every text ends", () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 60 }), (parts) => void readConfig(parts.join(""))),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void readConfig(text)));
  });

  test.each([
    ["one long line of words", "debug=1 ".repeat(60_000)],
    ["open brackets", "$x(".repeat(100_000)],
    ["conditions", "#!ifdef A\n".repeat(50_000)],
    ["else on one line", `#!ifdef A\n${"#!else x ".repeat(60_000)}`],
    ["strings", '"\\n" '.repeat(100_000)],
    [
      "defines that double",
      Array.from({ length: 40 }, (_, at) => `#!define A${at + 1} A${at} A${at}\n`)
        .concat("debug=A40\n")
        .join(""),
    ],
    ["comments that nest", "/*".repeat(200_000)],
    ["routes", "route[x]{".repeat(50_000)],
    ["nothing", ""],
  ])("%s", (_, text) => {
    const reading = readConfig(text);
    expect(reading.unknown.length).toBeLessThanOrEqual(200);
    expect(reading.warnings.length).toBeLessThanOrEqual(210);
  });
});
