import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Document, toMarkdown, toPlainText } from "../../src/web/document.js";

const DOCUMENT: Document = [
  { kind: "heading", level: 1, text: "Readiness of sip1" },
  { kind: "paragraph", text: ["Set ", { code: "memlog=0" }, " in <kamailio.cfg>, mem_dump_pkg needs it not."] },
  { kind: "list", items: ["- one", "2. two"] },
  { kind: "code", language: "sh", text: "kamcmd cfg.get core memlog\n" },
  { kind: "table", head: ["check", "status"], rows: [["a|b", [{ code: "pass" }]]] },
];

describe("a document", () => {
  test("as Markdown", () => {
    expect(toMarkdown(DOCUMENT)).toBe(`# Readiness of sip1

Set \`memlog=0\` in \\<kamailio.cfg\\>, mem_dump_pkg needs it not.

- \\- one
- 2\\. two

\`\`\`sh
kamcmd cfg.get core memlog
\`\`\`

| check | status |
| --- | --- |
| a\\|b | \`pass\` |
`);
  });

  test("as plain text", () => {
    expect(toPlainText(DOCUMENT)).toBe(`Readiness of sip1
=================

Set memlog=0 in <kamailio.cfg>, mem_dump_pkg needs it not.

  - - one
  - 2. two

    kamcmd cfg.get core memlog

check  status
a|b    pass
`);
  });

  test("a fence is longer than what it holds", () => {
    expect(toMarkdown([{ kind: "code", language: "text", text: "a ```` b" }])).toBe("`````text\na ```` b\n`````\n");
  });

  test("whatever is quoted: no control character, no line break and no tag gets out", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const printed of [toMarkdown([{ kind: "paragraph", text }]), toPlainText([{ kind: "paragraph", text }])]) {
          expect(printed.slice(0, -1)).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f]/);
        }
        expect(toMarkdown([{ kind: "paragraph", text }])).not.toMatch(/(?<!\\)</);
      }),
    );
  });
});
