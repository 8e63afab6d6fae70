/**
 * Decodes the words that q_malloc prints for damaged check marks.
 *
 * The marks are unsigned longs: f0f0f0f0 before a chunk; c0c0c0c0 and abcdefed behind it (core/mem/q_malloc.c@5.6.3). The words are
 * little endian in memory, so two characters "AB" written past the end read `c0c04241`: the changed bytes, in order, are what was written.
 */
import type { Overwritten } from "./incident.js";

const MARKS = { beginning: ["f0f0f0f0"], end: ["c0c0c0c0", "abcdefed"], previous_end: ["c0c0c0c0", "abcdefed"] } as const;
const WORD_BYTES = 8;
const WORDS = /overwritten ?\(([0-9a-f]{1,16})(?:, ([0-9a-f]{1,16}))?\)/;

/** What a message with `overwritten(...)` says was written over the marks; `null` when it prints no words. */
export function readOverwritten(message: string): Overwritten | null {
  const match = WORDS.exec(message);
  if (!match) return null;
  const where = message.includes("beginning overwritten")
    ? "beginning"
    : message.includes("prev. fragm.")
      ? "previous_end"
      : "end";
  const words = [match[1], match[2]].filter((word) => word !== undefined);
  const expected = MARKS[where].slice(0, words.length);
  const changed = words.flatMap((word, index) => changedBytes(word, expected[index] ?? "0"));
  return {
    where,
    words,
    expected: [...expected],
    changed_bytes: changed.length,
    bytes: changed.map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    ascii: changed.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join(""),
  };
}

function changedBytes(word: string, mark: string): number[] {
  const found = littleEndian(word);
  const wanted = littleEndian(mark);
  return found.filter((byte, index) => byte !== wanted[index]);
}

function littleEndian(word: string): number[] {
  const digits = word.padStart(WORD_BYTES * 2, "0");
  return Array.from({ length: WORD_BYTES }, (_, index) =>
    Number.parseInt(digits.slice(-2 * (index + 1), digits.length - 2 * index), 16),
  );
}
