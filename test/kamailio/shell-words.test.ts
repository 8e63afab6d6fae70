import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quoteShellWord, splitShellCommands, splitShellWords } from "../../src/kamailio/shell-words.js";

describe("splitting a command line as a shell does", () => {
  test.each([
    ["plain words", "kamailio -m 64  -M\t8", ["kamailio", "-m", "64", "-M", "8"]],
    ["quotes", `kamailio -A 'DEFVAL="str val"' -w "/run/a b"`, ["kamailio", "-A", 'DEFVAL="str val"', "-w", "/run/a b"]],
    ["quotes inside a word", `-A X='1 2'3`, ["-A", "X=1 23"]],
    ["an empty word", `kamailio -m ''`, ["kamailio", "-m", ""]],
    ["escapes", String.raw`a\ b "c\"d\n" '\e'`, ["a b", String.raw`c"d\n`, String.raw`\e`]],
    ["a continued line", "kamailio -m 64 \\\n  -M 8", ["kamailio", "-m", "64", "-M", "8"]],
    ["a continued line with CR LF", "kamailio -m 64 \\\r\n  -M 8\r\n", ["kamailio", "-m", "64", "-M", "8"]],
    ["a comment", "kamailio -m 64 # more than before", ["kamailio", "-m", "64"]],
    ["a hash inside a word", "-A COLOR=#fff", ["-A", "COLOR=#fff"]],
    ["redirections", "kamailio -m 64 >/dev/null 2>&1 -M 8", ["kamailio", "-m", "64", "-M", "8"]],
    ["substitutions stay", "kill -USR1 $(cat /run/k.pid) `date`", ["kill", "-USR1", "$(cat /run/k.pid)", "`date`"]],
    ["variables stay", `kamailio -m $SHM -M "\${PKG}"`, ["kamailio", "-m", "$SHM", "-M", `\${PKG}`]],
    ["nothing", "   ", []],
  ])("%s", (_name, line, words) => {
    expect(splitShellWords(line)).toEqual(words);
  });

  test.each([["'open"], ['"open'], ["a 'b' \"c"], ["$(open"]])("%s is no whole line", (line) => {
    expect(splitShellWords(line)).toBeNull();
  });

  test("commands are kept apart", () => {
    expect(splitShellCommands("cd /etc && kamailio -c; sleep 1 | cat &")).toEqual([
      ["cd", "/etc"],
      ["kamailio", "-c"],
      ["sleep", "1"],
      ["cat"],
    ]);
  });

  test("a quoted word comes back whole, alone and among others", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 20 })), (words) => {
        const clean = words.map((word) => word.replaceAll("\0", ""));
        expect(splitShellWords(clean.map(quoteShellWord).join(" "))).toEqual(clean);
      }),
    );
  });
});

describe("quoting a word for the shell", () => {
  test.each([
    ["/run/kamailio/kamailio_ctl", "/run/kamailio/kamailio_ctl"],
    ["-m", "-m"],
    ["", "''"],
    ["a b", "'a b'"],
    ["it's", `'it'\\''s'`],
    ["A=b", "A=b"],
    ["=cmd", "'=cmd'"],
    ["~", "'~'"],
    ["$(reboot)", "'$(reboot)'"],
  ])("%s", (word, quoted) => {
    expect(quoteShellWord(word)).toBe(quoted);
  });

  test("a real shell prints any word unchanged", () => {
    const word = fc.string({ unit: fc.constantFrom(..."abc '\"\\$`!*?[]{}()<>|&;#~=%\n\t\r-é😀"), maxLength: 30 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
        const script = `printf '%s\\0' ${words.map(quoteShellWord).join(" ")}`;
        const shell = spawnSync("sh", ["-c", script], { encoding: "utf8" });
        expect(shell.stdout).toBe(words.map((one) => `${one}\0`).join(""));
      }),
      { numRuns: 40 },
    );
  });
});
