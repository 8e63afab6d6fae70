import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Redactor } from "../../../src/analysis/redaction/redactor.js";

const redact = (text: string) => new Redactor().redact(text);

describe("what is taken out", () => {
  test.each([
    ["udp receiver child=0 sock=192.0.2.7:5060", "udp receiver child=0 sock=ip-1:5060"],
    ["from 10.0.0.1 to 10.0.0.2, back to 10.0.0.1", "from ip-1 to ip-2, back to ip-1"],
    ["tls:[2001:db8::1]:5061 and 2001:DB8:0:0:0:0:0:1", "tls:[ip-1]:5061 and ip-1"],
    ["::ffff:10.0.0.1 is 10.0.0.1", "ip-1 is ip-1"],
    ["via fe80::1%eth0.", "via ip-1."],
    ["10.0.0.1.5060 > 10.0.0.2.5061: UDP", "ip-1.5060 > ip-2.5061: UDP"],
    ["<sip:alice@example.com:5060;transport=tls>", "<sip:user-1@host-1:5060;transport=tls>"],
    ["sip:alice:[removed]@10.0.0.1", "sip:user-1@ip-1"],
    ['"Alice Smith" <sip:alice@sip1>', '"user-1" <sip:user-2@host-1>'],
    ["sips:example.com and SIP:EXAMPLE.COM", "sips:host-1 and SIP:host-1"],
    ["aor=alice@example.com aor=alice", "aor=user-1@host-1 aor=user-1"],
    ["Call-ID: 1-23@192.0.2.1", "Call-ID: user-1@ip-1"],
    ["tel:+4930123456", "tel:number-1"],
    ["called +4930123456 twice", "called number-1 twice"],
    ["mysql://kamailio:[removed]@db/kamailio", "mysql://user-1:[removed]@host-1/kamailio"],
    ["http://10.1.2.3:8080/x http://prometheus/x", "http://ip-1:8080/x http://host-1/x"],
    ["the host sbc-1.fra.provider.net failed", "the host host-1 failed"],
    [
      "Nov 23 01:17:46 sip1 kamailio[3931]: ERROR: <core> [core/mem/q_malloc.c:459]: qm_malloc(): x",
      "Nov 23 01:17:46 host-1 kamailio[3931]: ERROR: <core> [core/mem/q_malloc.c:459]: qm_malloc(): x",
    ],
    [
      "2026-11-23T01:17:46.1+00:00 sbc.example.de /usr/sbin/kamailio[1]: x",
      "2026-11-23T01:17:46.1+00:00 host-1 /usr/sbin/kamailio[1]: x",
    ],
    ["<134>1 2026-11-23T01:17:46Z sip1 kamailio 3931 - - x", "<134>1 2026-11-23T01:17:46Z host-1 kamailio 3931 - - x"],
    ['{"_HOSTNAME":"sip1","MESSAGE":"x"}', '{"_HOSTNAME":"host-1","MESSAGE":"x"}'],
    ["Linux sip1 6.1.0-18-amd64 #1 SMP", "Linux host-1 6.1.0-18-amd64 #1 SMP"],
  ])("%s", (text, expected) => {
    expect(redact(text)).toBe(expected);
  });
});

describe("what stays", () => {
  test.each([
    "core: core/parser/parse_require.c: parse_require(55)",
    "<core> [core/mem/q_malloc.c:459]: qm_malloc(): qm_malloc(0x7f62226a3000, 65536) called from tm: h_table.c: build_cell(360), module: tm",
    "kamcmd cfg.set_now_int core mem_dump_pkg 3931; kamcmd core.shmmem; kamcmd core.info; kamcmd pkg.info; kamcmd tls.info; kamcmd core.ps",
    "version: kamailio 5.6.3 (x86_64/linux) and 6.1.0-dev2, fixed in 5.5.7, 5.6.4",
    "src/core/mem/q_malloc.c:695@6.0.5, tls_init.c:969-978, pt.c:571@3.3.5, main.c@master, K#4777",
    "https://github.com/kamailio/kamailio/issues/3523 and https://www.kamailio.org/wiki",
    "udp: 127.0.0.1:5060, 0.0.0.0:5061, [::1]:5060, [::]:5061, 255.255.255.255",
    "12:34:56 std::string 1.3.6.1.4.1.10.2 tm.so Makefile.am libssl.so.3 kamailio.cfg config.in",
    "/usr/lib/x86_64-linux-gnu/kamailio/modules/tm.so -f /etc/kamailio/kamailio.cfg -P /run/kamailio/kamailio.pid",
    "__libc_recvfrom (fd=5, buf=buf@entry=0x5565a5d71180 <buf>, len=len@entry=65535) in dbg.ls free_hash.no",
    "kamailio@sbc.service, systemctl restart kamailio.service",
    "+16777216 bytes in +123456789 chunks, -3 %",
    "Nov 23 01:17:46 kamailio[3931]: x",
    " 8(8284) NOTICE: qm_sums: qm_sums():  count=     2 size=      2144 bytes from core: core/cfg/cfg_struct.c: cfg_clone_global(626)",
  ])("%s", (text) => {
    expect(redact(text)).toBe(text);
  });
});

test("a memory dump and a build stay as they were printed", () => {
  for (const name of ["dump-end-shm-summary.log", "kamailio-without-dumps.log", "I.txt", "cmdline.txt"]) {
    const text = readFileSync(
      new URL(`../../fixtures/incidents/c2-leak-pkg-require-async-5.6.3-debian/${name}`, import.meta.url),
      "utf8",
    );
    expect(redact(text)).toBe(text);
  }
});

const name = fc.stringMatching(/^[a-z][a-z0-9]{2,11}$/);
const host = fc.tuple(name, name, fc.constantFrom("com", "net", "de", "local", "example")).map((labels) => labels.join("."));
const ipv4 = fc.ipV4().filter((ip) => !/^127\.|^0\.0\.0\.0$|^255\.255\.255\.255$/.test(ip));
const ipv6 = fc.ipV6().filter((ip) => !/^[0:.]*1?$/.test(ip) && !/127\.|\.0\.0\.|:0{1,4}\.|255/.test(ip));

describe("properties", () => {
  test("no address survives, and the same address has the same token", () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), fc.constantFrom("", "sock=", "udp:", "from ", "("), (ip, before) => {
        const written = ip.includes(":") && before === "udp:" ? `[${ip}]` : ip;
        const out = redact(`${before}${written} and ${written}; again ${written}`);
        expect(out).not.toContain(ip);
        expect(out.match(/ip-\d+/g)).toEqual(["ip-1", "ip-1", "ip-1"]);
      }),
    );
  });

  test("no user and no host survives, whoever stands around them", () => {
    fc.assert(
      fc.property(name, fc.oneof(host, name), fc.constantFrom("sip:", "sips:", "", "aor=", "<sip:"), (user, domain, scheme) => {
        fc.pre(
          !["user", "host", "aor", "and", "head", "master", "main", "localhost", "sip"].some((word) =>
            `${user} ${domain}`.includes(word),
          ),
        );
        const redactor = new Redactor();
        const out = redactor.redact(`${scheme}${user}@${domain} and ${scheme}${user}@${domain}:5060`);
        expect(out).toBe(`${scheme}user-1@host-1 and ${scheme}user-1@host-1:5060`);
        expect(redactor.counts()).toEqual({ ip: 0, host: 1, user: 1, number: 0 });
      }),
    );
  });

  test("a second pass changes nothing", () => {
    const piece = fc.oneof(
      ipv4,
      ipv6,
      host,
      fc.string({ maxLength: 20 }),
      fc.constantFrom("sip:", "@", " ", "://", "[", "]", ":", "+4930123456"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const redactor = new Redactor();
        const once = redactor.redact(pieces.join(" "));
        expect(redactor.redact(once)).toBe(once);
      }),
    );
  });

  test("hostile text neither throws nor takes quadratic work", () => {
    for (const piece of ["a:", "1.", "@", "a@", "sip:", "f", "::", "://", '"', "1234567890", "a.b"]) {
      const text = piece.repeat(200_000 / piece.length);
      expect(redact(text).length).toBeGreaterThan(0);
    }
  });
});
