import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions, isPreRelease, readVersion, versionInRange } from "../../src/kamailio/version.js";

function version(text: string) {
  const read = readVersion(text);
  if (read === null) throw new Error(`${text} should be a version`);
  return read;
}

describe("versions as binaries print them", () => {
  test.each`
    text               | parts           | suffix
    ${"5.6.3"}         | ${[5, 6, 3]}    | ${null}
    ${"6.2.0-dev1"}    | ${[6, 2, 0]}    | ${"dev1"}
    ${"6.0.3-rc0"}     | ${[6, 0, 3]}    | ${"rc0"}
    ${"0.8.14"}        | ${[0, 8, 14]}   | ${null}
    ${"1.3.2-notls"}   | ${[1, 3, 2]}    | ${"notls"}
    ${"5.8.8+deb12u1"} | ${[5, 8, 8]}    | ${"deb12u1"}
    ${"5.6"}           | ${[5, 6, null]} | ${null}
  `("$text", ({ text, parts, suffix }) => {
    const { major, minor, patch, suffix: read } = version(text);
    expect([major, minor, patch, read]).toEqual([...parts, suffix]);
  });

  test.each(["", "kamailio", "5..6", "v5", "5.6.3 ", "1".repeat(10)])("%j is read without surprise", (text) => {
    expect(readVersion(text)?.text ?? null).toBe(text.trim() === "5.6.3" ? "5.6.3" : null);
  });

  test("the order of releases and pre-releases", () => {
    const inOrder = [
      "0.8.14",
      "3.3.7",
      "4.4.0-dev5",
      "4.4.0",
      "4.4.7",
      "5.1.9",
      "5.1.10",
      "6.0.0-rc0",
      "6.0.0",
      "6.1.4",
      "6.2.0-dev1",
    ];
    const shuffled = [...inOrder].reverse().map(version);
    expect(shuffled.sort(compareVersions).map(({ text }) => text)).toEqual(inOrder);
  });

  test("a distribution's revision is no pre-release", () => {
    expect(["5.6.3-2", "5.8.8+deb12u1", "1.3.2-notls"].map((text) => isPreRelease(version(text)))).toEqual([false, false, false]);
    expect(compareVersions(version("5.6.3-2"), version("5.6.3"))).toBe(0);
  });
});

describe("ranges of releases", () => {
  test.each`
    text            | since       | until       | inside
    ${"0.8.14"}     | ${"3.3.5"}  | ${"4.3.7"}  | ${true}
    ${"4.3.7"}      | ${"3.3.5"}  | ${"4.3.7"}  | ${true}
    ${"4.4.0-dev5"} | ${"4.4.0"}  | ${null}     | ${true}
    ${"5.7.0"}      | ${"5.0.0"}  | ${"5.6.99"} | ${false}
    ${"6.2.0-dev1"} | ${"master"} | ${null}     | ${true}
    ${"6.1.4"}      | ${"master"} | ${null}     | ${false}
    ${"9.0.0"}      | ${"6.1.0"}  | ${null}     | ${true}
  `("$text in $since..$until: $inside", ({ text, since, until, inside }) => {
    expect(versionInRange(version(text), { since, until })).toBe(inside);
  });
});

test("any word is read or refused, and comparing is a total order", () => {
  const part = fc.nat({ max: 20 });
  const any = fc
    .tuple(part, part, part, fc.constantFrom("", "-dev1", "-rc0", "-2"))
    .map(([a, b, c, suffix]) => version(`${a}.${b}.${c}${suffix}`));
  fc.assert(
    fc.property(any, any, any, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (word) => {
      const read = readVersion(word);
      expect(read === null || read.text === word.trim()).toBe(true);
    }),
  );
});
