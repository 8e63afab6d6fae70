/** How much of what is secret is found, and how much else is torn, on the labelled lists; the figures are printed. */
import { describe, expect, test } from "vitest";
import { removeSecrets } from "../../../src/kamailio/secrets.js";
import { labelled, measure } from "./labelled.js";

describe.each([
  ["tuning", 0.99, 0.99],
  ["held-back", 0.95, 0.95],
] as const)("the %s list", (name, recall, precision) => {
  const cases = labelled(name);

  test("has more than a hundred texts, with secrets and without", () => {
    expect(cases.length).toBeGreaterThan(100);
    expect(cases.filter(({ secrets }) => secrets.length === 0).length).toBeGreaterThan(30);
  });

  test("is cleaned", () => {
    const measured = measure(cases);
    process.stdout.write(
      `secrets, ${name}: recall ${measured.recall.toFixed(3)}, precision ${measured.precision.toFixed(3)} over ${cases.length} texts\n`,
    );
    expect(measured.recall).toBeGreaterThanOrEqual(recall);
    expect(measured.precision).toBeGreaterThanOrEqual(precision);
  });

  test("a second pass changes nothing, also in one text", () => {
    const whole = removeSecrets(cases.map(({ text }) => text).join("\n")).text;
    expect(removeSecrets(whole)).toEqual({ text: whole, removed: 0 });
  });
});

test.each([
  ["calls without an end", "pv_auth_check("],
  ["calls with half their arguments", 'pv_www_authenticate("a"'],
  ["parameters without an end", "modparam("],
  ["tokens that are none", "-eyJabcdefgh"],
  ["headers", "X-Auth-Token:X-Auth-Token:"],
  ["cookies", "Cookie: a"],
  ["bearers", "Bearer Bearer "],
  ["transformations", "{s.hmac.a"],
  ["options", "--substdef=!PW!"],
  ["addresses", "--redis=a"],
  ["AUTH", '"AUTH a '],
  ["comparisons", "$ap == '"],
])("a line of %s eight times as long takes about eight times as long", (_, piece) => {
  const time = (length: number) => {
    const line = piece.repeat(Math.ceil(length / piece.length));
    const begin = process.cpuUsage();
    removeSecrets(line);
    const { user, system } = process.cpuUsage(begin);
    return user + system;
  };
  time(20_000);
  // Not a time, a ratio: linear is 8, quadratic 64. What is too short to be measured counts as a millisecond.
  expect(Math.max(time(160_000), 1000) / Math.max(time(20_000), 1000)).toBeLessThan(40);
});
