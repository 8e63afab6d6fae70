import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { refusalOf } from "../../../src/service/outgoing/address-guard.js";
import { AllowList } from "../../../src/service/outgoing/allow-list.js";

const NOTHING = new AllowList([]);

describe("without OUTGOING_ALLOW", () => {
  test.each([
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["0.0.0.0", "this machine"],
    ["0.1.2.3", "this machine"],
    ["10.0.0.1", "private"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["192.168.1.1", "private"],
    ["169.254.169.254", "metadata"],
    ["100.64.0.1", "carrier"],
    ["100.100.100.200", "carrier"],
    ["192.0.0.192", "reserved"],
    ["192.0.2.1", "reserved"],
    ["192.88.99.1", "reserved"],
    ["198.18.0.1", "reserved"],
    ["224.0.0.1", "multicast"],
    ["240.0.0.1", "reserved"],
    ["255.255.255.255", "broadcast"],
    ["::", "this machine"],
    ["::1", "loopback"],
    ["0:0:0:0:0:0:0:1", "loopback"],
    ["fe80::1", "link-local"],
    ["fe80::1%eth0", "link-local"],
    ["fec0::1", "deprecatedSiteLocal"],
    ["fc00::1", "private"],
    ["fd00:ec2::254", "private"],
    ["ff02::1", "multicast"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["::ffff:a9fe:a9fe", "metadata"],
    ["::ffff:0:127.0.0.1", "rfc6145"],
    ["::127.0.0.1", "loopback"],
    ["::7f00:1", "outside the global"],
    ["64:ff9b::7f00:1", "loopback"],
    ["64:ff9b::169.254.169.254", "metadata"],
    ["64:ff9b::a00:1", "private"],
    ["64:ff9b:1::7f00:1", "rfc6052"],
    ["2002:7f00:1::", "loopback"],
    ["2002:a9fe:a9fe::1", "metadata"],
    ["2002:c0a8:101::1", "private"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "teredo"],
    ["2001:db8::1", "reserved"],
    ["100::1", "discard"],
    ["5f00::1", "segmentRouting"],
    ["4000::1", "outside the global"],
    ["", "no address"],
    ["localhost", "no address"],
  ])("%s is refused: %s", (address, why) => {
    expect(refusalOf(address, "any.example", NOTHING)).toContain(why);
  });

  test.each([
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "2a00:1450:4001:800::200e",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "::ffff:8.8.8.8",
  ])("%s is public", (address) => {
    expect(refusalOf(address, "any.example", NOTHING)).toBeNull();
  });

  test("an IPv4 address is judged alike in every IPv6 form that leads to it", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        const expected = refusalOf(address, "any.example", NOTHING);
        for (const form of [`::ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::`])
          expect(refusalOf(form, "any.example", NOTHING)).toBe(expected);
      }),
    );
  });
});

describe("with OUTGOING_ALLOW", () => {
  const ALLOW = new AllowList([
    "127.0.0.1",
    "10.1.0.0/16",
    "fd00::/8",
    "Prometheus.LAN.",
    "[::1]",
    "::ffff:192.168.7.0/120",
    "0177.1",
  ]);
  test.each([
    ["127.0.0.1", "x", true],
    ["127.0.0.2", "x", false],
    ["::ffff:127.0.0.1", "x", true],
    ["64:ff9b::7f00:1", "x", true],
    ["10.1.255.255", "x", true],
    ["10.2.0.0", "x", false],
    ["fd12::1", "x", true],
    ["fe80::1", "x", false],
    ["::1", "x", true],
    ["192.168.7.9", "x", true],
    ["192.168.8.9", "x", false],
    ["192.168.9.9", "prometheus.lan", true],
    ["192.168.9.9", "PROMETHEUS.lan.", true],
    ["192.168.9.9", "evil-prometheus.lan", false],
    ["127.0.0.3", "prometheus.lan.evil.example", false],
  ])("%s reached as %s: %s", (address, host, allowed) => {
    expect(refusalOf(address, host, ALLOW) === null).toBe(allowed);
  });
});
