import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluateExpression, isTrue } from "../../../src/kamailio/config/expression.js";
import { findFile } from "../../../src/kamailio/config/files.js";
import { readAddress } from "../../../src/kamailio/config/sockets.js";
import { readString } from "../../../src/kamailio/config/strings.js";
import { literalSubstitution, splitSubstitution, substitute } from "../../../src/kamailio/config/substitutions.js";
import { numberOf } from "../../../src/kamailio/config/words.js";

describe("strings", () => {
  test.each([
    ['"plain" rest', "plain"],
    ["'as \\n it \"is\"' rest", 'as \\n it "is"'],
    ['"a\\n\\t\\"b\\"\\\\"', 'a\n\t"b"\\'],
    ['"\\x41\\101\\1"', "AA\\1"],
    ['"over\\\n the line"', "over the line"],
    ['"two\nlines"', "two\nlines"],
    ['"one;"\n\t"two;" "three"', "one;two;three"],
    ['""', ""],
  ])("%s", (text, value) => {
    expect(readString(text, 0)).toMatchObject({ value, closed: true });
  });

  test("an open string is read to the end and said", () => {
    expect(readString('"never', 0)).toEqual({ value: "never", end: 6, closed: false });
    expect(readString('"a" "b', 0)).toMatchObject({ value: "ab", closed: false });
  });

  test("whatever is escaped comes back", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
        expect(readString(`"${escaped}"`, 0).value).toBe(text);
      }),
    );
  });
});

describe("#!ifexp", () => {
  const defines = new Map<string, string | null>([
    ["KAMAILIO_VERSION", "5007002"],
    ["WITH_X", null],
    ["NAME", '"edge"'],
    ["N", "3"],
  ]);
  test.each([
    ["KAMAILIO_VERSION >= 5006000", true],
    ["KAMAILIO_VERSION < 5006000", false],
    ["WITH_X && !WITH_Y", true],
    ["WITH_Y || N == 3", true],
    ['NAME == "edge"', true],
    ["NAME != 'edge'", false],
    ["(N + 1) * 2 == 8", true],
    ["-N < 0", true],
    ["N > 10", false],
    ["1 +", false],
    ["", false],
    ["((((", false],
    ["a ? b", false],
  ])("%s is %s", (text, holds) => {
    expect(isTrue(evaluateExpression(text, (name) => defines.get(name)))).toBe(holds);
  });

  test("no text makes it throw", () => {
    fc.assert(fc.property(fc.string(), (text) => void evaluateExpression(text, () => undefined)));
    expect(evaluateExpression("(".repeat(100_000), () => undefined)).toBeNull();
  });
});

describe("substitutions", () => {
  test.each([
    ["/DBHOST/db.example.com/g", "a DBHOST b DBHOST", "a db.example.com b db.example.com"],
    ["!DBHOST!10.0.0.1!", "DBHOST DBHOST", "10.0.0.1 DBHOST"],
    ["/a b/c\\/d/", "x a b", "x c\\/d"],
  ])("%s", (rule, text, result) => {
    const parts = splitSubstitution(rule);
    const literal = parts === null ? null : literalSubstitution(parts);
    expect(literal === null ? null : substitute(text, [literal])).toBe(result);
  });

  test("a regular expression is not applied", () => {
    expect(literalSubstitution({ what: "^(a+)+$", with: "x", flags: "" })).toBeNull();
    expect(splitSubstitution("/only two/")).toBeNull();
  });
});

test.each([
  ["udp:10.0.0.1:5060", "udp", "10.0.0.1", 5060],
  ["tls:[2001:db8::1]:5061", "tls", "2001:db8::1", 5061],
  ["2001:db8::1", null, "2001:db8::1", null],
  ["eth0", null, "eth0", null],
  ["eth0:5060", null, "eth0", 5060],
  ["TCP:sip.example.com", "tcp", "sip.example.com", null],
  ["sctp:(10.0.0.1,10.0.0.2):5060", "sctp", "10.0.0.1,10.0.0.2", 5060],
])("address %s", (word, protocol, address, port) => {
  expect(readAddress(word)).toEqual({ protocol, address, port });
});

test.each([
  ["yes", 1],
  ["off", 0],
  ["0x10", 16],
  ["010", 8],
  ["101b", 5],
  ["42", 42],
  ["4x", null],
  ["Yes", null],
])("number %s", (word, number) => {
  expect(numberOf(word)).toBe(number);
});

test.each([
  ["kamailio-local.cfg", "/etc/kamailio/kamailio.cfg", "/etc/kamailio/kamailio-local.cfg"],
  ["./inc/a.cfg", "/etc/kamailio/kamailio.cfg", "/etc/kamailio/inc/a.cfg"],
  ["../b.cfg", "/etc/kamailio/inc/a.cfg", "/etc/kamailio/b.cfg"],
  ["/opt/elsewhere/only-here.cfg", "/etc/kamailio/kamailio.cfg", "only-here.cfg"],
  ["none.cfg", "/etc/kamailio/kamailio.cfg", null],
])("include %s from %s", (path, from, found) => {
  const names = [
    "/etc/kamailio/kamailio.cfg",
    "/etc/kamailio/kamailio-local.cfg",
    "/etc/kamailio/inc/a.cfg",
    "/etc/kamailio/b.cfg",
    "only-here.cfg",
  ];
  expect(findFile(new Map(names.map((name) => [name, ""])), path, from)).toBe(found);
});
