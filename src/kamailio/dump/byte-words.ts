/**
 * Compares a stretch of bytes with a known text eight bytes at a time.
 *
 * Reading eight bytes as one double and comparing doubles is the widest comparison that JavaScript offers without allocating. It is
 * exact here: two different bit patterns compare equal as doubles only as +0 and -0, and equal patterns differ only as NaN. Known texts
 * are printable, so they are neither; other bytes at worst fail to match and take the slower way.
 */
export class ByteWords {
  private readonly words: Float64Array;
  /** The last eight bytes, which overlap the words before, and where they stand. */
  private readonly last: number;
  private readonly lastAt: number;

  /** `text` has at least eight bytes. */
  constructor(readonly text: Uint8Array) {
    const view = new DataView(Uint8Array.from(text).buffer);
    this.lastAt = text.length - 8;
    this.last = view.getFloat64(this.lastAt, true);
    this.words = new Float64Array((this.lastAt + 7) >> 3);
    for (let i = 0; i < this.words.length; i++) this.words[i] = view.getFloat64(i * 8, true);
  }

  /** Is the known text at `at`? The caller guarantees that it would end inside the view. */
  at(view: DataView, at: number): boolean {
    // The end first: prefixes of log lines differ late (pid, time), so a mismatch shows sooner.
    if (view.getFloat64(at + this.lastAt, true) !== this.last) return false;
    const words = this.words;
    for (let i = 0; i < words.length; i++) if (view.getFloat64(at + (i << 3), true) !== words[i]) return false;
    return true;
  }
}

/** The eight bytes of a text as a double, to compare with `DataView.getFloat64(at, true)`. */
export function word(text: string): number {
  return new DataView(Uint8Array.from(Buffer.from(text, "latin1")).buffer).getFloat64(0, true);
}
