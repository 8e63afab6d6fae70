import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitted } from "../../../src/analysis/report/fit.js";
import { type Report, section } from "../../../src/analysis/report/report.js";
import { toMarkdown, toPlainText } from "../../../src/web/document.js";
import { reportDocument } from "../../../src/web/report-document.js";

const KB_60 = 60_000;

function report(sections: Report["sections"]): Report {
  return {
    ok: true,
    instance: "sip1",
    generated_at: "2026-11-23T00:00:00.000Z",
    title: "Memory of Kamailio 5.6.3",
    questions: [],
    sections,
    redacted: { ip: 0, host: 0, user: 0, number: 0 },
    notes: [],
  };
}

const sizes = (one: Report) =>
  [JSON.stringify(one), toMarkdown(reportDocument(one)), toPlainText(reportDocument(one))].map((text) => Buffer.byteLength(text));

const line = fc.oneof(
  fc.string({ maxLength: 3000 }),
  fc.string({ unit: "binary", maxLength: 1000 }),
  fc.constant("`|*\\".repeat(700)),
);
const anySection = fc.record({
  paragraphs: fc.array(line, { maxLength: 20 }),
  list: fc.array(line, { maxLength: 100 }),
  rows: fc.array(fc.array(line, { minLength: 3, maxLength: 3 }), { maxLength: 60 }),
  code: fc.option(fc.array(line, { maxLength: 60 }).map((lines) => lines.join("\n"))),
});

describe("the size of a report", () => {
  test("is below 60 KB in every form, whatever its sections hold", () => {
    fc.assert(
      fc.property(fc.array(anySection, { maxLength: 12 }), (contents) => {
        const sections = contents.map(({ rows, ...content }, index) =>
          section("debugging_data", `s${index}`, "Title", { ...content, table: { head: ["a", "b", "c"], rows } }),
        );
        for (const size of sizes(fitted(report(sections)))) expect(size).toBeLessThan(KB_60);
      }),
      { numRuns: 40 },
    );
  });

  test("takes from what is largest, and says so", () => {
    const rows = Array.from({ length: 2000 }, (_, index) => [`${index}`, "x".repeat(100)]);
    const large = section("debugging_data", "large", "Sites", { table: { head: ["n", "site"], rows } });
    const small = section("description", "small", "What is seen", { list: ["a leak"] });
    const { sections } = fitted(report([small, large]));
    expect(sections[0]).toEqual(small);
    expect(sections[1]?.note).toContain("Cut");
    expect(sections[1]?.table?.rows[0]?.[0]).toBe("0");
    expect(sections[1]?.table?.rows.length).toBeGreaterThan(100);
  });

  test("what fits is not touched", () => {
    const sections = [section("description", "small", "What is seen", { paragraphs: ["a leak"], code: "x" })];
    expect(fitted(report(sections)).sections).toEqual(sections);
  });
});
